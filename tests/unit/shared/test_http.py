"""Requests and problem details, without a host."""

import json
from typing import Annotated
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, Field

from shared.errors import (
    ConflictError,
    FieldIssue,
    FieldsError,
    LimitedError,
    MalformedError,
    NotFoundError,
    PermanentError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
)
from shared.http import Call, Reply, listed, problem, validated


class Cup(BaseModel):
    name: Annotated[str, Field(max_length=5)]
    size: int


def call(body: bytes = b"{}", content_type: str = "application/json", **more: dict[str, str]) -> Call:
    values = {"params": {}, "query": {}, **more}
    return Call("POST", {"content-type": content_type}, values["params"], values["query"], body)


def body(answer: Reply) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(answer.body)
    return decoded


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a": Infinity}',
        b"nonsense",
        rb'{"\ud800": 1}',
        b'{"a": "\xed\xa0\x80"}',
        '{"name": "a", "size": 1}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_malformed(content: bytes) -> None:
    """Malformed JSON is 400, also where Python's parser is lax or runs out of stack."""
    with pytest.raises(MalformedError):
        call(content).model(Cup, 1_000_000)


def test_every_bad_field_is_named() -> None:
    """A missing and a wrong field are both in the answer, by path."""
    with pytest.raises(FieldsError) as caught:
        call(b'{"name": "too long a name"}').model(Cup, 1000)
    assert {issue.loc for issue in caught.value.issues} == {"name", "size"}


def _calm(text: str) -> str:
    if "!" in text:
        message = "must be calm"
        raise ValueError(message)
    return text


class Sign(BaseModel):
    text: Annotated[str, AfterValidator(_calm), Field(min_length=2, max_length=5)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a!", "must be calm"),
        ("a", "must have at least 2 characters"),
        ("abcdef", "must have at most 5 characters"),
    ],
)
def test_what_is_wrong_with_text_is_said_in_plain_words(text: str, words: str) -> None:
    """Our own checks speak for themselves, and characters are not called items."""
    with pytest.raises(FieldsError) as caught:
        validated(Sign, {"text": text})
    assert [issue.msg for issue in caught.value.issues] == [words]


class Shelf(BaseModel):
    key: UUID
    cups: Annotated[list[Cup], Field(min_length=1, max_length=2)]
    labels: dict[str, str]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], {"body": "must be an object"}),
        ({"key": "z"}, {"key": "must be a UUID"}),
        ({"key": 5}, {"key": "must be a UUID"}),
        ({"cups": []}, {"cups": "must have at least 1 items"}),
        ({"cups": [{"name": "a", "size": 1}] * 3}, {"cups": "must have at most 2 items"}),
        ({"cups": ["a"]}, {"cups.0": "must be an object"}),
        ({"labels": "a"}, {"labels": "must be an object"}),
    ],
    ids=str,
)
def test_kinds_are_said_in_words_of_json(value: object, words: dict[str, str]) -> None:
    """Neither Python's kinds nor the names of our classes are the client's business."""
    if isinstance(value, dict):
        value = {"key": str(UUID(int=1)), "cups": [{"name": "a", "size": 1}], "labels": {}} | value
    with pytest.raises(FieldsError) as caught:
        validated(Shelf, value)
    assert {issue.loc: issue.msg for issue in caught.value.issues} == words


def test_a_body_that_is_no_object_is_named_body() -> None:
    """A JSON array where an object belongs is a field error at `body`."""
    with pytest.raises(FieldsError) as caught:
        call(b"[]").model(Cup, 1000)
    assert [issue.loc for issue in caught.value.issues] == ["body"]


def test_the_body_is_limited() -> None:
    """One byte over the limit is 413; the limit itself is fine."""
    content = b'{"name": "a", "size": 1}'
    assert call(content).model(Cup, len(content)).size == 1
    with pytest.raises(TooLargeError):
        call(content).model(Cup, len(content) - 1)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_other_media_types_are_refused(content_type: str) -> None:
    """Only JSON is read as JSON."""
    with pytest.raises(UnsupportedError):
        call(content_type=content_type).model(Cup, 1000)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
def test_json_media_types_are_taken(content_type: str) -> None:
    """Parameters, letter case and +json suffixes do not matter."""
    assert call(b'{"name": "a", "size": 1}', content_type).model(Cup, 1000).name == "a"


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
def test_encoded_bodies_are_refused_by_name(encoding: str) -> None:
    """RFC 9110 section 8.4: a content coding we do not undo is 415, not "no JSON"; `identity` is none."""
    headers = {"content-type": "application/json", "content-encoding": encoding}
    content = b'{"name": "a", "size": 1}'
    with pytest.raises(UnsupportedError, match="Content-Encoding"):
        Call("POST", headers, {}, {}, content).model(Cup, 1000)
    plain = Call("POST", {**headers, "content-encoding": "Identity"}, {}, {}, content)
    assert plain.model(Cup, 1000).name == "a"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "9" * 50, "²"])
def test_limits_out_of_range_are_refused(limit: str) -> None:
    """`limit` is a whole number from 1 to 100."""
    with pytest.raises(FieldsError):
        call(query={"limit": limit}).page()


@pytest.mark.parametrize("cursor", ["x", "%%%", "bm90IGEgY3Vyc29y", "é", "a|b"])
def test_foreign_cursors_are_refused(cursor: str) -> None:
    """Only what a list gave is a cursor."""
    with pytest.raises(FieldsError):
        call(query={"cursor": cursor}).page()


def test_a_list_gives_a_cursor_that_leads_on() -> None:
    """next_cursor names the last item shown, and is absent at the end."""
    rows = [
        {"id": f"00000000-0000-0000-0000-00000000000{n}", "created_at": "2026-11-20T00:00:00.123456Z"}
        for n in range(3)
    ]
    answer = body(listed(rows, 2, "id"))
    assert answer["items"] == rows[:2]
    cursor = str(answer["next_cursor"])
    assert call(query={"cursor": cursor}).page() == (
        20,
        ("2026-11-20T00:00:00.123456Z", str(rows[1]["id"])),
    )
    assert body(listed(rows, 3, "id"))["next_cursor"] is None


@pytest.mark.parametrize("value", ["x", "", "..", "0" * 31])
def test_an_id_that_is_none_is_not_found(value: str) -> None:
    """A path that holds no UUID names nothing."""
    with pytest.raises(NotFoundError):
        call(params={"id": value}).uuid("id")


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (ConflictError("no"), 409, None),
        (UnauthenticatedError("no"), 401, None),
        (FieldsError([FieldIssue("a.b", "bad")]), 422, None),
        (LimitedError("slow", retry_after=12.4), 429, "12"),
        (UnavailableError("away", retry_after=2.0), 503, "2"),
        (UnavailableError("away"), 503, "2"),
        (PermanentError("bug"), 500, None),
    ],
)
def test_errors_are_problem_details(error: FieldsError, status: int, retry_after: str | None) -> None:
    """RFC 9457 members, the request's id, and Retry-After where waiting helps."""
    answer = problem(error, "r-1")
    told = body(answer)
    assert (answer.status, told["status"], told["request_id"]) == (status, status, "r-1")
    assert answer.content_type == "application/problem+json"
    assert answer.headers.get("Retry-After") == retry_after
    assert ("errors" in told) == isinstance(error, FieldsError)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
