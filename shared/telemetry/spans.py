"""Spans as the code makes them; nothing is recorded, and next to nothing done, until a tracer is installed.

OpenTelemetry's SDK costs a quarter of a second to load, so it stands behind this module and comes only where an
exporter is configured (shared/telemetry/start.py). What a span may hold is in docs/telemetry.md: names, ids and
figures of ours, never a prompt, an answer, a user's text or id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from shared.errors import AppError, InvalidError
from shared.telemetry import context

type Value = str | int | float | bool
type Attributes = Mapping[str, Value]


class Kind(StrEnum):
    """OpenTelemetry's span kinds (specification, "Trace API: SpanKind")."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Recording(Protocol):
    """A span under way, of the installed tracer."""

    @property
    def traceparent(self) -> str:
        """Its trace context."""

    def set(self, attributes: Attributes) -> None:
        """Add to what is known of it."""

    def fail(self, error_type: str) -> None:
        """Mark it as failed."""

    def end(self) -> None:
        """It is over; the exporter gets it."""


class Tracer(Protocol):
    """Makes spans (shared/telemetry/sdk.py, or a test's list)."""

    def begin(
        self, name: str, kind: Kind, attributes: Attributes, parent: str | None, links: Iterable[str]
    ) -> Recording:
        """Start a span: a child of `parent`, or the first of a new trace."""
        ...


class Span(AbstractContextManager["Span"]):
    """One piece of work; a context manager. Without a tracer it does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def set(self, attributes: Attributes) -> None:
        """Add to what is known of it."""

    def fail(self, error_type: str) -> None:
        """Mark it as failed; an error that leaves the block does so by itself."""


class _PassingSpan(Span):
    """Nothing is recorded here, but what follows belongs to the trace of whoever asked."""

    def __init__(self, traceparent: str) -> None:
        self._scope = context.running_in(traceparent)

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scope.__exit__(None, None, None)


class _RecordedSpan(_PassingSpan):
    def __init__(self, recording: Recording) -> None:
        super().__init__(recording.traceparent)
        self._recording = recording

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is not None and not isinstance(error, asyncio.CancelledError | InvalidError):
            self._recording.fail(error_type(error))
        self._recording.end()

    def set(self, attributes: Attributes) -> None:
        """Hand them to the recording."""
        self._recording.set(attributes)

    def fail(self, error_type: str) -> None:
        """Mark the recording as failed, though no error leaves the block."""
        self._recording.fail(error_type)


_OFF = Span()
_tracer: Tracer | None = None


def install(tracer: Tracer | None) -> None:
    """Record spans with `tracer` from now on; None: no more."""
    global _tracer  # noqa: PLW0603  like logging, tracing is the process's, not an object's
    _tracer = tracer


def enabled() -> bool:
    """Whether spans are recorded."""
    return _tracer is not None


def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    attributes: Attributes | None = None,
    *,
    parent: str | None = None,
    links: Iterable[str | None] = (),
) -> Span:
    """One block's span, for `with`; code inside it runs in its trace context.

    Args:
        name: of few different values; what varies goes into attributes.
        kind: see Kind.
        attributes: what is known from the start.
        parent: a traceparent; by default the context the code runs in.
        links: traceparents of other traces that have to do with it; what is none is left out.
    """
    if _tracer is None:
        return _PassingSpan(parent) if context.valid(parent) and parent else _OFF
    linked = [link for given in links if (link := context.valid(given))]
    above = context.valid(parent) or context.current()
    return _RecordedSpan(_tracer.begin(name, kind, attributes or {}, above, linked))


def error_type(error: BaseException) -> str:
    """An error's code, or its class. Never its message, which may hold what users wrote."""
    return error.code if isinstance(error, AppError) else type(error).__qualname__
