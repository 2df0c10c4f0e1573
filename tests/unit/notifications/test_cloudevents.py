"""What we send is a CloudEvent by the specification's own JSON schema, whatever an event holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # no type information published
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.relay.frames import reset_frame
from notifications.relay.incoming import decode
from shared.events import Event, EventType
from tests.unit.notifications.test_asyncapi import example

SCHEMA = json.loads((Path(__file__).parent / "cloudevents/cloudevents.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
# CloudEvents 1.0.2, "Naming conventions": lower-case letters and digits, at most 20 of them recommended.
NAMES = SCHEMA["properties"].keys() | {"userid", "traceparent"}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(
    Event,
    event_id=st.uuids().map(str),
    user_id=st.text(min_size=1),
    type=st.sampled_from([kind for kind in EventType if kind is not EventType.RESET]),
    task_id=st.none() | st.uuids().map(str),
    time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])),
    data=st.dictionaries(st.text(), VALUES, max_size=4),
)


def check(envelope: dict[str, Any]) -> None:
    """Valid by the schema, and with no attribute that neither the specification nor we know."""
    VALIDATOR.validate(envelope)
    assert envelope.keys() <= NAMES
    assert all(
        name.isascii() and name.isalnum() and name.islower() for name in envelope if name != "data_base64"
    )


# Nested values take long to draw on a busy machine.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENTS)
def test_every_event_is_a_cloudevent(event: Event) -> None:
    """Encoded, sent and read again by the relay, it is valid, and the line on the stream is the same JSON."""
    body = event.encode()
    check(json.loads(body))
    assert json.loads(decode(body).line) == json.loads(body)


@pytest.mark.parametrize("reason", ["evicted", "foreign", "malformed", "restarted"])
def test_a_reset_is_a_cloudevent(reason: str) -> None:
    """The relay's own event as well."""
    frame = reset_frame("u", reason, "0-1").decode()
    check(json.loads(frame.split("data: ", 1)[1]))


@pytest.mark.parametrize("kind", EventType)
def test_the_examples_are_cloudevents(kind: EventType) -> None:
    """Those of docs/events.md."""
    check(example(kind.value))


def test_times_are_rfc_3339() -> None:
    """In UTC, with the time zone said."""
    event = Event(
        "i",
        "u",
        EventType.MESSAGE,
        None,
        datetime(2026, 11, 20, 9, 0, tzinfo=timezone(timedelta(hours=9))),
        {},
    )
    assert event.to_cloudevent()["time"] == "2026-11-20T00:00:00.000000Z"


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_the_schema_refuses_what_is_none(missing: str) -> None:
    """What makes the other tests worth something: a required attribute less is seen."""
    envelope = example("message")
    del envelope[missing]
    with pytest.raises(jsonschema.ValidationError):
        check(envelope)
