"""Runs and steps: spans with their outcome, durations with few labels."""

from typing import Any

import pytest

from shared.errors import PermanentError
from shared.messages import TaskMessage
from shared.telemetry.tasks import ended, poison_span, run_span, step_span
from tests.unit.telemetry.recording import recording

SENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
HOST = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
MESSAGE = TaskMessage.model_validate({"task_id": "a" * 32, "traceparent": SENT, "delivery": 2})


def labels(recorder: Any) -> list[tuple[str, dict[str, Any]]]:
    """What was measured, without the values."""
    return [(instrument.name, labels) for instrument, _, labels in recorder.figures]


@pytest.mark.parametrize(
    ("outcome", "code", "failed"),
    [("completed", None, None), ("given_back", "rate_limited", "rate_limited"), ("skipped", None, None)],
)
def test_a_run_says_how_it_ended(outcome: str, code: str | None, failed: str | None) -> None:
    """In the trace of its message, with a link to the host's; the outcome on span and duration."""
    with recording() as recorder, run_span("generation-requests", MESSAGE, HOST):
        ended(outcome, code)
    run = recorder.named("run generation-requests")
    assert (run.parent, run.links, run.failed) == (SENT, [HOST], failed)
    assert run.attributes["task.outcome"] == outcome
    assert run.attributes["task.delivery"] == 2
    assert labels(recorder) == [
        ("task.run.duration", {"task.queue": "generation-requests", "task.outcome": outcome})
    ]


def test_a_run_that_is_cut_off_says_so() -> None:
    """An exception that leaves the run is no outcome of the runner's."""
    with recording() as recorder, pytest.raises(KeyError), run_span("image-requests", MESSAGE, None):
        raise KeyError
    run = recorder.named("run image-requests")
    assert (run.attributes["task.outcome"], run.failed) == ("interrupted", "KeyError")


def test_ending_outside_a_run_is_nothing() -> None:
    """A runner that is driven by a test has no run around it."""
    ended("completed")


def test_steps_are_told_apart_by_kind_and_not_by_number() -> None:
    """`block:3` is a block in names and figures, and itself in an attribute."""
    with recording() as recorder:
        with step_span("block:3"):
            pass
        with pytest.raises(PermanentError), step_span("image:hero"):
            raise PermanentError("no", code="image_blocked")
    assert recorder.named("step block").attributes == {"task.step": "block:3"}
    assert recorder.named("step image").failed == "image_blocked"
    assert labels(recorder) == [
        ("task.step.duration", {"task.step": "block"}),
        ("task.step.duration", {"task.step": "image", "error.type": "image_blocked"}),
    ]


def test_giving_up_is_in_the_tasks_trace() -> None:
    """Whoever looks at the task sees it."""
    with recording() as recorder, poison_span("generation-requests", MESSAGE):
        pass
    assert recorder.named("give up generation-requests").parent == SENT
