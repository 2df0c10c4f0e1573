"""Reading and writing performatives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.eventhubs import decode, encode, performatives, replies
from local.eventhubs.encode import NULL, described, list_of, string, uint
from local.eventhubs.errors import NOT_FOUND, AmqpLinkError, DecodeError
from local.eventhubs.performatives import Begin, Transfer


def _fields(frame: bytes) -> list[Any]:
    value: decode.Described = decode.value_at(frame, 8)[0]
    fields: list[Any] = value.value
    return fields


def test_missing_trailing_fields_are_none() -> None:
    """A short list means nulls."""
    parsed, payload = performatives.parse(described(0x11, list_of([NULL, uint(1), uint(2), uint(3)])))
    assert parsed == Begin(None, 1, 2, 3, None, None, None, None)
    assert payload == b""


def test_a_transfer_keeps_its_payload() -> None:
    """What follows the list belongs to the message."""
    parsed, payload = performatives.parse(described(0x14, list_of([uint(1), uint(2)])) + b"message")
    assert isinstance(parsed, Transfer)
    assert (parsed.handle, parsed.delivery_id, payload) == (1, 2, b"message")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x40",
        described(0x10, list_of([])),
        described(0x10, list_of([uint(1)])),
        described(0x14, list_of([encode.int32(-1)])),
        described(0x14, list_of([encode.ulong(2**32)])),
        described(0x14, list_of([uint(1)] * 12)),
        described(0x14, uint(1)),
        described(0x30, list_of([])),
        encode.described_by("amqp:open:list", list_of([string("x")])),
    ],
    ids=[
        "empty",
        "null",
        "missing",
        "wrong type",
        "negative",
        "too wide",
        "too long",
        "no list",
        "unknown",
        "named",
    ],
)
def test_malformed_performatives_are_refused(body: bytes) -> None:
    """Fields are checked before anything looks at them."""
    with pytest.raises(DecodeError):
        performatives.parse(body)


@pytest.mark.parametrize(
    ("frame", "length"),
    [
        (replies.open_("c", 65536, 10, 1000), 10),
        (replies.begin(1, 5, 5), 8),
        (replies.attach(1, 1, "n", (NULL, NULL), receiving=True, max_message_size=5), 14),
        (replies.flow(1, (1, 2, 3, 4), None, drain=False), 11),
        (replies.delivery_frames(1, 1, 1, b"x", 512)[0], 11),
        (replies.disposition(1, 1, 1, replies.ACCEPTED), 6),
        (replies.detach(1, 1), 3),
        (replies.end(1), 1),
        (replies.close(), 1),
    ],
    ids=["open", "begin", "attach", "flow", "transfer", "disposition", "detach", "end", "close"],
)
def test_lists_have_their_full_length(frame: bytes, length: int) -> None:
    """The SDK reads fields by position, also those that are null."""
    assert len(_fields(frame)) == length
    assert int.from_bytes(frame[:4]) == len(frame)


def test_an_error_has_all_three_fields() -> None:
    """Condition, description and info are what the SDK unpacks."""
    error = _fields(replies.detach(1, 1, AmqpLinkError(NOT_FOUND, "gone")))[2]
    assert error == decode.Described(0x1D, [NOT_FOUND, "gone", None])


def test_termini_are_echoed_byte_for_byte() -> None:
    """Source and target of an attach are found without being decoded."""
    source = described(0x28, list_of([string("s")]))
    attach = described(0x12, list_of([string("n"), uint(1), encode.boolean(value=True), NULL, NULL, source]))
    assert performatives.attach_termini(attach) == (source, NULL)


@given(st.binary(max_size=3000), st.integers(512, 700))
def test_a_delivery_is_cut_to_the_clients_frames(payload: bytes, size: int) -> None:
    """No frame is too large, only the last says so, and together they are the message."""
    frames = replies.delivery_frames(3, 4, 5, payload, size)
    assert all(len(frame) <= size for frame in frames)
    parsed = [performatives.parse(frame[8:]) for frame in frames]
    assert b"".join(piece for _, piece in parsed) == payload
    transfers = [transfer for transfer, _ in parsed if isinstance(transfer, Transfer)]
    assert [transfer.more for transfer in transfers] == [True] * (len(frames) - 1) + [False]
    assert {(transfer.handle, transfer.delivery_id) for transfer in transfers} == {(4, 5)}
