"""Documents from outside: the API, producers' own messages, search, the operators' routes and commands."""

import base64
import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import psycopg2
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueClient

from tests.stack import RunningStack, finished, local

QUEUE = "embedding-requests"


def wait_for[T](what: Callable[[], T | None], seconds: float = 30) -> T:
    """What it gives at last."""
    deadline = time.monotonic() + seconds
    while (found := what()) is None:
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)
    return found


def embedded(api: httpx.Client, post_id: str) -> dict[str, Any]:
    """The document, once search finds it."""

    def look() -> dict[str, Any] | None:
        answer = api.get(f"/embeddings/{post_id}")
        told: dict[str, Any] = answer.json()
        return told if answer.status_code == 200 and told["status"] == "completed" else None

    return wait_for(look)


def put(stack: RunningStack, text: str, queue: str = QUEUE) -> None:
    """As a producer in another language does: the text as it is."""
    with QueueClient.from_connection_string(stack.facts["queue_connection_string"], queue) as client:
        client.send_message(text)


def message(user: str, **changes: Any) -> str:
    """A producer's message."""
    body = {
        "schema_version": 1,
        "user_id": user,
        "post_id": "p1",
        "title": "배송 안내",
        "content": "제주는 나흘 걸립니다.",
    }
    return json.dumps({**body, **changes}, ensure_ascii=False)


