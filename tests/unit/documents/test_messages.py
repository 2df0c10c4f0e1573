"""Messages of producers: schema, aliases, older and newer versions."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # no type information published
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.documents.messages import (
    UPGRADES,
    DocumentMessage,
    is_task_message,
    message_schema,
    upgraded,
)
from generation.documents.requests import MAX_BYTES, Document
from shared.errors import MalformedError
from shared.messages import TaskMessage

PLAIN = {
    "schema_version": 1,
    "user_id": "s",
    "post_id": "1",
    "title": "제목",
    "content": "내용",
    "retry_count": 0,
}


def encoded(**changes: Any) -> bytes:
    """A message's body; None takes a field away."""
    body = {name: value for name, value in {**PLAIN, **changes}.items() if value is not None}
    return json.dumps(body).encode()


def test_a_message_is_read_and_written() -> None:
    """What is written is read again, and fits the published schema."""
    message = DocumentMessage.decode(encoded(kind="faq", version=7))
    assert DocumentMessage.decode(message.encode().encode()) == message
    jsonschema.validate(json.loads(message.encode()), message_schema())


def test_the_old_producer_is_understood() -> None:
    """postId, userId and retryCount, a number for an id, no schema_version, fields we do not know."""
    old = {
        "postId": 42,
        "userId": "s",
        "title": "제목",
        "content": "내용",
        "retryCount": 2,
        "createdAt": "2024-01-01",
    }
    message = DocumentMessage.decode(json.dumps(old).encode())
    assert (message.post_id, message.user_id, message.retry_count) == ("42", "s", 2)
    assert message.schema_version == 1


def test_the_next_schema_has_its_way_in() -> None:
    """A worker of version 2 takes messages of 0 and 1 through one step each."""

    def titled(message: dict[str, Any]) -> dict[str, Any]:
        return {**message, "schema_version": 2, "titles": [message.pop("title")]}

    upgrades = {**UPGRADES, 1: titled}
    for version in (None, 1):
        message = {
            name: value for name, value in {**PLAIN, "schema_version": version}.items() if value is not None
        }
        assert upgraded(message, upgrades, 2)["titles"] == ["제목"]
    newest = {"schema_version": 2, "titles": []}
    assert upgraded(newest, upgrades, 2) == newest


@pytest.mark.parametrize("version", [2, 99, -1, "1", True, 1.5])
def test_a_schema_we_do_not_know_is_refused(version: Any) -> None:
    """Never half-understood."""
    with pytest.raises(MalformedError) as caught:
        DocumentMessage.decode(encoded(schema_version=version))
    assert caught.value.code == "schema_unknown"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"user_id": None}, "user_id"),
        ({"post_id": None}, "post_id"),
        ({"post_id": "a/b"}, "post_id"),
        ({"post_id": ".."}, "post_id"),
        ({"title": "  "}, "title"),
        ({"content": ""}, "content"),
        ({"content": "nul\u0000"}, "content"),
        ({"kind": "other"}, "kind"),
        ({"retry_count": "many"}, "retry_count"),
        ({"version": 0}, "version"),
    ],
)
def test_each_wrong_field_is_named(changes: dict[str, Any], named: str) -> None:
    """The reason that is kept says what the producer must mend."""
    with pytest.raises(MalformedError, match=named):
        DocumentMessage.decode(encoded(**changes))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff\xfe", b'"text"', b'{"title": "\\ud800"}', b"[" * 10_000, b"null"]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """Whatever else lands in the queue."""
    with pytest.raises(MalformedError):
        DocumentMessage.decode(body)
    assert not is_task_message(body)


def test_ten_megabytes_are_refused_by_name() -> None:
    """Not truncated, not half embedded."""
    with pytest.raises(MalformedError) as caught:
        DocumentMessage.decode(encoded(content="가" * MAX_BYTES))
    assert caught.value.code == "document_too_large"


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """A message, or MalformedError; nothing else."""
    try:
        DocumentMessage.decode(body)
    except MalformedError:
        return


def test_our_own_messages_are_told_apart() -> None:
    """A task message is never read as a document."""
    own = TaskMessage(task_id="36d62e07-0c2c-4693-97eb-669dc0b0b990")
    assert is_task_message(own.encode().encode())
    assert not is_task_message(encoded())


def test_the_digest_is_of_what_is_embedded() -> None:
    """Model, kind, title, content; not the version."""

    def digest(model: str = "m", **changes: Any) -> str:
        return Document(**{"post_id": "1", "title": "제목", "content": "내용", **changes}).sha256(model)

    assert digest() == digest(post_id="2", version=3)
    changed = [digest("n"), digest(title="x"), digest(content="x"), digest(kind="faq")]
    assert len({digest(), *changed}) == 5


def test_the_page_for_producers_tells_the_truth() -> None:
    """docs/queues.md shows a message we read, and the schema as the code has it."""
    page = (Path(__file__).parents[3] / "docs/queues.md").read_text("utf-8")
    example, schema = (
        json.loads(body) for body in re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    )
    assert DocumentMessage.decode(json.dumps(example).encode()).post_id == "faq-17"
    assert schema == message_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(example, schema)
