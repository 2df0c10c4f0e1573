"""The trace goes with an event: as its attribute from where it came about, as an AMQP property from hop to hop."""

import time
from datetime import UTC, datetime

from notifications.relay import tracing as relay
from notifications.relay.incoming import Received
from notifications.relay.metrics import Metrics
from notifications.tracing import properties, publish_span
from shared.events import Event, EventType
from shared.messages import TaskMessage
from shared.queues import send_task
from shared.telemetry import context
from tests.unit.telemetry.recording import recording

STEP = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
OTHER = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
UNSAMPLED = "00-" + "e" * 32 + "-" + "f" * 16 + "-00"


class Queue:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[TaskMessage] = []

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        self.sent.append(TaskMessage.decode(text.encode()))

    async def ping(self) -> float:
        return 0.0


def event(traceparent: str | None) -> Event:
    """An event of a task."""
    return Event("1", "seller", EventType.PROGRESS, "task", datetime.now(UTC), {"sequence": 1}, traceparent)


def received(traceparent: str | None) -> Received:
    """A message from the hub."""
    return Received(1, time.time(), b"{}", traceparent)


def test_an_event_carries_where_it_came_about() -> None:
    """The CloudEvents attribute, and nothing where there is no trace; a broken one is not read."""
    assert event(STEP).to_cloudevent()["traceparent"] == STEP
    assert "traceparent" not in event(None).to_cloudevent()
    assert Event.decode(event(STEP).encode()).traceparent == STEP
    assert Event.decode(event("nonsense").encode()).traceparent is None


def test_publishing_continues_the_events_trace() -> None:
    """A child of the first event's context, links to the others; the hop goes along as a property."""
    bodies = [event(given).encode() for given in (STEP, STEP, OTHER, None)] + [b"no JSON"]
    with recording() as recorder, publish_span("notifications", bodies):
        sent = properties()
    span = recorder.named("publish notifications")
    assert (span.kind, span.parent, span.links) == ("PRODUCER", STEP, [OTHER])
    assert sent == {"traceparent": span.traceparent}


def test_nothing_goes_along_unless_it_is_recorded() -> None:
    """Without a tracer events are sent as they are."""
    with publish_span("notifications", [event(STEP).encode()]):
        assert properties() == {}


def test_the_relay_makes_one_span_a_batch() -> None:
    """A child of the first sampled send, links to the others; a batch without any makes none."""
    with recording() as recorder:
        with relay.delivery_span("0", [received(None), received(UNSAMPLED), received(STEP), received(OTHER)]):
            pass
        with relay.delivery_span("1", [received(None), received(UNSAMPLED), received("nonsense")]):
            pass
    span = recorder.named("deliver events")
    assert (span.kind, span.parent, span.links) == ("CONSUMER", STEP, [OTHER])
    assert span.attributes["messaging.batch.message_count"] == 4
    assert [instrument.name for instrument, _, _ in recorder.figures] == ["relay.delay", "relay.delay"]


def test_the_relays_figures_are_read_when_they_are_sent() -> None:
    """Counters and gauges come from the replica's own, at that moment."""
    metrics = Metrics()
    with recording() as recorder:
        relay.observe(metrics, lambda: {"streams_open": 3, "ready": 1}, lambda: {"0": 7})
    metrics.events_sent += 5
    metrics.resets["evicted"] += 1
    seen = {name: list(look()) for name, look in recorder.observed.items()}
    assert seen == {
        "relay.streams": [(3, {})],
        "relay.ready": [(1, {})],
        "relay.lag": [(7, {"partition": "0"})],
        "relay.events.received": [(0, {})],
        "relay.events.sent": [(5, {})],
        "relay.resets": [(1, {"reason": "evicted"})],
    }


async def test_a_message_carries_the_span_of_its_send() -> None:
    """The run becomes a child of the send; sent again by the sweeper, it stays in the task's trace."""
    queue, message = Queue(), TaskMessage.model_validate({"task_id": "a" * 32, "traceparent": STEP})
    with recording() as recorder:
        await send_task(queue, "generation-requests", message)
        with context.running_in(OTHER):
            await send_task(queue, "generation-requests", message)
    first, second = recorder.spans
    assert [each.traceparent for each in queue.sent] == [first.traceparent, second.traceparent]
    assert (first.parent, first.links) == (STEP, [])
    assert (second.parent, second.links) == (OTHER, [STEP]), (
        "a retry is a trace of its own, linked to the first"
    )


async def test_without_a_tracer_a_message_keeps_its_trace() -> None:
    """What came in goes on."""
    queue, message = Queue(), TaskMessage.model_validate({"task_id": "a" * 32, "traceparent": STEP})
    await send_task(queue, "generation-requests", message)
    assert queue.sent == [message]
