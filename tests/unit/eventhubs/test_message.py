"""Messages as they come in and go out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.eventhubs import decode, encode, message
from local.eventhubs.encode import described, list_of, map_of, string, symbol
from local.eventhubs.errors import DECODE_ERROR, NOT_IMPLEMENTED, MessageRejectedError
from local.eventhubs.message import BATCH_FORMAT, PLAIN_FORMAT, Position

HEADER = described(message.HEADER, list_of([encode.boolean(value=True)]))
BODY = described(message.DATA, encode.binary(b"body"))
PLACE = Position(sequence=7, offset=1234, enqueued_ms=1_700_000_000_000)


def _annotated(**annotations: bytes) -> bytes:
    pairs = ((symbol(name.replace("_", "-")), value) for name, value in annotations.items())
    return described(message.MESSAGE_ANNOTATIONS, map_of(pairs))


def _annotations_of(stamped: bytes) -> dict[Any, Any]:
    found = next(part for part in message.sections(stamped) if part.code == message.MESSAGE_ANNOTATIONS)
    value: dict[Any, Any] = decode.value_at(found.value)[0]
    return value


def test_an_event_is_stamped_with_its_place() -> None:
    """Consumers see sequence number, offset and time beside what the producer wrote."""
    sent = HEADER + _annotated(mine=string("kept"), x_opt_partition_key=string("가")) + BODY
    (event,) = message.unpack(PLAIN_FORMAT, sent)
    stamped = event.stamped(PLACE)
    assert event.partition_key == "가"
    assert stamped.startswith(HEADER)
    assert stamped.endswith(BODY)
    assert _annotations_of(stamped) == {
        "mine": "kept",
        "x-opt-partition-key": "가",
        "x-opt-sequence-number": 7,
        "x-opt-offset": "1234",
        "x-opt-enqueued-time": 1_700_000_000_000,
    }


def test_an_event_sent_on_gets_a_new_place() -> None:
    """The place it had in another hub is not believed."""
    sent = _annotated(x_opt_offset=string("99"), x_opt_sequence_number=encode.long(99)) + BODY
    (event,) = message.unpack(PLAIN_FORMAT, sent)
    assert _annotations_of(event.stamped(PLACE))["x-opt-sequence-number"] == PLACE.sequence


def test_a_batch_is_many_events_and_its_key_is_theirs() -> None:
    """Each data section is a message; one without a key takes the batch's."""
    keyed = _annotated(x_opt_partition_key=string("own")) + BODY
    batch = _annotated(x_opt_partition_key=string("batch")) + b"".join(
        described(message.DATA, encode.binary(inner)) for inner in (BODY, keyed)
    )
    events = message.unpack(BATCH_FORMAT, batch)
    assert [event.partition_key for event in events] == ["batch", "own"]
    assert _annotations_of(events[0].stamped(PLACE))["x-opt-partition-key"] == "batch"
    assert events[0].stamped(PLACE).endswith(BODY)


def test_sections_may_come_in_any_order() -> None:
    """The SDK puts delivery annotations last; they end at the broker."""
    properties = described(message.PROPERTIES, list_of([string("id")]))
    delivery = described(message.DELIVERY_ANNOTATIONS, map_of([]))
    (event,) = message.unpack(PLAIN_FORMAT, properties + BODY + delivery)
    assert event.body == properties + BODY


@pytest.mark.parametrize(
    ("message_format", "payload"),
    [
        (PLAIN_FORMAT, b""),
        (PLAIN_FORMAT, b"junk"),
        (PLAIN_FORMAT, BODY[:-1]),
        (PLAIN_FORMAT, described(0x99, list_of([]))),
        (PLAIN_FORMAT, described(message.PROPERTIES, map_of([]))),
        (PLAIN_FORMAT, described(message.APPLICATION_PROPERTIES, b"\xc1\x03\x02\xff\xff") + BODY),
        (PLAIN_FORMAT, described(message.MESSAGE_ANNOTATIONS, list_of([])) + BODY),
        (PLAIN_FORMAT, _annotated(x_opt_partition_key=encode.uint(1)) + BODY),
        (BATCH_FORMAT, HEADER),
        (BATCH_FORMAT, described(message.DATA, string("text"))),
        (BATCH_FORMAT, described(message.DATA, encode.binary(b"junk"))),
    ],
)
def test_malformed_messages_are_rejected(message_format: int, payload: bytes) -> None:
    """What would break a consumer does not get into the log."""
    with pytest.raises(MessageRejectedError) as caught:
        message.unpack(message_format, payload)
    assert caught.value.condition == DECODE_ERROR


def test_an_unknown_format_is_rejected() -> None:
    """Only plain messages and batches are known."""
    with pytest.raises(MessageRejectedError) as caught:
        message.unpack(1, BODY)
    assert caught.value.condition == NOT_IMPLEMENTED


@given(st.binary(max_size=200), st.sampled_from([PLAIN_FORMAT, BATCH_FORMAT]))
def test_junk_is_rejected_or_taken_but_never_breaks(junk: bytes, message_format: int) -> None:
    """Arbitrary bytes raise nothing but a rejection."""
    try:
        message.unpack(message_format, junk)
    except MessageRejectedError:
        return


def test_delivery_annotations_go_behind_the_header() -> None:
    """The standard's order of sections is kept."""
    section = described(message.DELIVERY_ANNOTATIONS, map_of([]))
    assert message.with_delivery_annotations(section, HEADER + BODY) == HEADER + section + BODY
    assert message.with_delivery_annotations(section, BODY) == section + BODY
