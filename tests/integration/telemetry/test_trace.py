"""One page on the running stack is one trace: from the request over queue, run and steps to the relay."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from local.traces.otlp import Span
from local.traces.store import FIGURES, TraceStore
from shared.messages import QUEUES
from shared.telemetry.instruments import ALL
from tests.stack import PRODUCT, RunningStack, finished, local, running_stack, wait_for

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
USER = "seller-traced"
ALERTED = {
    *("queue.length", "queue.oldest_age", "queue.poison", "queue.in_flight", "queue.rate", "tasks.stale"),
    *("tasks.recent", "pages.duration", "outbox.oldest_age", "cost.today", "dependency.ready"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack that records traces."""
    with running_stack(tmp_path_factory.mktemp("traced"), "--traces") as running:
        yield running


@pytest.fixture(scope="module")
def page(stack: RunningStack) -> tuple[str, list[Span]]:
    """The task of a page that was asked for from within a trace, and every span of it."""
    picture = io.BytesIO()
    Image.effect_noise((640, 640), 40).convert("RGB").save(picture, "JPEG")
    with stack.api(USER) as api:
        image = api.post("/generation/upload-image", files={"file": ("photo.jpg", picture.getvalue())}).json()
        body = {"product": PRODUCT, "image_id": image["image_id"], "options": {"images": 1}}
        headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        task_id = api.post("/generation/display-list", json=body, headers=headers).json()["task_id"]
        assert stack.events(api, USER, task_id)[-1][0] == "task.completed"
        assert finished(api, task_id)["status"] == "completed"
    store = TraceStore(stack.data / "traces")

    def complete() -> list[Span]:
        names = by_name(spans := store.trace(TRACE))
        ended = {span.span_id for span in spans} | {CALLER}
        runs = {span.span_id for span in names["run generation-requests"]}
        sent = {span.span_id: span.parent_id for span in names["publish notifications"]}
        came = {
            each for span in names["deliver events"] for each in (span.parent_id, *(s for _, s in span.links))
        }
        known = all(span.parent_id in ended for span in spans)
        return spans if known and set(sent) <= came and runs & set(sent.values()) else []

    return task_id, wait_for(complete, 20)


def by_name(spans: list[Span]) -> dict[str, list[Span]]:
    """Spans by their names."""
    found: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        found[span.name].append(span)
    return found


def test_the_request_is_a_child_of_the_caller(page: tuple[str, list[Span]]) -> None:
    """One trace id, the caller's; every other span has its parent in the trace."""
    _, spans = page
    (request,) = [span for span in spans if span.parent_id == CALLER]
    assert (request.name, request.kind) == ("POST /api/generation/display-list", "SERVER")
    assert {span.trace_id for span in spans} == {TRACE}
    assert {span.service for span in spans} == {"functions", "relay"}


def test_the_queue_leads_from_the_request_to_the_run(page: tuple[str, list[Span]]) -> None:
    """Request, send and run hang together; the run has a link to the invocation."""
    task_id, spans = page
    names = by_name(spans)
    (request,), (send,), (run,) = (
        names[name]
        for name in (
            "POST /api/generation/display-list",
            "send generation-requests",
            "run generation-requests",
        )
    )
    assert (send.kind, send.parent_id) == ("PRODUCER", request.span_id)
    assert (run.kind, run.parent_id) == ("CONSUMER", send.span_id)
    assert run.attributes["task.id"] == task_id
    assert run.attributes["task.outcome"] == "completed"
    assert len(run.links) == 1
    assert run.links[0][0] != TRACE


def test_steps_are_the_runs_and_calls_are_the_steps(page: tuple[str, list[Span]]) -> None:
    """Every step under the run; every call of a model under a step, with model and tokens; pictures in S3."""
    _, spans = page
    names = by_name(spans)
    (run,) = names["run generation-requests"]
    steps = [span for span in spans if span.name.startswith("step ")]
    assert {span.parent_id for span in steps} == {run.span_id}
    assert {"step product", "step photo", "step plan", "step block", "step image"} <= set(names)
    own = {span.span_id: span for span in steps}
    chats = [span for name, found in names.items() if name.startswith("chat ") for span in found]
    (image,) = [
        span for name, found in names.items() if name.startswith("generate_content ") for span in found
    ]
    assert {span.kind for span in [*chats, image]} == {"CLIENT"}
    assert {own[span.parent_id].name for span in chats} >= {"step plan", "step block"}
    assert own[image.parent_id].name == "step image"
    assert all(span.attributes["gen_ai.usage.input_tokens"] > 0 for span in chats)
    assert image.attributes["gen_ai.output.type"] == "image"
    assert any(span.parent_id == own[image.parent_id].span_id for span in names["S3/PutObject"])


