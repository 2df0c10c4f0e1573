"""Stepping over AMQP values without decoding them, so that what is passed on stays byte for byte as sent.

Source: OASIS AMQP 1.0 part 1, section 1.6.2: the upper half of a constructor byte says how wide the value is.
"""

from __future__ import annotations

import struct
from typing import Final

from local.eventhubs.errors import DecodeError

_FIXED_WIDTH: Final = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_SHORT_SIZED: Final = frozenset({0xA, 0xC, 0xE})
_WIDE_SIZED: Final = frozenset({0xB, 0xD, 0xF})
_MAX_DESCRIPTORS: Final = 16
_MAP_HEADS: Final = {0xC1: struct.Struct(">xBB"), 0xD1: struct.Struct(">xII")}
_LIST_HEADS: Final = {0xC0: struct.Struct(">xBB"), 0xD0: struct.Struct(">xII")}
_EMPTY_LIST: Final = b"\x45"


def end_of(buffer: bytes, position: int) -> int:
    """Give the position after the value at `position`.

    Raises:
        DecodeError: the value is cut short or starts with no known constructor.
    """
    try:
        end = _end_of(buffer, position)
    except (IndexError, struct.error) as exc:
        raise DecodeError("a value is cut short") from exc
    if end > len(buffer):
        raise DecodeError("a value is cut short")
    return end


def _end_of(buffer: bytes, position: int) -> int:
    code = buffer[position]
    descriptors = 0
    while code == 0:
        descriptors += 1
        if descriptors > _MAX_DESCRIPTORS:
            raise DecodeError("too many descriptors in a row")
        position = _width(buffer, position + 1)
        code = buffer[position]
    return _width(buffer, position)


def _width(buffer: bytes, position: int) -> int:
    """Step over one value that is not described."""
    kind = buffer[position] >> 4
    if kind in _FIXED_WIDTH:
        return position + 1 + _FIXED_WIDTH[kind]
    if kind in _SHORT_SIZED:
        return position + 2 + buffer[position + 1]
    if kind in _WIDE_SIZED:
        return position + 5 + int(struct.unpack_from(">I", buffer, position + 1)[0])
    raise DecodeError(f"0x{buffer[position]:02x} starts no value that can stand here")


def elements(buffer: bytes, position: int) -> list[bytes]:
    """Split the list at `position` into its encoded elements."""
    if buffer[position : position + 1] == _EMPTY_LIST:
        return []
    return _parts(buffer, position, _LIST_HEADS)


def pairs(buffer: bytes, position: int) -> list[tuple[bytes, bytes]]:
    """Split the map at `position` into its encoded keys and values."""
    parts = _parts(buffer, position, _MAP_HEADS)
    if len(parts) % 2:
        raise DecodeError("a map has a key without a value")
    return list(zip(parts[::2], parts[1::2], strict=True))


def _parts(buffer: bytes, position: int, heads: dict[int, struct.Struct]) -> list[bytes]:
    limit = end_of(buffer, position)
    head = heads.get(buffer[position])
    if head is None:
        raise DecodeError("a list or map is needed here")
    if position + head.size > limit:
        raise DecodeError("a list or map has no room for its count")
    count = head.unpack_from(buffer, position)[1]
    position += head.size
    parts = []
    for _ in range(count):
        end = end_of(buffer, position)
        parts.append(buffer[position:end])
        position = end
    if position != limit:
        raise DecodeError("a list or map differs from its stated size")
    return parts
