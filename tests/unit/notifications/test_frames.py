from __future__ import annotations

import json

import pytest
from httpx_sse import ServerSentEvent
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import given
from hypothesis import strategies as st

from notifications.relay.frames import HEARTBEAT, event_frame, reset_frame, retry_line, valid_type
from notifications.relay.incoming import decode
from shared.errors import MalformedError
from tests.unit.notifications.relay_support import event_body

NAUGHTY = [
    "", "\0", "\r", "\n", "\r\n\r\n", "data: x\n\nevent: evil\ndata: y\n\n", "id: 9\n", ":", " leading", "\t",
    "\u2028\u2029\u0085", "\ufeff", "\u202e", "한글 상세페이지 ₩1,000", "👩‍👩‍👧‍👦",
    "\ud7ff\ue000\uffff\U0010ffff", "</script>", "\\u0000 \\n",
    "'; drop table outbox; --", "\x1b[31m", "ﷺ" * 50, "NaN", '"\\"',
]  # fmt: skip


def parse(wire: bytes, cut: int = 0) -> list[ServerSentEvent]:
    """By httpx-sse, the bytes in two pieces."""
    lines, events, found = SSELineDecoder(), SSEDecoder(), list[ServerSentEvent]()
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in (wire[:cut], wire[cut:]):
        text = decoder.decode(piece)
        for line in lines.decode(text) if text else []:
            event = events.decode(line)
            if event is not None:
                found.append(event)
    return found


def framed(body: bytes, sequence: int = 7) -> bytes:
    event = decode(body)
    return event_frame("3", sequence, event.name, event.line)


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_arrives_identical(text: str) -> None:
    """Whatever a product's text holds, it is one event, with one id, and the same text."""
    body = event_body("u", 1, text=text, **{text: [text]})
    (event,) = parse(framed(body))
    assert (event.id, event.event) == ("3-7", "task.progress")
    assert event.json()["data"]["text"] == text
    assert event.json()["data"][text] == [text]


@given(
    st.dictionaries(st.text(), st.text() | st.integers() | st.none() | st.booleans()), st.integers(0, 4000)
)
def test_any_data_round_trips(data: dict[str, object], cut: int) -> None:
    """Any JSON data, cut anywhere between two reads, comes out the same."""
    body = event_body("u", 1, any=data)
    (event,) = parse(framed(body), cut)
    assert event.json()["data"]["any"] == data


# What the examples of the standard say their streams dispatch: (type, data).
STANDARD = [
    ("message", "This is the first message."), ("message", "This is the second message, it\nhas two lines."),
    ("message", "This is the third message."), ("add", "73857293"), ("remove", "2153"), ("add", "113411"),
    ("message", "YHOO\n+2\n10"), ("message", "first event"), ("message", "second event"), ("message", " third event"),
    ("message", ""), ("message", "\n"), ("message", "test"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data"), STANDARD)
def test_the_standards_examples_round_trip(kind: str, data: str) -> None:
    """WHATWG HTML, section 9.2: what its example streams dispatch, sent as our events, is dispatched again."""
    envelope = {**json.loads(event_body("u", 1, text=data)), "type": kind}
    (event,) = parse(framed(json.dumps(envelope).encode()))
    assert (event.event, event.json()["data"]["text"]) == (kind, data)


def test_foreign_white_space_is_taken_out() -> None:
    """Pretty-printed JSON of another publisher stays one line and means the same."""
    envelope = json.loads(event_body("u", 1, text="a\r\nb"))
    for body in (json.dumps(envelope, indent=2), json.dumps(envelope, indent=1).replace("\n", "\r")):
        wire = framed(body.encode())
        assert wire.count(b"\n") == 4
        assert b"\r" not in wire
        (event,) = parse(wire)
        assert event.json() == envelope


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\0", b"nonsense", b"[]", b"{}", b"null", b"1", b'"x"', b"\xff\xfe", b'{"userid":"u","id":"i"}',
        b'{"userid":1,"id":"i","type":"t"}', b'{"userid":"","id":"i","type":"t"}', b'{"userid":"u","id":1,"type":"t"}',
        b'{"userid":"u","id":"i","type":"reset"}', b'{"userid":"u","id":"i","type":"a\\nb"}',
        b'{"userid":"u","id":"i","type":""}', b'{"userid":"u","id":"i","type":"a b"}',
        b'{"userid":"u","id":"i","type":"t","data":"a\nb"}', b'{"userid":"u","id":"i","type":"t"}x',
        b'{"userid":"\\ud800","id":"i","type":"t"}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """Hostile or broken messages raise the one error the hub skips on."""
    with pytest.raises(MalformedError):
        decode(body)


@pytest.mark.parametrize("name", ["task.progress", "message", "a", "A-b_c.9", "x" * 64])
def test_words_are_types(name: str) -> None:
    """Types of ours, and later ones."""
    assert valid_type(name)


@pytest.mark.parametrize("name", ["", " ", "a\n", "a\r", "é", "x" * 65, ".a", "a:b"])
def test_other_text_is_no_type(name: str) -> None:
    """What could break a line, or is no word."""
    assert not valid_type(name)


@pytest.mark.parametrize("last_id", ["", "0-12"])
def test_reset_is_a_cloudevent_with_its_reason(last_id: str) -> None:
    """The reset tells why, and moves or clears the client's id."""
    (event,) = parse(b"id: 9-9\n" + reset_frame('u"\n1', "evicted", last_id))
    assert (event.event, event.id) == ("reset", last_id)
    assert event.json()["type"] == "reset"
    assert event.json()["data"] == {"reason": "evicted"}
    assert event.json()["userid"] == 'u"\n1'


def test_heartbeats_and_retry_make_no_events() -> None:
    """Between events they are invisible, even to parsers that emit on every blank line after an id."""
    frame = framed(event_body("u", 1))
    events = parse(
        HEARTBEAT + frame + HEARTBEAT + HEARTBEAT + retry_line(1500) + HEARTBEAT + frame + HEARTBEAT
    )
    assert len(events) == 2
    assert events[1].retry == 1500
