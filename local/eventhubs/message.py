"""Messages as producers send them and as consumers get them.

Source: OASIS AMQP 1.0 part 3, section 3.2 for the sections; Event Hubs' AMQP guide for the `x-opt-`
annotations and the batch format. The body and the properties are passed on byte for byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from local.eventhubs import decode, encode, skip
from local.eventhubs.errors import DECODE_ERROR, NOT_IMPLEMENTED, DecodeError, MessageRejectedError

PLAIN_FORMAT: Final = 0
BATCH_FORMAT: Final = 0x80013700

HEADER: Final = 0x70
DELIVERY_ANNOTATIONS: Final = 0x71
MESSAGE_ANNOTATIONS: Final = 0x72
PROPERTIES: Final = 0x73
APPLICATION_PROPERTIES: Final = 0x74
DATA: Final = 0x75
AMQP_VALUE: Final = 0x77
_SECTIONS: Final = range(0x70, 0x79)
_OPAQUE: Final = frozenset({DATA, 0x76, AMQP_VALUE})

PARTITION_KEY: Final = "x-opt-partition-key"
_SEQUENCE_NUMBER: Final = encode.symbol("x-opt-sequence-number")
_OFFSET: Final = encode.symbol("x-opt-offset")
_ENQUEUED_TIME: Final = encode.symbol("x-opt-enqueued-time")
_PARTITION_KEY: Final = encode.symbol(PARTITION_KEY)
# Only the broker says where an event lies; an event that is sent on still carries what it had before.
_OURS: Final = frozenset({_SEQUENCE_NUMBER, _OFFSET, _ENQUEUED_TIME})
_OUR_PARTS: Final = 6
_MAP32: Final = struct.Struct(">3sBII")
_ANNOTATIONS_HEAD: Final = b"\x00\x53\x72"


class Position(NamedTuple):
    """Where an event lies in its partition; `enqueued_ms` is milliseconds since the epoch."""

    sequence: int
    offset: int
    enqueued_ms: int


class Section(NamedTuple):
    """One section: its code, where its value starts, and all of its bytes."""

    code: int
    value: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class IncomingEvent:
    """An event on its way into the log.

    Args:
        header: the encoded header section, or nothing.
        annotations: encoded keys and values, alternating, that are passed on.
        partition_key: the key it was sent with.
        body: all other sections, encoded.
    """

    header: bytes
    annotations: tuple[bytes, ...]
    partition_key: str | None
    body: bytes

    def stamped(self, position: Position) -> bytes:
        """Encode the message consumers get once its place in the log is known."""
        entries = b"".join(
            (
                *self.annotations,
                _SEQUENCE_NUMBER,
                encode.long(position.sequence),
                _OFFSET,
                encode.string(str(position.offset)),
                _ENQUEUED_TIME,
                encode.timestamp(position.enqueued_ms),
            )
        )
        count = len(self.annotations) + _OUR_PARTS
        return (
            self.header + _MAP32.pack(_ANNOTATIONS_HEAD, 0xD1, len(entries) + 4, count) + entries + self.body
        )


def sections(payload: bytes) -> list[Section]:
    """Split a message into its sections.

    Order is not checked: the SDK puts delivery annotations last.

    Raises:
        DecodeError: the bytes are no message.
    """
    found = []
    position = 0
    while position < len(payload):
        code, start = _section_code(payload, position)
        end = skip.end_of(payload, start)
        found.append(Section(code, payload[start:end], payload[position:end]))
        position = end
    return found


def _section_code(payload: bytes, position: int) -> tuple[int, int]:
    if payload[position] != 0:
        raise DecodeError("a message section without its descriptor")
    code, start = decode.value_at(payload, position + 1)
    if not isinstance(code, int) or code not in _SECTIONS:
        raise DecodeError("a message section of unknown kind")
    return code, start


def unpack(message_format: int, payload: bytes) -> list[IncomingEvent]:
    """Give the events of a delivery: one of a plain message, one per data section of a batch.

    Raises:
        MessageRejectedError: the message is malformed, empty, or of an unknown format.
    """
    if message_format not in (PLAIN_FORMAT, BATCH_FORMAT):
        raise MessageRejectedError(NOT_IMPLEMENTED, f"message format 0x{message_format:08x} is unknown")
    try:
        if message_format == PLAIN_FORMAT:
            return [_event(sections(payload), fallback_key=None)]
        return _batch(sections(payload))
    except DecodeError as exc:
        raise MessageRejectedError(DECODE_ERROR, exc.description) from exc


def _batch(outer: list[Section]) -> list[IncomingEvent]:
    key = _event(outer, fallback_key=None).partition_key
    events = []
    for section in outer:
        if section.code == DATA:
            inner, _ = decode.value_at(section.value)
            if not isinstance(inner, bytes):
                raise DecodeError("a data section holds no bytes")
            events.append(_event(sections(inner), fallback_key=key))
    if not events:
        raise DecodeError("a batch without events")
    return events


def _event(parts: list[Section], fallback_key: str | None) -> IncomingEvent:
    if not parts:
        raise DecodeError("a message without sections")
    header, body = b"", []
    key: str | None = None
    annotations: tuple[bytes, ...] = ()
    for section in parts:
        _check(section)
        if section.code == HEADER:
            header = section.raw
        elif section.code == MESSAGE_ANNOTATIONS:
            key, annotations = _annotations(section.value)
        elif section.code != DELIVERY_ANNOTATIONS:
            body.append(section.raw)
    if key is None and fallback_key is not None:
        key, annotations = fallback_key, (*annotations, _PARTITION_KEY, encode.string(fallback_key))
    return IncomingEvent(header, annotations, key, b"".join(body))


def _check(section: Section) -> None:
    """Refuse what would only break in a consumer; bodies are opaque, so theirs is left to the sender."""
    if section.code in _OPAQUE:
        return
    value, _ = decode.value_at(section.value)
    if not isinstance(value, list if section.code in (HEADER, PROPERTIES) else dict):
        raise DecodeError(f"section 0x{section.code:02x} has the wrong type")


def _annotations(encoded: bytes) -> tuple[str | None, tuple[bytes, ...]]:
    kept: list[bytes] = []
    partition_key = None
    for key, value in skip.pairs(encoded, 0):
        if key in _OURS:
            continue
        if key == _PARTITION_KEY:
            partition_key = _text(decode.value_at(value)[0])
        kept += (key, value)
    return partition_key, tuple(kept)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise DecodeError(f"{PARTITION_KEY} must be a string")
    return value


def with_delivery_annotations(annotations: bytes, payload: bytes) -> bytes:
    """Put an encoded delivery-annotations section where the standard wants it: after the header."""
    has_header = payload.startswith(bytes((0, 0x53, HEADER)))
    end = skip.end_of(payload, 0) if has_header else 0
    return payload[:end] + annotations + payload[end:]
