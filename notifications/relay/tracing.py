"""What a replica tells OpenTelemetry: one span a received batch at most, figures when they are exported.

Nothing is done for each connection, and nothing at all while no exporter is configured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from notifications.relay.incoming import Received
from notifications.relay.metrics import Metrics
from shared.telemetry import instruments, spans
from shared.telemetry.context import is_sampled, valid

_MOST_LINKS = 16


def delivery_span(partition: str, batch: Sequence[Received]) -> spans.Span:
    """Around handing a batch to its streams: a child of the send that brought its first sampled event.

    The others' contexts become links, so that each of their traces leads here.
    """
    if not spans.enabled():
        return spans.span("deliver")
    instruments.RELAY_DELAY.record(max(0.0, time.time() - batch[-1].enqueued_at))
    contexts = [found for message in batch if (found := valid(message.traceparent)) and is_sampled(found)]
    if not contexts:
        return spans.Span()
    distinct = list(dict.fromkeys(contexts))
    attributes: dict[str, str | int] = {
        "messaging.system": "eventhubs",
        "messaging.operation.type": "process",
        "messaging.destination.partition.id": partition,
        "messaging.batch.message_count": len(batch),
    }
    links = distinct[1 : _MOST_LINKS + 1]
    return spans.span("deliver events", spans.Kind.CONSUMER, attributes, parent=distinct[0], links=links)


def observe(
    metrics: Metrics, gauges: Callable[[], Mapping[str, float]], lag: Callable[[], Mapping[str, int]]
) -> None:
    """Have the exporter read a replica's figures whenever it sends.

    Args:
        metrics: the counters.
        gauges: current values, `streams_open` and `ready` among them.
        lag: events not yet read, by partition.
    """
    instruments.RELAY_STREAMS.observe(lambda: [(gauges()["streams_open"], {})])
    instruments.RELAY_READY.observe(lambda: [(gauges()["ready"], {})])
    instruments.RELAY_LAG.observe(lambda: [(value, {"partition": name}) for name, value in lag().items()])
    instruments.RELAY_RECEIVED.observe(lambda: [(metrics.events_received, {})])
    instruments.RELAY_SENT.observe(lambda: [(metrics.events_sent, {})])
    instruments.RELAY_RESETS.observe(
        lambda: [(count, {"reason": reason}) for reason, count in dict(metrics.resets).items()]
    )
