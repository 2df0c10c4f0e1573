"""Spans and durations of a task: its run, a child of the message that asked for it, and the steps below."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared.errors import AppError
from shared.messages import TaskMessage
from shared.telemetry import spans
from shared.telemetry.instruments import STEP_DURATION, TASK_DURATION
from shared.telemetry.spans import Kind, Span, error_type

_run: ContextVar[_Run | None] = ContextVar("run", default=None)


class _Run:
    """The run that is under way in this context, and how it ended."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.outcome = "interrupted"


@contextmanager
def run_span(queue: str, message: TaskMessage, invocation: str | None) -> Iterator[None]:
    """Around one run.

    The host's span of the invocation is in a trace of its own, for the host does not know what the message carries:
    ours continues the message's trace, and has a link to the host's.
    """
    attributes: dict[str, str | int] = {
        "messaging.system": "azure_storage_queue",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "task.id": str(message.task_id),
        "task.delivery": message.delivery,
    }
    began = time.perf_counter()
    with spans.span(
        f"run {queue}", Kind.CONSUMER, attributes, parent=message.traceparent, links=[invocation]
    ) as span:
        run = _Run(span)
        token = _run.set(run)
        try:
            yield
        finally:
            _run.reset(token)
            span.set({"task.outcome": run.outcome})
            seconds = time.perf_counter() - began
            TASK_DURATION.record(seconds, {"task.queue": queue, "task.outcome": run.outcome})


def poison_span(queue: str, message: TaskMessage) -> Span:
    """Around recording a message that was given up, in the trace of its task."""
    attributes: dict[str, str | int] = {
        "messaging.system": "azure_storage_queue",
        "messaging.operation.type": "settle",
        "messaging.destination.name": queue,
        "task.id": str(message.task_id),
    }
    return spans.span(f"give up {queue}", Kind.CONSUMER, attributes, parent=message.traceparent)


def ended(outcome: str, code: str | None = None) -> None:
    """Say how the run of this context ended, and why when it did not end well."""
    run = _run.get()
    if run is None:
        return
    run.outcome = outcome
    if code is not None:
        run.span.fail(code)


@contextmanager
def step_span(key: str) -> Iterator[None]:
    """Around a step that is made: its tries, its calls, its store. `block:3` is a `block` in names and figures."""
    name = key.partition(":")[0]
    began = time.perf_counter()
    labels = {"task.step": name}
    with spans.span(f"step {name}", attributes={"task.step": key}):
        try:
            yield
        except AppError as error:
            labels["error.type"] = error_type(error)
            raise
        finally:
            STEP_DURATION.record(time.perf_counter() - began, labels)
