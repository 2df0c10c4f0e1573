r"""Server-sent events on the wire.

Source: WHATWG HTML, section 9.2 "Server-sent events". A heartbeat and a `retry:` are single lines with no blank
line after them: parsers act on a line at once, and the popular httpx-sse would turn a blank line after a comment
into an empty event as soon as an id is known.
"""

from __future__ import annotations

import re
import uuid

import orjson

from shared.events import SOURCE, EventType
from shared.times import now, rfc3339

HEARTBEAT = b":\n"

# What may stand in an `event:` line: the types are words of ours, so anything else is hostile or a mistake.
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def valid_type(name: str) -> bool:
    """Whether a type can be written as an `event:` line."""
    return _TYPE.fullmatch(name) is not None


def event_frame(partition: str, sequence: int, name: str, line: bytes) -> bytes:
    """One event; `line` is JSON without CR or LF, `name` passed `valid_type`."""
    return b"id: %b-%d\nevent: %b\ndata: %b\n\n" % (partition.encode(), sequence, name.encode(), line)


def reset_frame(user_id: str, reason: str, last_id: str) -> bytes:
    """Tells the client that there may be a hole before this point, so that it reads its tasks again.

    Args:
        user_id: whose stream.
        reason: `malformed`, `evicted`, `foreign` or `restarted`.
        last_id: where to resume from now; empty when the user has no event in the window, which makes the
            client forget its id and so get the whole window next time.
    """
    envelope = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"{SOURCE}/relay",
        "type": EventType.RESET.value,
        "time": rfc3339(now()),
        "datacontenttype": "application/json",
        "userid": user_id,
        "data": {"reason": reason},
    }
    return b"id: %b\nevent: reset\ndata: %b\n\n" % (last_id.encode(), orjson.dumps(envelope))


def retry_line(milliseconds: int) -> bytes:
    """Sets how long the client waits before it connects again."""
    return b"retry: %d\n" % milliseconds
