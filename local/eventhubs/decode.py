"""Decoding of AMQP 1.0 values out of bytes nobody vouches for.

Source: OASIS AMQP 1.0 part 1, section 1.6. Integers of every width become int, timestamps int
(milliseconds), decimals their raw bytes, arrays and lists list. Depth, counts and sizes are checked, so a
value costs memory in proportion to its bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from local.eventhubs.errors import DecodeError

_MAX_DEPTH: Final = 16
# Elements of zero bytes (an array of nulls) would let five bytes claim four billion values.
_MAX_EMPTY_ELEMENTS: Final = 256

type _Decoder = Callable[[bytes, int, int], tuple[Any, int]]


class Symbol(str):
    """An AMQP symbol, told apart from a string."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value with its descriptor (a symbol or a number)."""

    descriptor: Any
    value: Any


def value_at(buffer: bytes, position: int = 0) -> tuple[Any, int]:
    """Decode the value that starts at `position`.

    Returns:
        The value and the position after it.

    Raises:
        DecodeError: the bytes are cut short, malformed or nested too deeply.
    """
    try:
        return _value(buffer, position, 0)
    except (IndexError, KeyError, ValueError, struct.error) as exc:
        raise DecodeError(f"no AMQP value at byte {position}") from exc


def _value(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
    return _BY_CODE[buffer[position]](buffer, position + 1, depth)


def _constant(value: object) -> _Decoder:
    return lambda _buffer, position, _depth: (value, position)


def _fixed(layout: str) -> _Decoder:
    packed = struct.Struct(layout)
    unpack_from, size = packed.unpack_from, packed.size

    def decode(buffer: bytes, position: int, _depth: int) -> tuple[Any, int]:
        return unpack_from(buffer, position)[0], position + size

    return decode


def _take(buffer: bytes, position: int, size: int) -> tuple[bytes, int]:
    end = position + size
    if end > len(buffer):
        raise DecodeError(f"a value of {size} bytes is cut short")
    return buffer[position:end], end


def _raw(size: int) -> _Decoder:
    return lambda buffer, position, _depth: _take(buffer, position, size)


def _uuid(buffer: bytes, position: int, _depth: int) -> tuple[UUID, int]:
    raw, end = _take(buffer, position, 16)
    return UUID(bytes=raw), end


def _char(buffer: bytes, position: int, _depth: int) -> tuple[str, int]:
    raw, end = _take(buffer, position, 4)
    return raw.decode("utf-32-be"), end


def _boolean(buffer: bytes, position: int, _depth: int) -> tuple[bool, int]:
    return {0: False, 1: True}[buffer[position]], position + 1


def _variable(wide: bool, convert: Callable[[bytes], Any]) -> _Decoder:
    length = struct.Struct(">I" if wide else ">B")

    def decode(buffer: bytes, position: int, _depth: int) -> tuple[Any, int]:
        (size,) = length.unpack_from(buffer, position)
        raw, end = _take(buffer, position + length.size, size)
        return convert(raw), end

    return decode


def _text(raw: bytes) -> str:
    return raw.decode()


def _symbol(raw: bytes) -> Symbol:
    return Symbol(raw.decode("ascii"))


def _compound(wide: bool, read: Callable[[bytes, int, int, int], tuple[Any, int]]) -> _Decoder:
    head = struct.Struct(">II" if wide else ">BB")

    def decode(buffer: bytes, position: int, depth: int) -> tuple[Any, int]:
        if depth >= _MAX_DEPTH:
            raise DecodeError(f"values nested deeper than {_MAX_DEPTH}")
        size, count = head.unpack_from(buffer, position)
        end = position + head.size // 2 + size
        if end > len(buffer):
            raise DecodeError("a list, map or array is cut short")
        value, after = read(buffer, position + head.size, count, depth + 1)
        if after != end:
            raise DecodeError("a list, map or array differs from its stated size")
        return value, end

    return decode


def _list(buffer: bytes, position: int, count: int, depth: int) -> tuple[list[Any], int]:
    values = []
    for _ in range(count):
        value, position = _value(buffer, position, depth)
        values.append(value)
    return values, position


def _map(buffer: bytes, position: int, count: int, depth: int) -> tuple[dict[Any, Any], int]:
    flat, end = _list(buffer, position, count, depth)
    if count % 2:
        raise DecodeError("a map has a key without a value")
    try:
        return dict(zip(flat[::2], flat[1::2], strict=True)), end
    except TypeError as exc:
        raise DecodeError("a list or map cannot be the key of a map") from exc


def _array(buffer: bytes, position: int, count: int, depth: int) -> tuple[list[Any], int]:
    descriptor = None
    described = buffer[position] == 0
    if described:
        descriptor, position = _value(buffer, position + 1, depth)
    decode, position = _BY_CODE[buffer[position]], position + 1
    if count > _MAX_EMPTY_ELEMENTS and count > len(buffer) - position:
        raise DecodeError("an array claims more elements than it has bytes")
    values = []
    for _ in range(count):
        value, position = decode(buffer, position, depth)
        values.append(Described(descriptor, value) if described else value)
    return values, position


def _described(buffer: bytes, position: int, depth: int) -> tuple[Described, int]:
    if depth >= _MAX_DEPTH:
        raise DecodeError(f"values nested deeper than {_MAX_DEPTH}")
    descriptor, position = _value(buffer, position, depth + 1)
    value, position = _value(buffer, position, depth + 1)
    return Described(descriptor, value), position


_BY_CODE: Final[dict[int, _Decoder]] = {
    0x00: _described,
    0x40: _constant(None),
    0x41: _constant(value=True),
    0x42: _constant(value=False),
    0x43: _constant(0),
    0x44: _constant(0),
    0x45: lambda _buffer, position, _depth: ([], position),
    0x56: _boolean,
    **{code: _fixed(">B") for code in (0x50, 0x52, 0x53)},
    **{code: _fixed(">b") for code in (0x51, 0x54, 0x55)},
    0x60: _fixed(">H"),
    0x61: _fixed(">h"),
    0x70: _fixed(">I"),
    0x71: _fixed(">i"),
    0x72: _fixed(">f"),
    0x73: _char,
    0x80: _fixed(">Q"),
    0x81: _fixed(">q"),
    0x82: _fixed(">d"),
    0x83: _fixed(">q"),
    0x74: _raw(4),
    0x84: _raw(8),
    0x94: _raw(16),
    0x98: _uuid,
    0xA0: _variable(wide=False, convert=bytes),
    0xB0: _variable(wide=True, convert=bytes),
    0xA1: _variable(wide=False, convert=_text),
    0xB1: _variable(wide=True, convert=_text),
    0xA3: _variable(wide=False, convert=_symbol),
    0xB3: _variable(wide=True, convert=_symbol),
    0xC0: _compound(wide=False, read=_list),
    0xD0: _compound(wide=True, read=_list),
    0xC1: _compound(wide=False, read=_map),
    0xD1: _compound(wide=True, read=_map),
    0xE0: _compound(wide=False, read=_array),
    0xF0: _compound(wide=True, read=_array),
}