def test_from_submit_to_search(api: httpx.Client) -> None:
    """Taken in, embedded, found without spaces, changed, deleted."""
    body = {
        "post_id": "faq-1",
        "title": "세척",
        "content": "식기세척기에 넣지 마세요. 손으로 씻어 주세요.",
        "kind": "faq",
    }
    answer = api.post("/embeddings", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["task_id"] == api.post("/embeddings", json=body).json()["task_id"]
    assert embedded(api, "faq-1")["chunks"] == 1
    [hit] = api.get("/search", params={"q": "식기세척기에넣어도되나요", "k": 5}).json()
    assert (hit["post_id"], hit["chunk"], hit["kind"]) == ("faq-1", 0, "faq")
    assert 0 < hit["score"] <= 1
    assert api.get("/search", params={"q": "세척", "kind": "review"}).json() == []
    api.post("/embeddings", json={**body, "content": "이제는 식기세척기에 넣어도 됩니다."})
    embedded(api, "faq-1")
    assert api.get("/search", params={"q": "식기세척기"}).json()[0]["text"].startswith("이제는")
    assert api.delete("/embeddings/faq-1").status_code == 204
    assert api.delete("/embeddings/faq-1").status_code == 404
    assert api.get("/embeddings/faq-1").status_code == 404
    assert api.get("/search", params={"q": "식기세척기"}).json() == []


@pytest.mark.parametrize("encoded", [True, False])
def test_a_producers_own_message(stack: RunningStack, api: httpx.Client, user: str, encoded: bool) -> None:
    """Base64 as the host wants it, or plain JSON, which the host itself cannot read; the old plan's names."""
    text = message(user)
    if encoded:  # as the first producers sent it: no schema_version, retryCount
        old = {name: value for name, value in json.loads(text).items() if name != "schema_version"}
        text = json.dumps({**old, "retryCount": 1}, ensure_ascii=False)
    put(stack, base64.b64encode(text.encode()).decode() if encoded else text)
    if not encoded:  # the host moves it to the poison queue, where the timer finds it
        wait_for(lambda: taken_in(stack, api, "p1"))
    assert embedded(api, "p1")["title"] == "배송 안내"
    assert api.get("/search", params={"q": "제주 배송"}).json()[0]["post_id"] == "p1"


def test_what_is_no_message_can_be_seen_and_redriven(stack: RunningStack, user: str) -> None:
    """By the operators' routes and by the command; the reason stays; others may not."""
    marker = f"{user} is missing a title"
    with stack.api("operator", "admin") as admin:
        put(stack, base64.b64encode(json.dumps({"user_id": marker}).encode()).decode())

        def recorded() -> dict[str, Any] | None:
            stack.run_timer("settle_poison")
            items = admin.get(f"/ops/queues/{QUEUE}").json()["items"]
            return next((item for item in items if marker in item["body"] and not item["redriven_at"]), None)

        record = wait_for(recorded)
        assert record["code"] == "malformed"
        assert "title" in record["reason"]
        states = {state["name"]: state for state in admin.get("/ops/queues").json()["items"]}
        assert states[QUEUE]["poison_count"] >= 1
        shown = local("ops", "queues", "--data", str(stack.data))
        assert shown.returncode == 0, shown.stderr
        assert QUEUE in shown.stdout
        done = local("ops", "redrive", QUEUE, "--id", record["poison_id"], "--data", str(stack.data))
        assert (done.returncode, done.stdout.strip()) == (0, "moved 1, skipped 0"), done.stderr
        assert wait_for(recorded)["poison_id"] != record["poison_id"]
        listed = local("ops", "queues", QUEUE, "--data", str(stack.data))
        assert record["poison_id"] in listed.stdout
        settled = local(
            "ops", "discard", QUEUE, "--id", wait_for(recorded)["poison_id"], "--data", str(stack.data)
        )
        assert (settled.returncode, settled.stdout.strip()) == (0, "discarded 1"), settled.stderr
        stack.run_timer("settle_poison")
        assert recorded() is None
    for name in ("other", "embedding-requests-poison-poison", "../../generation/tasks"):
        refused = local("ops", "redrive", name, "--data", str(stack.data))
        assert (refused.returncode, "404" in refused.stderr) == (1, True)


def test_every_queue_has_its_figures(stack: RunningStack) -> None:
    """By the route and by the command, all of them; the timer gives them out as metrics."""
    figures = {"name", "length", "oldest_age_seconds", "poison_count", "in_flight", "rate_per_minute"}
    connection = stack.facts["queue_connection_string"]
    with (
        stack.api("operator", "admin") as admin,
        QueueClient.from_connection_string(connection, "image-requests") as queue,
    ):
        hidden = queue.send_message("for nobody", visibility_timeout=600)
        items = admin.get("/ops/queues").json()["items"]
        queue.delete_message(hidden)
    assert {item["name"]: item["length"] for item in items}["image-requests"] >= 1
    assert {item["name"] for item in items} == {"generation-requests", "image-requests", QUEUE}
    assert all(item.keys() == figures for item in items)
    shown = local("ops", "queues", "--data", str(stack.data)).stdout
    assert all(item["name"] in shown for item in items)

    def metrics() -> int:
        return (
            (stack.data / "logs" / "functions-0.log").read_text(errors="replace").count("blueprint: metric")
        )

    before = metrics()
    stack.run_timer("watch_queues")
    wait_for(lambda: True if metrics() - before >= (len(figures) - 1) * len(items) else None)


def test_a_task_that_failed_is_sent_again(stack: RunningStack, api: httpx.Client) -> None:
    """Seen with task, step, code and attempts; sent again by hand at once, by the timer after ten minutes, once."""
    with stack.api("operator", "admin") as admin:
        task_id = fail(stack, api)
        [record] = [
            item for item in admin.get(f"/ops/queues/{QUEUE}").json()["items"] if item["task_id"] == task_id
        ]
        assert (record["code"], record["attempts"]) == ("quota_exhausted", 1)
        assert "step" in record["reason"]
        answer = admin.post(f"/ops/queues/{QUEUE}/redrive", json={"ids": [record["poison_id"]]})
        assert answer.json() == {"moved": 1, "skipped": 0}
        assert finished(api, task_id)["status"] == "completed"
        task_id = fail(stack, api)
        failed_eleven_minutes_ago(stack, task_id, "model_unavailable")
        stack.run_timer("watch_queues")
        wait_for(lambda: True if finished(api, task_id)["status"] == "completed" else None)
        items = admin.get(f"/ops/queues/{QUEUE}").json()["items"]
        [record] = [item for item in items if item["task_id"] == task_id]
        assert (record["code"], record["redriven_at"] is None) == ("model_unavailable", False)


def fail(stack: RunningStack, api: httpx.Client) -> str:
    """A task that failed for want of credit, which there is again afterwards."""
    with stack.ai() as ai:
        ai.put("/_control", json={"faults": [{"endpoint": "embeddings", "fault": "quota"}]})
        try:
            body = {"post_id": uuid4().hex, "title": "안내", "content": "배송은 이틀 걸립니다."}
            task_id = str(api.post("/embeddings", json=body).json()["task_id"])
            assert finished(api, task_id)["status"] == "failed"
        finally:
            ai.delete("/_control")
    return task_id


def failed_eleven_minutes_ago(stack: RunningStack, task_id: str, code: str) -> None:
    """As if it had, with another error."""
    with (
        closing(psycopg2.connect(stack.facts["database_url"])) as connection,
        connection,
        connection.cursor() as c,
    ):
        c.execute(
            """update tasks set finished_at = finished_at - interval '11 minutes',
                      error = jsonb_set(error, '{code}', to_jsonb(%s::text)) where task_id = %s""",
            (code, task_id),
        )


def taken_in(stack: RunningStack, api: httpx.Client, post_id: str) -> bool | None:
    """Whether a document is there, after the timer has looked."""
    stack.run_timer("settle_poison")
    return True if api.get(f"/embeddings/{post_id}").status_code == 200 else None


def test_the_queue_itself_refuses_ten_megabytes(stack: RunningStack, user: str) -> None:
    """A producer learns it when it sends (64 KiB is the most a storage queue takes), and is not left to wonder."""
    with pytest.raises(HttpResponseError) as caught:
        put(stack, base64.b64encode(message(user, content="가" * 3_500_000).encode()).decode())
    assert caught.value.status_code in {400, 413}


def test_only_admins_see_the_queues(api: httpx.Client) -> None:
    """A seller's token is refused."""
    assert api.get("/ops/queues").status_code == 403
    assert api.get(f"/ops/queues/{QUEUE}").status_code == 403
    assert api.post(f"/ops/queues/{QUEUE}/redrive", json={}).status_code == 403
    assert api.post(f"/ops/queues/{QUEUE}/discard", json={"ids": [str(uuid4())]}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"post_id": "1", "title": "제목"}, 422),
        ({"post_id": "1", "title": " ", "content": "내용"}, 422),
        ({"post_id": "a/b", "title": "제목", "content": "내용"}, 422),
        ({"post_id": "1", "title": "제목", "content": "내용", "kind": "x"}, 422),
        ({"post_id": "1", "title": "제목", "content": "내용", "version": 0}, 422),
        ({"post_id": "1", "title": "제목", "content": "가" * 3_500_000}, 413),
    ],
)
def test_bad_documents_are_refused(api: httpx.Client, body: dict[str, Any], status: int) -> None:
    """Each field by name; ten megabytes as a whole."""
    assert api.post("/embeddings", json=body).status_code == status


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 501}, "q"),
        ({"q": "x", "k": "51"}, "k"),
        ({"q": "x", "k": "0"}, "k"),
        ({"q": "x", "kind": "y"}, "kind"),
    ],
)
def test_bad_searches_are_refused(api: httpx.Client, query: dict[str, str], field: str) -> None:
    """Each parameter by name."""
    answer = api.get("/search", params=query)
    assert answer.status_code == 422
    assert [issue["loc"] for issue in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body", [{"limit": 0}, {"limit": "1"}, {"ids": []}, {"ids": ["x"]}, {"limit": 1, "ids": [str(uuid4())]}]
)
def test_bad_redrives_are_refused(stack: RunningStack, body: dict[str, Any]) -> None:
    """Each field by name."""
    with stack.api("operator", "admin") as admin:
        assert admin.post(f"/ops/queues/{QUEUE}/redrive", json=body).status_code == 422
        assert admin.post(f"/ops/queues/{QUEUE}/discard", json=body).status_code == 422
