"""What the relay reads of an encoded message, beside what the SDK reads of the same bytes."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from azure.eventhub._pyamqp._decode import decode_payload

from local.eventhubs import encode
from notifications.relay.transfers import sections

HEADER = b"\x00Sp\xc0\x07\x05V\x01@@@@"


def marks(*pairs: tuple[str, bytes]) -> bytes:
    """A message-annotations section."""
    return encode.described(0x72, encode.map_of((encode.symbol(name), value) for name, value in pairs))


SEQUENCE = ("x-opt-sequence-number", encode.long(77))
TIME = ("x-opt-enqueued-time", encode.timestamp(1_790_000_000_123))
OTHERS = (("x-opt-offset", encode.string("4711")), ("x-opt-partition-key", encode.string("u\u00e9" * 40)))
PROPERTIES = encode.described(
    0x74, encode.map_of([(encode.string("traceparent"), encode.string("00-a-b-01"))])
)


def data(body: bytes) -> bytes:
    """A data section."""
    return encode.described(0x75, encode.binary(body))


@pytest.mark.parametrize(
    "payload",
    [
        marks(SEQUENCE, TIME) + data(b"{}"),
        HEADER + marks(SEQUENCE, *OTHERS, TIME) + PROPERTIES + data(b"x" * 300),
        marks(*OTHERS, TIME, SEQUENCE) + data(b"a") + data(b"b"),
        marks(TIME, ("x-opt-sequence-number", b"\x55\x07")) + data(b"{}"),
        marks(SEQUENCE, TIME, ("list", b"\xc0\x03\x01\x54\x05"), ("big", encode.string("y" * 300))),
        marks(SEQUENCE) + data(b"{}"),
    ],
)
def test_reads_what_the_sdk_reads(payload: bytes) -> None:
    """Positions, application properties and body are those that the SDK's own decoder finds."""
    found = sections(payload)
    whole: Any = decode_payload(memoryview(payload))
    assert found is not None
    assert found.message_annotations is not None
    for name in (b"x-opt-sequence-number", b"x-opt-enqueued-time"):
        assert found.message_annotations.get(name) == whole.message_annotations.get(name)
    assert found.application_properties == whole.application_properties
    assert b"".join(found.data or ()) == b"".join(whole.data or ())


def test_a_value_that_looks_like_a_position_is_none() -> None:
    """Bytes inside a partition key are never taken for the sequence number."""
    fake = encode.symbol("x-opt-sequence-number") + encode.long(1)
    payload = marks(("x-opt-partition-key", b"\xa1" + bytes((len(fake),)) + fake), SEQUENCE, TIME)
    found = sections(payload + data(b"{}"))
    assert found is not None
    assert found.message_annotations is not None
    assert found.message_annotations[b"x-opt-sequence-number"] == 77


@pytest.mark.parametrize(
    "payload",
    [b"\x00", b"\x00\x53\x75", b"\x00\x53\x75\xb0\xff\xff\xff\xff", b"\x00\x80", b"\x01\x53\x75\xa0\x00"],
)
def test_what_is_not_laid_out_as_usual_is_left_to_the_sdk(payload: bytes) -> None:
    """Such a message is not read here."""
    assert sections(payload) is None


def test_damaged_messages_end() -> None:
    """Whatever is changed or cut off, reading ends with parts, with None, or with an error of the SDK's decoder."""
    whole = HEADER + marks(SEQUENCE, *OTHERS, TIME) + PROPERTIES + data(b"{}")
    draw = random.Random(5)
    for _ in range(2000):
        damaged = bytearray(whole[: draw.randrange(len(whole) + 1)])
        for _ in range(draw.randrange(4)):
            if damaged:
                damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        with contextlib.suppress(Exception):  # whatever the SDK raises, the reader makes ours
            sections(bytes(damaged))
