"""What the hub's messages are to the relay: whose, of which type, and one line of JSON."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from notifications.relay.frames import valid_type
from shared.errors import MalformedError
from shared.events import EventType

_RESET = EventType.RESET.value
_LF, _CR = b"\n\r"


class Received(NamedTuple):
    """One message of a partition; `enqueued_at` in seconds since the epoch, `traceparent` of the send."""

    sequence: int
    enqueued_at: float
    body: bytes
    traceparent: str | None = None


class Incoming(NamedTuple):
    """A message that is an event for a user; `line` is its JSON without CR or LF."""

    user_id: str
    event_id: str
    name: str
    line: bytes


def decode(body: bytes) -> Incoming:
    """Read a CloudEvent; of the envelope only what routing needs is looked at.

    Raises:
        MalformedError: it is not JSON, or not an event that can go to a stream.
    """
    try:
        envelope = orjson.loads(body)
        user_id, event_id, name = envelope["userid"], envelope["id"], envelope["type"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise MalformedError("not a CloudEvent of ours") from error
    if not (type(user_id) is type(event_id) is type(name) is str):
        raise MalformedError("userid, id and type must be text")
    if not user_id or name == _RESET or not valid_type(name):
        raise MalformedError("no user, or a type that cannot be streamed")
    # In valid JSON a raw CR or LF is only ever white space between tokens: without them it means the same.
    line = body.translate(None, b"\r\n") if _LF in body or _CR in body else body
    return Incoming(user_id, event_id, name, line)
