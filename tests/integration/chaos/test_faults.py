"""Every fault of the stand-ins on every endpoint that pages and pictures call, on the first call and on every call.

The task completes, where need be with a warning that names what is missing, or it fails with a code a frontend
can act on and a message a seller understands, in Korean and English.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from generation.tasks.explanations import explain
from tests.chaos import Chaos, chaos_stack
from tests.integration.chaos.ledger import Order, in_flight
from tests.integration.chaos.pages import order_page, upload
from tests.stack import finished, wait_for

pytestmark = pytest.mark.chaos

TRIES = 2
# One delivery and one crash, so that what never works ends with the first run.
ENVIRONMENT = {
    "STEP_ATTEMPTS": str(TRIES),
    "TASK_MAX_DEQUEUE_COUNT": "1",
    "TEXT_TIMEOUT_SECONDS": "1.2",
    "IMAGE_TIMEOUT_SECONDS": "3",
    "PRODUCT_SERVICE_TIMEOUT_SECONDS": "1.2",
}

# fault: (code, whether trying again helps), as the text model's adapter reads it
TEXT = {
    "429": ("rate_limited", True),
    "429;retry-after=1": ("rate_limited", True),
    "quota": ("quota_exhausted", False),
    "500": ("model_unavailable", True),
    "503": ("model_unavailable", True),
    "timeout": ("model_timeout", True),
    "drop": ("model_unreachable", True),
    "html502": ("model_unavailable", True),
    "length": ("answer_truncated", True),
    "refusal": ("model_refused", False),
    "content_filter": ("content_filtered", False),
    "bad_json": ("answer_not_json", True),
    "schema_miss": ("answer_off_schema", True),
}
SERVICE = {fault: TEXT[fault] for fault in TEXT if fault not in {"length", "refusal", "content_filter"}}
IMAGES = SERVICE | {
    "bad_json": ("image_unusable", True),
    "schema_miss": ("image_unusable", True),
    "image_403": ("image_blocked", False),
    "image_no_type": (None, True),  # an answer without `type` is read all the same
    "bad_image": ("image_unusable", True),
}
PRODUCT = dict.fromkeys(SERVICE, ("product_service_unavailable", True)) | {
    "quota": ("quota_exhausted", False),
    "bad_json": ("product_service_nonsense", False),
    "schema_miss": ("product_service_nonsense", False),
}


@dataclass(frozen=True)
class Use:
    """An endpoint as something we make uses it.

    Attributes:
        asked: the path it is asked for at, below /generation/.
        endpoint: the stand-ins' name of it.
        faults: what each fault means there.
        body: what makes it be called, besides what every such request has.
        missing: the step that a warning names when it is done without; None where it is required.
    """

    asked: str
    endpoint: str
    faults: Mapping[str, tuple[str | None, bool]]
    body: Mapping[str, Any] = field(default_factory=dict)
    missing: str | None = None


ONE_BLOCK: dict[str, Any] = {"template_ids": ["introduction-poster"], "options": {"images": 0}}
FREE_TEXT: dict[str, Any] = {"product_data": "머그컵 350ml, 전자레인지 사용 가능, 소재 도자기"}
USES = (
    Use("display-list", "plan", TEXT, ONE_BLOCK),
    Use("display-list", "block", TEXT, ONE_BLOCK),
    Use("display-list", "chat", TEXT, ONE_BLOCK | FREE_TEXT),  # the facts of a free text
    Use("display-list", "product", PRODUCT, ONE_BLOCK | {"product_id": "S-2001"}),
    Use("display-list", "vision", TEXT, ONE_BLOCK, missing="vision"),
    Use(
        "display-list", "images", IMAGES, ONE_BLOCK | {"options": {"images": 1}}, "image:introduction-poster"
    ),
    Use("image", "translate", TEXT, {"prompt": "아침 햇살이 드는 창가"}),
    Use("image", "images", IMAGES, {"prompt": "by a sunny window"}),
)
CELLS = [
    pytest.param(use, fault, every, id=f"{use.asked}-{use.endpoint}-{fault}-{'every' if every else 'first'}")
    for use in USES
    for fault in use.faults
    for every in (False, True)
]


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos_stack(tmp_path_factory.mktemp("faults"), **ENVIRONMENT) as chaos:
        yield chaos
        assert "unexpected error" not in chaos.worker_log()


@pytest.fixture
def api(chaos: Chaos) -> Iterator[httpx.Client]:
    """A user of its own for each test: there is a limit to what one may ask for in a minute."""
    with chaos.api(f"seller-{time.time_ns()}") as client:
        yield client


@pytest.mark.parametrize(("use", "fault", "every"), CELLS)
def test_a_fault(chaos: Chaos, api: httpx.Client, use: Use, fault: str, every: bool) -> None:
    """The tables above: what is tried again, what is done without, what fails, each with its code."""
    code, again = use.faults[fault]
    chaos.control(faults=[{"endpoint": use.endpoint, "fault": fault} | ({} if every else {"nth": [1]})])
    chaos.forget_calls()
    task = finished(api, ask(api, use))
    if code is None or (again and not every):
        assert (task["status"], task["warnings"], task["error"]) == ("completed", [], None)
    elif use.missing:
        assert task["status"] == "completed", task["error"]
        assert [warning["step"] for warning in task["warnings"]] == [use.missing]
        assert_understandable(task["warnings"][0], code)
    else:
        assert task["status"] == "failed"
        assert_understandable(task["error"], code)
    calls = [call for call in chaos.calls() if call["endpoint"] == use.endpoint]
    tries = TRIES if again and code else 1
    # aiohttp by itself repeats a GET once when a kept connection was cut before the answer began.
    assert tries <= len(calls) <= (2 * tries if (use.endpoint, fault) == ("product", "drop") else tries)
    if fault == "429;retry-after=1":
        assert seconds_between(*calls) >= 1.0


def ask(api: httpx.Client, use: Use) -> str:
    """Ask for a page or a picture that calls the endpoint; the task's id."""
    if use.asked == "display-list":
        return order_page(api, **use.body).task_id
    answer = api.post(f"/generation/{use.asked}", json={"image_id": upload(api), **use.body})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def test_a_task_that_kills_its_workers(chaos: Chaos, api: httpx.Client) -> None:
    """When workers die of it again and again it fails with words for it, and is kept among what was given up."""
    chaos.control(latency={"plan": 60})
    order = order_page(api, **ONE_BLOCK)
    for _ in range(2):
        wait_for(partial(swept_into_flight, chaos, order))
        chaos.kill("functions-0")
        chaos.restart("functions-0")
    assert chaos.settle([order.task_id]) == {order.task_id: "failed"}
    assert_understandable(api.get(f"/generation/tasks/{order.task_id}").json()["error"], "worker_lost")
    assert chaos.sql("select code from poison_messages where task_id = %s", (order.task_id,)) == [
        ("worker_lost",)
    ]


def swept_into_flight(chaos: Chaos, order: Order) -> bool:
    """Whether the task's plan is being asked for, once a sweep has found the task."""
    chaos.sweep()
    return in_flight(chaos, order, "plan")


def assert_understandable(told: dict[str, str], code: str) -> None:
    """The code is the expected one, and its words are for it: Korean for the seller, English beside it."""
    assert told["code"] == code
    assert re.search("[가-힣]", told["message"]), told
    assert re.search("[A-Za-z]", told["message_en"]), told
    assert not re.search("[가-힣]", told["message_en"]), told
    assert told["message"] != explain("no such code")["message"], f"{code} has no words of its own"


def seconds_between(first: dict[str, Any], second: dict[str, Any]) -> float:
    """From the answer of a call to the arrival of the next."""
    gap = datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"])
    return gap.total_seconds() - float(first["duration"])
