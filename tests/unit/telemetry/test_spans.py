"""Spans nest by context, tell failures by code, and cost nothing while nobody records."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from shared.errors import NotFoundError, PermanentError, UnavailableError
from shared.telemetry import context, spans
from tests.unit.telemetry.recording import recording

ROOT = Path(__file__).parents[3]
CALLER = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_a_span_is_a_child_of_the_one_around_it() -> None:
    """The context of the block is the span's; afterwards it is what it was."""
    with recording() as recorder:
        with spans.span("outer"), spans.span("inner"):
            assert context.current() == recorder.named("inner").traceparent
        assert recorder.named("inner").parent == recorder.named("outer").traceparent
        assert recorder.named("outer").parent is None
        assert all(span.ended for span in recorder.spans)
    assert context.current() is None


async def test_tasks_started_in_a_span_are_its_children() -> None:
    """Steps that run side by side each know the run, and not each other."""

    async def step(name: str) -> None:
        with spans.span(name):
            await asyncio.sleep(0)

    with recording() as recorder, spans.span("run"):
        await asyncio.gather(step("one"), step("two"))
    run = recorder.named("run").traceparent
    assert [recorder.named(name).parent for name in ("one", "two")] == [run, run]


def test_a_given_parent_wins_and_what_is_no_context_is_left_out() -> None:
    """A message's context is continued; a broken one is not, nor linked to."""
    with recording() as recorder, spans.span("around"):
        with spans.span("continued", parent=CALLER, links=[None, "nonsense", CALLER]):
            pass
        with spans.span("hostile", parent="00-zz"):
            pass
    assert recorder.named("continued").parent == CALLER
    assert recorder.named("continued").links == [CALLER]
    assert recorder.named("hostile").parent == recorder.named("around").traceparent


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (PermanentError("the seller's own words", code="model_rejected"), "model_rejected"),
        (ValueError("the seller's own words"), "ValueError"),
        (UnavailableError("away"), UnavailableError("away").code),
        (NotFoundError("the sender's mistake"), None),
        (asyncio.CancelledError(), None),
    ],
)
def test_failures_are_told_by_code_and_never_by_message(error: BaseException, failed: str | None) -> None:
    """An error of ours fails the span by its code; the caller's mistakes and cancelling do not fail it."""
    with recording() as recorder:
        with pytest.raises(type(error)), spans.span("work"):
            raise error
        assert recorder.named("work").failed == failed
        assert "seller" not in str(recorder.spans)


def test_without_a_tracer_the_callers_context_goes_on() -> None:
    """Nothing is recorded, but what follows still belongs to the caller's trace."""
    assert not spans.enabled()
    with spans.span("run", parent=CALLER) as span, spans.span("step"):
        span.set({"task.step": "plan"})
        span.fail("nothing")
        assert context.current() == CALLER
    with spans.span("run"):
        assert context.current() is None


def test_opentelemetry_is_not_loaded_unless_an_exporter_is_configured() -> None:
    """Importing the function app, the relay, and starting without an exporter loads nothing of it."""
    code = (
        "import sys, function_app, notifications.relay.__main__ as relay, bootstrap; bootstrap.app();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env={"PATH": ""}
    )
    assert done.stdout.strip() == "[]"
