"""The framing of a connection's byte stream: protocol headers and frames.

Source: OASIS AMQP 1.0 part 2, sections 2.2 and 2.3; part 5, section 5.3.1 for SASL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from local.eventhubs.errors import FRAMING_ERROR, AmqpConnectionError

AMQP_FRAME: Final = 0
SASL_FRAME: Final = 1
AMQP_PROTOCOL: Final = 0
SASL_PROTOCOL: Final = 3
MIN_MAX_FRAME_SIZE: Final = 512
EMPTY_FRAME: Final = b"\x00\x00\x00\x08\x02\x00\x00\x00"

_MAGIC: Final = b"AMQP"
_VERSION: Final = b"\x01\x00\x00"
_HEAD: Final = struct.Struct(">IBBH")
_DATA_OFFSET: Final = 2


class ProtocolHeader(NamedTuple):
    """The eight bytes that open a layer; `protocol` is AMQP_PROTOCOL or SASL_PROTOCOL."""

    protocol: int


class Frame(NamedTuple):
    """One frame; an empty body is a heartbeat."""

    kind: int
    channel: int
    body: bytes


def protocol_header(protocol: int) -> bytes:
    """Encode the header that opens a protocol layer, version 1.0.0."""
    return _MAGIC + bytes((protocol,)) + _VERSION


def frame(channel: int, *parts: bytes, kind: int = AMQP_FRAME) -> bytes:
    """Encode a frame whose body is all `parts` joined."""
    size = _HEAD.size + sum(map(len, parts))
    return b"".join((_HEAD.pack(size, _DATA_OFFSET, kind, channel), *parts))


class FrameReader:
    """Cuts a byte stream into headers and frames; holds at most one unfinished frame.

    Args:
        max_frame_size: bytes a frame may have, its eight-byte head included.
    """

    def __init__(self, max_frame_size: int) -> None:
        self._max_frame_size = max_frame_size
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[ProtocolHeader | Frame]:
        """Give what became whole with `data`, in order.

        Raises:
            AmqpConnectionError: the stream is not AMQP 1.0, or a frame is too large.
        """
        buffer = self._buffer + data if self._buffer else data
        position = 0
        try:
            while len(buffer) - position >= _HEAD.size:
                if buffer.startswith(_MAGIC, position):
                    yield self._header(buffer, position)
                    position += _HEAD.size
                    continue
                size = self._size(buffer, position)
                if len(buffer) - position < size:
                    break
                start, position = position, position + size
                yield self._frame(buffer, start, position)
        finally:
            self._buffer = buffer[position:]

    @staticmethod
    def _header(buffer: bytes, position: int) -> ProtocolHeader:
        protocol = buffer[position + 4]
        if buffer[position + 5 : position + 8] != _VERSION or protocol not in (AMQP_PROTOCOL, SASL_PROTOCOL):
            raise AmqpConnectionError(FRAMING_ERROR, "only AMQP 1.0.0 is spoken here, plain or with SASL")
        return ProtocolHeader(protocol)

    def _size(self, buffer: bytes, position: int) -> int:
        (size,) = struct.unpack_from(">I", buffer, position)
        if not _HEAD.size <= size <= self._max_frame_size:
            raise AmqpConnectionError(
                FRAMING_ERROR, f"a frame of {size} bytes; {self._max_frame_size} are allowed"
            )
        return int(size)

    @staticmethod
    def _frame(buffer: bytes, start: int, end: int) -> Frame:
        _, offset, kind, channel = _HEAD.unpack_from(buffer, start)
        body = start + 4 * offset
        if offset < _DATA_OFFSET or body > end:
            raise AmqpConnectionError(FRAMING_ERROR, "a frame whose body starts outside of it")
        if kind not in (AMQP_FRAME, SASL_FRAME):
            raise AmqpConnectionError(FRAMING_ERROR, f"frame type {kind} is unknown")
        return Frame(kind, channel, buffer[body:end])