def test_events_lead_to_the_relay(page: tuple[str, list[Span]]) -> None:
    """What a step told is published under it and delivered by the relay under that."""
    _, spans = page
    published = {span.span_id: span for span in by_name(spans)["publish notifications"]}
    delivered = by_name(spans)["deliver events"]
    assert delivered
    assert {span.service for span in delivered} == {"relay"}
    assert {span.parent_id for span in delivered} <= set(published)
    above = {span.span_id: span.name for span in spans}
    assert {above[span.parent_id] for span in published.values()} >= {
        "POST /api/generation/display-list",
        "run generation-requests",
        "step product",
    }


def test_the_trace_can_be_read(stack: RunningStack, page: tuple[str, list[Span]]) -> None:
    """`python -m local trace TASK_ID` draws it; an unknown task is a clear error."""
    task_id, spans = page
    done = local("trace", task_id, "--data", str(stack.data))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"trace {TRACE}: {len(spans)} spans")
    assert len(lines) >= len(spans) + 2
    assert sum("deliver events [relay consumer]" in line for line in lines) == len(
        by_name(spans)["deliver events"]
    )
    unknown = local("trace", "no-such-task", "--data", str(stack.data))
    assert unknown.returncode == 1
    assert "no trace of no-such-task" in unknown.stderr


def test_nothing_of_the_seller_is_in_it(page: tuple[str, list[Span]]) -> None:
    """No product text, no user id, in any span."""
    text = json.dumps([span.line() for span in page[1]], ensure_ascii=False)
    assert str(PRODUCT["name"]) not in text
    assert "머그" not in text
    assert USER not in text


def test_figures_are_those_of_the_page(stack: RunningStack, page: tuple[str, list[Span]]) -> None:
    """Functions and relay send metrics by the names that are documented, and no others."""
    path = stack.data / "traces" / FIGURES

    def sent() -> dict[str, set[str]]:
        figures = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        found: dict[str, set[str]] = defaultdict(set)
        for each in figures:
            found[each["service"]].add(each["name"])
        wanted = {"functions": "task.run.duration", "relay": "relay.streams"}
        return found if all(name in found[service] for service, name in wanted.items()) else {}

    services = wait_for(sent, 20)
    assert services["functions"] | services["relay"] <= {each.name for each in ALL}
    assert {"gen_ai.client.token.usage", "model.cost", "events.published"} <= services["functions"]
    assert {"relay.ready", "relay.events.received", "relay.delay"} <= services["relay"]


def test_what_alerts_look_at_is_taken_by_the_timer(stack: RunningStack, page: tuple[str, list[Span]]) -> None:
    """`watch_queues` sends the figures of queues, tasks, pages, outbox, cost and dependencies at once."""
    stack.run_timer("watch_queues")
    path = stack.data / "traces" / FIGURES

    def taken() -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for line in path.read_text("utf-8").splitlines():
            figure = json.loads(line)
            found[figure["name"]].append(figure)
        return found if ALERTED.issubset(found) else {}

    figures = wait_for(taken, 30)
    assert {each["attributes"]["queue"] for each in figures["queue.poison"]} == set(QUEUES)
    assert {each["attributes"]["quantile"] for each in figures["pages.duration"]} == {"0.5", "0.95"}
    assert all(0 < each["value"] < 60 for each in figures["pages.duration"])
    assert figures["cost.today"][-1]["value"] > 0
    ended = [each["attributes"] for each in figures["tasks.recent"]]
    assert {"task.kind": "page", "task.status": "completed"} in ended
    ready = {each["attributes"]["dependency"]: each["value"] for each in figures["dependency.ready"]}
    assert ready == dict.fromkeys(("settings", "postgres", "queue", "s3", "event_hubs"), 1.0)
