from __future__ import annotations

from typing import Any

import pytest

from local.standins.calllog import CAPACITY, CallLog, abbreviate
from local.standins.control import Control, ControlError


def _fault(**changes: Any) -> dict[str, Any]:
    return {"faults": [{"endpoint": "images", "nth": [1], "fault": "429;retry-after=1"} | changes]}


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ([], "body"),
        ({"latencies": {}}, "latencies"),
        ({"latency": 1}, "latency"),
        ({"latency": {"planning": 1}}, "latency.planning"),
        ({"latency": {"plan": -1}}, "latency.plan"),
        ({"latency": {"plan": "1"}}, "latency.plan"),
        ({"latency": {"plan": True}}, "latency.plan"),
        ({"latency": {"plan": 1e9}}, "latency.plan"),
        ({"faults": {}}, "faults"),
        ({"faults": ["429"]}, "faults.0"),
        (_fault(endpoint="image"), "faults.0.endpoint"),
        (_fault(nth=[0]), "faults.0.nth"),
        (_fault(nth=[]), "faults.0.nth"),
        (_fault(nth=1), "faults.0.nth"),
        (_fault(nth=[True]), "faults.0.nth"),
        (_fault(fault="418"), "faults.0.fault"),
        (_fault(fault="429;retry-after=x"), "faults.0.fault"),
        (_fault(fault="refusal"), "faults.0.fault"),
        (_fault(fault=None), "faults.0.fault"),
        (_fault(endpoint="plan", fault="image_403"), "faults.0.fault"),
        (_fault(after=3), "faults.0.after"),
    ],
)
def test_bad_control_bodies_name_what_is_wrong(body: Any, loc: str) -> None:
    """Each problem has its place, and nothing is changed."""
    control = Control()
    control.replace({"latency": {"plan": 2}})
    with pytest.raises(ControlError) as caught:
        control.replace(body)
    assert [issue["loc"] for issue in caught.value.issues] == [loc]
    assert control.latency == {"plan": 2.0}


def test_faults_strike_the_calls_they_name() -> None:
    """`nth` counts an endpoint's calls since the PUT; without it every call is struck; the first match wins."""
    control = Control()
    control.replace(
        {"faults": [{"endpoint": "plan", "nth": [2], "fault": "500"}, {"endpoint": "block", "fault": "drop"}]}
    )
    assert [bool(control.next_fault("plan")) for _ in range(3)] == [False, True, False]
    assert [control.next_fault("block").kind for _ in range(2)] == ["drop", "drop"]  # type: ignore[union-attr]  # it strikes
    control.replace({"faults": [{"endpoint": "plan", "nth": [2], "fault": "500"}]})
    assert control.next_fault("plan") is None
    control.reset()
    assert control.next_fault("plan") is None


def test_retry_after_is_read_from_the_fault() -> None:
    """`429;retry-after=1.5` carries its seconds."""
    control = Control()
    control.replace(_fault(fault="429;retry-after=1.5"))
    fault = control.next_fault("images")
    assert fault is not None
    assert (fault.kind, fault.retry_after) == ("429", "1.5")


def test_the_log_is_bounded_and_ordered() -> None:
    """The last 10,000 calls are kept, oldest first; a call in flight has no status."""
    log = CallLog()
    for number in range(CAPACITY + 5):
        log.start("chat", "POST", "/v1/chat/completions", {"n": number})
    shown = log.shown()
    assert len(shown) == CAPACITY
    assert [shown[0]["request"]["n"], shown[-1]["request"]["n"]] == [5, CAPACITY + 4]
    assert shown[0]["status"] is None
    log.entries[0].finish(200)
    assert log.shown()[0]["status"] == 200
    log.clear()
    assert log.shown() == []


def test_pictures_are_abbreviated_in_the_log() -> None:
    """A data: URL shows its digest and length; other text stays."""
    url = "data:image/png;base64," + "A" * 5000
    shown = abbreviate({"a": [{"url": url}], "text": "가" * 5000})
    assert shown["a"][0]["url"].startswith("data:image/png;base64,<sha256:")
    assert "5000 characters" in shown["a"][0]["url"]
    assert shown["text"] == "가" * 5000
