"""Queue messages and events: what is written is read back, and nonsense is a typed error."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import MalformedError
from shared.events import Event, EventType
from shared.messages import TaskMessage
from shared.telemetry.context import traceparent

SOME_ID = "1f0e8a52-6d5c-4f5e-9a43-0c1d2e3f4a5b"


def test_a_message_is_read_back() -> None:
    """Encode and decode are inverse, and a message is far below a storage message's 48 KiB."""
    message = TaskMessage(task_id=uuid4(), delivery=3, traceparent=traceparent())
    assert TaskMessage.decode(message.encode().encode()) == message
    assert len(message.encode()) < 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{}",
        b"\xff\xfe",
        b'{"task_id": 5}',
        b"[]",
        b"null",
        f'{{"task_id": "{SOME_ID}", "schema_version": 2}}'.encode(),
        f'{{"task_id": "{SOME_ID}", "extra": 1}}'.encode(),
        f'{{"task_id": "{SOME_ID}", "delivery": 0}}'.encode(),
    ],
)
def test_what_is_not_our_message_is_malformed(body: bytes) -> None:
    """Also a newer schema version: an old worker must not half-understand it."""
    with pytest.raises(MalformedError):
        TaskMessage.decode(body)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(data=st.dictionaries(st.text(st.characters(codec="utf-8")), JSON_VALUES, max_size=4))
def test_an_event_is_one_line_and_read_back(data: dict[str, object]) -> None:
    """Whatever a seller's data holds, the event is one line without NUL, and comes back identical."""
    moment = datetime(2026, 11, 20, 9, 30, 1, 250, tzinfo=UTC)
    event = Event(str(uuid4()), "seller", EventType.MESSAGE, None, moment, data)
    encoded = event.encode()
    assert not {b"\n", b"\r", b"\0"} & {bytes([byte]) for byte in encoded}
    assert Event.decode(encoded) == event


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"id": "x", "type": "task.unknown"}'])
def test_what_is_not_our_event_is_malformed(body: bytes) -> None:
    """A foreign message on the hub is a typed error, not a crash."""
    with pytest.raises(MalformedError):
        Event.decode(body)


@pytest.mark.parametrize(
    "given_context", [None, "", "00-zz-zz-01", "00-" + "0" * 32 + "-" + "1" * 16 + "-01"]
)
def test_a_bad_trace_context_is_replaced(given_context: str | None) -> None:
    """What is no W3C trace context starts a new trace."""
    made = traceparent(given_context)
    assert made != given_context
    assert traceparent(made) == made
