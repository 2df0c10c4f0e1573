"""Every fault of the stand-ins on every endpoint a page calls, on the first call and on every call.

The page completes, where need be with a warning that names what is missing, or the task fails with a code a frontend
can act on and a message a seller understands, in Korean and English.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from generation.tasks.explanations import explain
from tests.chaos import Chaos, chaos_stack
from tests.integration.chaos.ledger import Order
from tests.integration.chaos.pages import order_page
from tests.stack import finished

TRIES = 2
# One delivery, so that "every call" ends with the first run; a fault that holds the connection ends in a second.
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
ENDPOINTS: dict[str, dict[str, tuple[str | None, bool]]] = {
    "plan": dict(TEXT),
    "block": dict(TEXT),
    "chat": dict(TEXT),  # the facts of a free text
    "vision": dict(TEXT),
    "images": IMAGES,
    "product": dict(PRODUCT),
}
DISPENSABLE = {"vision": "vision", "images": "image:introduction-poster"}
"""What a page can do without: endpoint to the step its warning names."""

BODIES: dict[str, dict[str, Any]] = {
    "chat": {"product_data": "머그컵 350ml, 전자레인지 사용 가능, 소재 도자기"},
    "product": {"product_id": "S-2001"},
    "images": {"options": {"images": 1}},
}

CELLS = [
    pytest.param(
        endpoint, fault, code, again, every, id=f"{endpoint}-{fault}-{'every' if every else 'first'}"
    )
    for endpoint, faults in ENDPOINTS.items()
    for fault, (code, again) in faults.items()
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


@pytest.mark.parametrize(("endpoint", "fault", "code", "again", "every"), CELLS)
def test_a_fault(
    chaos: Chaos, api: httpx.Client, endpoint: str, fault: str, code: str | None, again: bool, every: bool
) -> None:
    """The table above: what is tried again, what is done without, what fails, each with its code."""
    chaos.control(faults=[{"endpoint": endpoint, "fault": fault} | ({} if every else {"nth": [1]})])
    before = len(chaos.calls())
    task = finished(api, order_small_page(api, endpoint).task_id)
    calls = [call for call in chaos.calls()[before:] if call["endpoint"] == endpoint]
    recovers = code is None or (again and not every)
    if recovers:
        assert (task["status"], task["warnings"], task["error"]) == ("completed", [], None)
    elif endpoint in DISPENSABLE:
        assert task["status"] == "completed", task["error"]
        assert [warning["step"] for warning in task["warnings"]] == [DISPENSABLE[endpoint]]
        assert_understandable(task["warnings"][0], str(code))
    else:
        assert task["status"] == "failed"
        assert_understandable(task["error"], str(code))
    tries = TRIES if again and code else 1
    # aiohttp by itself repeats a GET once when a kept connection was cut before the answer began.
    assert tries <= len(calls) <= (2 * tries if (endpoint, fault) == ("product", "drop") else tries)
    if fault == "429;retry-after=1":
        assert seconds_between(*calls) >= 1.0


def order_small_page(api: httpx.Client, endpoint: str) -> Order:
    """A page of one block, with what the endpoint needs to be called."""
    body = {"options": {"images": 0}, "template_ids": ["introduction-poster"], **BODIES.get(endpoint, {})}
    return order_page(api, **body)


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
