"""The span of publishing a user's events, and the context that goes with them to the relay.

An event's own `traceparent` attribute is where it came about; the AMQP application property `traceparent` is the hop
from here (CloudEvents extension "Distributed Tracing": hops travel in the protocol's own headers).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.telemetry import context, spans

PROPERTY = "traceparent"
_MOST_LINKS = 16


def publish_span(hub: str, bodies: Iterable[bytes]) -> spans.Span:
    """Around sending these events (CloudEvents as JSON) to the hub: a child of where the first one came about.

    The others' contexts become links.
    """
    if not spans.enabled():
        return spans.span("publish")
    contexts = list(dict.fromkeys(found for body in bodies if (found := _context(body))))
    attributes = {
        "messaging.system": "eventhubs",
        "messaging.operation.type": "send",
        "messaging.destination.name": hub,
    }
    return spans.span(
        f"publish {hub}",
        spans.Kind.PRODUCER,
        attributes,
        parent=contexts[0] if contexts else None,
        links=contexts[1 : _MOST_LINKS + 1],
    )


def properties() -> dict[str | bytes, Any]:
    """What an event is sent with from within `publish_span`; nothing where nothing is recorded."""
    here = context.current() if spans.enabled() else None
    return {PROPERTY: here} if here else {}


def _context(body: bytes) -> str | None:
    import orjson

    try:
        envelope = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    found = envelope.get(PROPERTY) if isinstance(envelope, dict) else None
    return context.valid(found) if isinstance(found, str) else None
