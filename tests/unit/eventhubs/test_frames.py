"""Cutting a byte stream into frames."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.eventhubs import frames
from local.eventhubs.errors import AmqpConnectionError
from local.eventhubs.frames import Frame, FrameReader, ProtocolHeader

STREAM = (
    frames.protocol_header(frames.SASL_PROTOCOL)
    + frames.frame(0, b"sasl", kind=frames.SASL_FRAME)
    + frames.protocol_header(frames.AMQP_PROTOCOL)
    + frames.frame(7, b"one", b"two")
    + frames.EMPTY_FRAME
)
ITEMS = [
    ProtocolHeader(frames.SASL_PROTOCOL),
    Frame(frames.SASL_FRAME, 0, b"sasl"),
    ProtocolHeader(frames.AMQP_PROTOCOL),
    Frame(frames.AMQP_FRAME, 7, b"onetwo"),
    Frame(frames.AMQP_FRAME, 0, b""),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_frames_come_out_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    """The pieces a socket delivers do not matter."""
    reader = FrameReader(512)
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert [item for piece in pieces for item in reader.feed(piece)] == ITEMS


def test_an_extended_header_is_passed_over() -> None:
    """The data offset says where the body starts."""
    stretched = (16).to_bytes(4) + bytes((3, 0, 0, 5)) + b"xxxx" + b"body"
    assert list(FrameReader(512).feed(stretched)) == [Frame(0, 5, b"body")]


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        (7).to_bytes(4) + bytes(4),
        (513).to_bytes(4) + bytes((2, 0, 0, 0)),
        (9).to_bytes(4) + bytes((1, 0, 0, 0, 0)),
        (9).to_bytes(4) + bytes((3, 0, 0, 0, 0)),
        (9).to_bytes(4) + bytes((2, 9, 0, 0, 0)),
        b"AMQP\x00\x00\x09\x01",
        b"AMQP\x02\x01\x00\x00",
    ],
    ids=["HTTP", "size 7", "too large", "body in head", "body behind end", "type 9", "version 0.9.1", "TLS"],
)
def test_what_is_no_amqp_is_refused_at_once(junk: bytes) -> None:
    """A stream that cannot be trusted ends there."""
    with pytest.raises(AmqpConnectionError):
        list(FrameReader(512).feed(junk))
