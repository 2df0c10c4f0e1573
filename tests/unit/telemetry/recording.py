"""A tracer and a meter that keep what they are given."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.telemetry import instruments, spans
from shared.telemetry.instruments import Instrument, Observed
from shared.telemetry.spans import Attributes, Kind, Value


@dataclass
class RecordedSpan:
    """One span and what became of it."""

    name: str
    kind: Kind
    attributes: dict[str, Value]
    parent: str | None
    links: list[str]
    traceparent: str
    failed: str | None = None
    ended: bool = False

    def set(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def fail(self, error_type: str) -> None:
        self.failed = error_type

    def end(self) -> None:
        self.ended = True


@dataclass
class Recorder:
    """Everything that was recorded."""

    spans: list[RecordedSpan] = field(default_factory=list)
    figures: list[tuple[Instrument, float, dict[str, Value]]] = field(default_factory=list)
    observed: dict[str, Callable[[], Observed]] = field(default_factory=dict)

    def begin(
        self, name: str, kind: Kind, attributes: Attributes, parent: str | None, links: Iterable[str]
    ) -> RecordedSpan:
        trace = parent[3:35] if parent else secrets.token_hex(16)
        own = f"00-{trace}-{secrets.token_hex(8)}-01"
        self.spans.append(RecordedSpan(name, kind, dict(attributes), parent, list(links), own))
        return self.spans[-1]

    def record(self, instrument: Instrument, value: float, attributes: Attributes) -> None:
        self.figures.append((instrument, value, dict(attributes)))

    def observe(self, instrument: Instrument, look: Callable[[], Observed]) -> None:
        self.observed[instrument.name] = look

    def named(self, name: str) -> RecordedSpan:
        """The one span of that name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record within the block."""
    recorder = Recorder()
    spans.install(recorder)
    instruments.install(recorder)
    try:
        yield recorder
    finally:
        spans.install(None)
        instruments.install(None)
