"""Every metric there is: its name, unit and attributes in one place (docs/telemetry.md lists them; a test compares).

Nothing is counted until a meter is installed. Names follow OpenTelemetry's semantic conventions where there is one:
`http.server.request.duration`, `gen_ai.client.*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.telemetry.spans import Attributes

type Observed = Iterable[tuple[float, Attributes]]
type Kind = Literal["counter", "histogram", "gauge"]


class Meter(Protocol):
    """Takes measurements (shared/telemetry/sdk.py, or a test's list)."""

    def record(self, instrument: Instrument, value: float, attributes: Attributes) -> None:
        """Count, or take into a histogram, or keep for a while as a gauge's value."""
        ...

    def observe(self, instrument: Instrument, look: Callable[[], Observed]) -> None:
        """Ask `look` whenever there is an export: totals so far of a counter, current values of a gauge."""
        ...


@dataclass(frozen=True, slots=True)
class Instrument:
    """One metric.

    Attributes:
        name: as it is exported.
        kind: a gauge's value is exported soon after it is recorded and then no more, so a figure that nobody takes any
            longer is missing instead of standing still.
        unit: UCUM; what is counted in braces.
        attributes: the names it may carry, each with few values.
        description: what it says.
        buckets: a histogram's upper bounds.
    """

    name: str
    kind: Kind
    unit: str
    attributes: tuple[str, ...]
    description: str
    buckets: tuple[float, ...] = ()

    def record(self, value: float, attributes: Mapping[str, str | int] | None = None) -> None:
        """Take one measurement."""
        if _meter is not None:
            _meter.record(self, value, attributes or {})

    def observe(self, look: Callable[[], Observed]) -> None:
        """Have the exporter ask for values, at most once in a process and instrument."""
        if _meter is not None:
            _meter.observe(self, look)


_meter: Meter | None = None


def install(meter: Meter | None) -> None:
    """Take measurements with `meter` from now on; None: no more."""
    global _meter  # noqa: PLW0603  like logging, metrics are the process's, not an object's
    _meter = meter


def enabled() -> bool:
    """Whether anything is measured: what costs something to find out need not be found out otherwise."""
    return _meter is not None


_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 120.0, 300.0)
_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144)
_MODEL = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model")

HTTP_DURATION = Instrument(
    "http.server.request.duration",
    "histogram",
    "s",
    ("http.request.method", "http.route", "http.response.status_code"),
    "Time to answer a request.",
    _QUICK,
)
TASK_DURATION = Instrument(
    "task.run.duration",
    "histogram",
    "s",
    ("task.queue", "task.outcome"),
    "One run of a task: completed, failed, given_back, stopped (cancelled, or the lease lost), skipped.",
    _SLOW,
)
STEP_DURATION = Instrument(
    "task.step.duration",
    "histogram",
    "s",
    ("task.step", "error.type"),
    "One step that was made (not one that was stored already), retries included.",
    _SLOW,
)
MODEL_DURATION = Instrument(
    "gen_ai.client.operation.duration",
    "histogram",
    "s",
    (*_MODEL, "error.type"),
    "One call of a model.",
    _SLOW,
)
MODEL_TOKENS = Instrument(
    "gen_ai.client.token.usage",
    "histogram",
    "{token}",
    (*_MODEL, "gen_ai.token.type"),
    "Tokens of one call, input and output apart.",
    _TOKENS,
)
MODEL_COST = Instrument("model.cost", "counter", "USD", _MODEL, "What calls of models cost.")
EVENTS_PUBLISHED = Instrument(
    "events.published", "counter", "{event}", (), "Events that Event Hubs took from this process."
)

QUEUE_LENGTH = Instrument(
    "queue.length",
    "gauge",
    "{message}",
    ("queue",),
    "Messages in a queue, those being worked on included; the service's approximate count.",
)
QUEUE_OLDEST_AGE = Instrument(
    "queue.oldest_age",
    "gauge",
    "s",
    ("queue",),
    "How long the first visible message has waited; 0: none waits.",
)
QUEUE_POISON = Instrument(
    "queue.poison",
    "gauge",
    "{message}",
    ("queue",),
    "Given up and not yet decided on: records of the poison table, and messages that stay in the poison queue for over "
    "a minute.",
)
QUEUE_IN_FLIGHT = Instrument("queue.in_flight", "gauge", "{task}", ("queue",), "Tasks that run now.")
QUEUE_RATE = Instrument(
    "queue.rate", "gauge", "{task}/min", ("queue",), "Tasks that ended, a minute, over five minutes."
)
TASKS_STALE = Instrument(
    "tasks.stale",
    "gauge",
    "{task}",
    (),
    "Unfinished tasks that nobody has worked on for twice TASK_STALE_SECONDS.",
)
TASKS_RECENT = Instrument(
    "tasks.recent",
    "gauge",
    "{task}",
    ("task.kind", "task.status"),
    "Tasks that ended within the last 15 minutes, by how: completed, failed, cancelled.",
)
PAGE_DURATION = Instrument(
    "pages.duration",
    "gauge",
    "s",
    ("quantile",),
    "From request to completed page, of the pages completed within the last 15 minutes: 0.5 and 0.95.",
)
OUTBOX_OLDEST_AGE = Instrument(
    "outbox.oldest_age", "gauge", "s", (), "How long the oldest unpublished event has waited; 0: none waits."
)
ROWS_PURGED = Instrument(
    "rows.purged", "counter", "{row}", ("table",), "Rows deleted because they were kept long enough."
)
COST_TODAY = Instrument("cost.today", "gauge", "USD", (), "What models have cost since midnight in Seoul.")
DEPENDENCY_READY = Instrument(
    "dependency.ready", "gauge", "1", ("dependency",), "1: it answers; 0: it does not, or refuses us."
)

RELAY_STREAMS = Instrument("relay.streams", "gauge", "{stream}", (), "Open streams of a replica.")
RELAY_READY = Instrument(
    "relay.ready", "gauge", "1", (), "Whether a replica has filled its window and reads on."
)
RELAY_LAG = Instrument(
    "relay.lag", "gauge", "{event}", ("partition",), "Events known to be in a partition and not read."
)
RELAY_DELAY = Instrument(
    "relay.delay",
    "histogram",
    "s",
    (),
    "From Event Hubs taking an event to the relay having it; one measurement a batch.",
    _QUICK,
)
RELAY_RECEIVED = Instrument("relay.events.received", "counter", "{event}", (), "Events read from the hub.")
RELAY_SENT = Instrument("relay.events.sent", "counter", "{event}", (), "Events written, one for each stream.")
RELAY_RESETS = Instrument(
    "relay.resets", "counter", "{reset}", ("reason",), "Streams told that there may be a hole."
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Instrument))
