from __future__ import annotations

from typing import Any

import pytest

from local.standins.chat_request import check_chat, endpoint_of
from local.standins.schema_rules import check_response_format, check_strict
from local.standins.wire import RefusedError
from tests.unit.standins.prompts import closed, request, text

GOOD = closed(title=text(), more={"anyOf": [text(), {"type": "null"}]})


def _deep(levels: int) -> dict[str, Any]:
    schema = closed(x=text())
    for _ in range(levels):
        schema = closed(x=schema)
    return schema


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (closed(a={"oneOf": [text()]}), "'oneOf' is not permitted"),
        (closed(a=text() | {"default": "x"}), "'default' is not permitted"),
        (
            {"type": "object", "properties": {"a": text()}, "additionalProperties": False},
            "'required' is required",
        ),
        (closed(a=text()) | {"required": []}, "Missing 'a'"),
        (closed(a=text()) | {"additionalProperties": True}, "'additionalProperties' is required"),
        (
            closed(a={"type": "object", "properties": {}, "required": []}),
            "'additionalProperties' is required",
        ),
        (closed(a={"type": "array"}), "array schema missing items"),
        (closed(a={}), "must have a 'type' key"),
        (closed(a={"$ref": "#/$defs/none"}), "was not found"),
        ({"anyOf": [closed(a=text())]}, "must be a JSON Schema of 'type: \"object\"'"),
        (_deep(12), "levels of nesting exceeds limit"),
    ],
)
def test_strict_mode_refuses_what_the_real_api_refuses(schema: dict[str, Any], said: str) -> None:
    """400 `Invalid schema for response_format`, saying what and where."""
    with pytest.raises(RefusedError, match="Invalid schema for response_format 'x'") as caught:
        check_strict("x", schema)
    assert said in caught.value.message
    assert caught.value.status == 400


def test_a_strict_schema_passes() -> None:
    """anyOf, null and local references are allowed."""
    check_strict("x", GOOD)
    check_strict("x", closed(a={"$ref": "#/$defs/b"}) | {"$defs": {"b": GOOD}})


def test_loose_schemas_are_not_checked() -> None:
    """Without `strict` anything goes."""
    check_response_format({"type": "json_schema", "json_schema": {"name": "x", "schema": {"oneOf": []}}})


@pytest.mark.parametrize(
    "response_format",
    [
        {"type": "yaml"},
        "json",
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {"schema": {}}},
        {"type": "json_schema", "json_schema": {"name": "두 단어", "schema": {}}},
        {"type": "json_schema", "json_schema": {"name": "x"}},
    ],
)
def test_unknown_response_formats_are_refused(response_format: Any) -> None:
    """400 with the parameter at fault."""
    with pytest.raises(RefusedError) as caught:
        check_response_format(response_format)
    assert str(caught.value.param).startswith("response_format")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, None),
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "boss", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0].content[0]"),
        ({"max_tokens": 100}, "max_tokens"),
        ({"temperature": 0.2}, "temperature"),
        ({"temperature": 3, "reasoning_effort": "none"}, "temperature"),
        ({"model": "gpt-4o-mini", "reasoning_effort": "none"}, "reasoning_effort"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"stream": True}, "stream"),
        (
            {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "x"}]},
            "messages",
        ),
    ],
)
def test_bad_chat_requests_are_refused(change: dict[str, Any], param: str | None) -> None:
    """Each with the parameter at fault."""
    with pytest.raises(RefusedError) as caught:
        check_chat(request("plan", {}, GOOD) | change)
    assert caught.value.param == param


def test_temperature_goes_with_no_reasoning() -> None:
    """gpt-6-luna takes a temperature once reasoning_effort is none; older models take max_tokens."""
    check_chat(request("plan", {}, GOOD) | {"reasoning_effort": "none", "temperature": 0.4})
    check_chat(request("plan", {}, GOOD) | {"model": "gpt-4o-mini", "max_tokens": 100})


@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("plan", "plan"),
        ("block_hero", "block"),
        ("vision", "vision"),
        ("planet", "chat"),
        ("translate_x", "translate"),
    ],
)
def test_endpoints_are_told_by_the_schema_name(name: str, endpoint: str) -> None:
    """The exact name or the name and an underscore; anything else is chat."""
    assert endpoint_of(request(name, {}, GOOD)) == endpoint


def test_hostile_bodies_are_chat() -> None:
    """Whatever the body is, there is an endpoint."""
    hostile: list[Any] = [
        None,
        [],
        "x",
        {"response_format": []},
        {"response_format": {"json_schema": {"name": 1}}},
    ]
    for body in hostile:
        assert endpoint_of(body) == "chat"
