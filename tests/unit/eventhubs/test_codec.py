"""Encoding, decoding and stepping over AMQP values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.eventhubs import decode, encode, skip
from local.eventhubs.errors import DecodeError

type Pair = tuple[bytes, Any]


def _numbers(encoder: Any, low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.integers(low, high).map(lambda value: (encoder(value), value))


ASCII = st.text(st.characters(max_codepoint=127))
SCALARS: st.SearchStrategy[Pair] = st.one_of(
    st.just((encode.NULL, None)),
    st.booleans().map(lambda value: (encode.boolean(value), value)),
    _numbers(encode.ubyte, 0, 2**8 - 1),
    _numbers(encode.ushort, 0, 2**16 - 1),
    _numbers(encode.uint, 0, 2**32 - 1),
    _numbers(encode.ulong, 0, 2**64 - 1),
    _numbers(encode.int32, -(2**31), 2**31 - 1),
    _numbers(encode.long, -(2**63), 2**63 - 1),
    _numbers(encode.timestamp, -(2**63), 2**63 - 1),
    st.floats(allow_nan=False).map(lambda value: (encode.double(value), value)),
    st.uuids().map(lambda value: (encode.uuid(value), value)),
    st.binary(max_size=600).map(lambda value: (encode.binary(value), value)),
    st.text(max_size=300).map(lambda value: (encode.string(value), value)),
    ASCII.map(lambda value: (encode.symbol(value), value)),
    st.lists(ASCII).map(lambda values: (encode.symbol_array(values), values)),
    st.lists(st.text()).map(lambda values: (encode.string_array(values), values)),
)


def _compounds(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def listed(items: list[Pair]) -> Pair:
        return encode.list_of([item[0] for item in items]), [item[1] for item in items]

    def mapped(items: dict[str, Pair]) -> Pair:
        encoded = encode.map_of((encode.string(key), value[0]) for key, value in items.items())
        return encoded, {key: value[1] for key, value in items.items()}

    def described(item: tuple[int, Pair]) -> Pair:
        code, (encoded, value) = item
        return encode.described(code, encoded), decode.Described(code, value)

    return st.one_of(
        st.lists(inner, max_size=6).map(listed),
        st.dictionaries(st.text(max_size=5), inner, max_size=4).map(mapped),
        st.tuples(st.integers(0, 255), inner).map(described),
    )


VALUES = st.recursive(SCALARS, _compounds, max_leaves=12)


@given(VALUES)
def test_what_is_encoded_decodes_to_the_same(pair: Pair) -> None:
    """Every value comes back, and its end is found."""
    encoded, value = pair
    assert decode.value_at(encoded + b"rest") == (value, len(encoded))


@given(VALUES)
def test_stepping_over_a_value_finds_the_end_decoding_finds(pair: Pair) -> None:
    """Skipping and decoding agree on how long a value is."""
    assert skip.end_of(pair[0] + b"rest", 0) == len(pair[0])


@given(VALUES, st.data())
def test_a_value_cut_short_is_refused(pair: Pair, data: st.DataObject) -> None:
    """No prefix of a value passes for one."""
    encoded, _ = pair
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    with pytest.raises(DecodeError):
        decode.value_at(cut)
    with pytest.raises(DecodeError):
        skip.end_of(cut, 0)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_decode_or_are_refused(junk: bytes) -> None:
    """Nothing but a DecodeError comes out of junk, from any of the readers."""
    for read in (decode.value_at, skip.end_of, skip.elements, skip.pairs):
        try:
            read(junk, 0)
        except DecodeError:
            continue


def test_symbols_are_told_apart_from_strings() -> None:
    """A symbol equals its text but has its own type."""
    assert isinstance(decode.value_at(encode.symbol("x"))[0], decode.Symbol)
    assert not isinstance(decode.value_at(encode.string("x"))[0], decode.Symbol)


def test_values_the_broker_never_sends_are_read_as_well() -> None:
    """Small and rare forms decode: zero, float, char, byte-wide boolean, decimals as bytes."""
    assert decode.value_at(b"\x43") == (0, 1)
    assert decode.value_at(b"\x45") == ([], 1)
    assert decode.value_at(b"\x56\x01") == (True, 2)
    assert decode.value_at(b"\x73\x00\x00\xac\x00") == ("가", 5)
    assert decode.value_at(b"\x84" + bytes(8)) == (bytes(8), 9)
    assert math.isclose(decode.value_at(b"\x72\x3f\x80\x00\x00")[0], 1.0)


@pytest.mark.parametrize(
    "hostile",
    [
        b"\xc0\x01\x01" * 17 + b"\x40",
        b"\x00" * 40,
        b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40",
        b"\xd0\x00\x00\x00\x04\xff\xff\xff\xff",
        b"\xc1\x02\x01\x40",
        b"\xc1\x03\x02\x45\x40",
        b"\xa1\x02\xff\xfe",
        b"\xa3\x01\x80",
        b"\xb0\xff\xff\xff\xff",
        b"\xc0\x05\x01\x40",
        b"\xff",
        b"\x56\x02",
        b"",
    ],
    ids=[
        "nested too deeply",
        "descriptors without end",
        "array of four billion nulls",
        "list of four billion",
        "map with half a pair",
        "list as key",
        "not UTF-8",
        "symbol beyond ASCII",
        "four gigabytes announced",
        "wrong size",
        "unknown constructor",
        "boolean of 2",
        "nothing",
    ],
)
def test_hostile_values_are_refused(hostile: bytes) -> None:
    """A value that lies about itself costs nothing and is refused."""
    with pytest.raises(DecodeError):
        decode.value_at(hostile)


def test_a_list_and_a_map_split_into_encoded_parts() -> None:
    """Parts come out byte for byte."""
    items = [encode.string("x" * 300), encode.uint(7), encode.NULL]
    assert skip.elements(encode.list_of(items), 0) == items
    assert skip.elements(encode.list_of([]), 0) == []
    assert skip.pairs(encode.map_of([(items[0], items[1])]), 0) == [(items[0], items[1])]


def test_what_is_neither_list_nor_map_does_not_split() -> None:
    """Splitting needs the right kind of value."""
    with pytest.raises(DecodeError):
        skip.elements(encode.uint(1), 0)
    with pytest.raises(DecodeError):
        skip.pairs(encode.list_of([encode.NULL]), 0)
