"""Requests and replies over a pair of links, as $cbs and $management use them.

Source: OASIS AMQP management working draft 11, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from local.eventhubs import decode, encode, message, skip
from local.eventhubs.encode import NULL
from local.eventhubs.errors import DECODE_ERROR, DecodeError, MessageRejectedError

_MESSAGE_ID: Final = 0
_REPLY_TO: Final = 4

OK: Final = 200
ACCEPTED: Final = 202
BAD_REQUEST: Final = 400
MISSING: Final = 404


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `message_id` stays encoded, so the reply carries the very type that was sent."""

    message_id: bytes
    reply_to: str | None
    arguments: dict[Any, Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `value` is an encoded AMQP value, `condition` an error's symbol."""

    status: int
    description: str
    value: bytes = NULL
    condition: str | None = field(default=None)


def parse(payload: bytes) -> Request:
    """Read a request; raises MessageRejectedError if it is malformed."""
    try:
        return _request(message.sections(payload))
    except DecodeError as exc:
        raise MessageRejectedError(DECODE_ERROR, exc.description) from exc


def _request(parts: Sequence[message.Section]) -> Request:
    by_code = {section.code: section.value for section in parts}
    properties = skip.elements(by_code.get(message.PROPERTIES, b"\x45"), 0)
    properties += [NULL] * (_REPLY_TO + 1 - len(properties))
    reply_to, _ = decode.value_at(properties[_REPLY_TO])
    arguments, _ = decode.value_at(by_code.get(message.APPLICATION_PROPERTIES, b"\xc1\x01\x00"))
    value, _ = decode.value_at(by_code.get(message.AMQP_VALUE, NULL))
    if not isinstance(arguments, dict):
        raise DecodeError("application properties must be a map")
    return Request(properties[_MESSAGE_ID], reply_to if isinstance(reply_to, str) else None, arguments, value)


def encode_reply(request: Request, reply: Reply) -> bytes:
    """Encode the message that answers a request."""
    properties = [NULL] * 5 + [request.message_id] + [NULL] * 7
    arguments = [
        (encode.string("status-code"), encode.int32(reply.status)),
        (encode.string("status-description"), encode.string(reply.description)),
    ]
    if reply.condition:
        arguments.append((encode.string("error-condition"), encode.symbol(reply.condition)))
    return b"".join(
        (
            encode.described(message.PROPERTIES, encode.list_of(properties)),
            encode.described(message.APPLICATION_PROPERTIES, encode.map_of(arguments)),
            encode.described(message.AMQP_VALUE, reply.value),
        )
    )
