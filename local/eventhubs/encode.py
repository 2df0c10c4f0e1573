"""Encoding of AMQP 1.0 values: each function gives one whole value, constructor byte included.

Source: OASIS AMQP 1.0 part 1, section 1.6. Compound values are built from already encoded parts, so the
wire type is always chosen by the caller and never guessed from a Python type.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

NULL: Final = b"\x40"
_TRUE: Final = b"\x41"
_FALSE: Final = b"\x42"
_BYTE_LIMIT: Final = 256
_DESCRIBED_ULONG: Final = b"\x00\x53"

_UINT = struct.Struct(">BI")
_LONG = struct.Struct(">Bq")
_ULONG = struct.Struct(">BQ")
_SHORT_COMPOUND = struct.Struct(">BBB")
_COMPOUND = struct.Struct(">BII")


def boolean(value: bool) -> bytes:
    """Encode true or false in one byte."""
    return _TRUE if value else _FALSE


def ubyte(value: int) -> bytes:
    """Encode 0 <= value < 2**8."""
    return bytes((0x50, value))


def ushort(value: int) -> bytes:
    """Encode 0 <= value < 2**16."""
    return struct.pack(">BH", 0x60, value)


def uint(value: int) -> bytes:
    """Encode 0 <= value < 2**32."""
    return bytes((0x52, value)) if value < _BYTE_LIMIT else _UINT.pack(0x70, value)


def ulong(value: int) -> bytes:
    """Encode 0 <= value < 2**64."""
    return bytes((0x53, value)) if value < _BYTE_LIMIT else _ULONG.pack(0x80, value)


def int32(value: int) -> bytes:
    """Encode a signed 32-bit `int`."""
    return struct.pack(">Bi", 0x71, value)


def long(value: int) -> bytes:
    """Encode a signed 64-bit `long`."""
    return _LONG.pack(0x81, value)


def double(value: float) -> bytes:
    """Encode an IEEE 754 binary64."""
    return struct.pack(">Bd", 0x82, value)


def timestamp(milliseconds: int) -> bytes:
    """Encode milliseconds since the Unix epoch."""
    return _LONG.pack(0x83, milliseconds)


def uuid(value: UUID) -> bytes:
    """Encode a UUID in its 16 bytes."""
    return b"\x98" + value.bytes


def _sized(short: int, wide: int, content: bytes) -> bytes:
    size = len(content)
    if size < _BYTE_LIMIT:
        return bytes((short, size)) + content
    return _UINT.pack(wide, size) + content


def binary(value: bytes) -> bytes:
    """Encode opaque bytes."""
    return _sized(0xA0, 0xB0, value)


def string(value: str) -> bytes:
    """Encode text as UTF-8."""
    return _sized(0xA1, 0xB1, value.encode())


def symbol(value: str) -> bytes:
    """Encode a symbol; raises UnicodeEncodeError unless it is ASCII."""
    return _sized(0xA3, 0xB3, value.encode("ascii"))


def _compound(short: int, wide: int, count: int, content: bytes) -> bytes:
    if len(content) + 1 < _BYTE_LIMIT and count < _BYTE_LIMIT:
        return _SHORT_COMPOUND.pack(short, len(content) + 1, count) + content
    return _COMPOUND.pack(wide, len(content) + 4, count) + content


def list_of(items: Sequence[bytes]) -> bytes:
    """Encode a list of encoded values."""
    return _compound(0xC0, 0xD0, len(items), b"".join(items)) if items else b"\x45"


def map_of(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Encode a map of encoded keys and values, in the order given."""
    flat = [part for pair in pairs for part in pair]
    return _compound(0xC1, 0xD1, len(flat), b"".join(flat))


def _array(constructor: int, items: Sequence[bytes]) -> bytes:
    elements = b"".join(struct.pack(">I", len(item)) + item for item in items)
    return _compound(0xE0, 0xF0, len(items), bytes((constructor,)) + elements)


def symbol_array(values: Sequence[str]) -> bytes:
    """Encode an array of symbols."""
    return _array(0xB3, [value.encode("ascii") for value in values])


def string_array(values: Sequence[str]) -> bytes:
    """Encode an array of strings."""
    return _array(0xB1, [value.encode() for value in values])


def described(code: int, value: bytes) -> bytes:
    """Put a numeric descriptor below 256 before an encoded value."""
    return _DESCRIBED_ULONG + bytes((code,)) + value


def described_by(name: str, value: bytes) -> bytes:
    """Put a symbolic descriptor before an encoded value."""
    return b"\x00" + symbol(name) + value


def optional[T](encoder: Callable[[T], bytes], value: T | None) -> bytes:
    """Encode a value, or null where there is none."""
    return NULL if value is None else encoder(value)
