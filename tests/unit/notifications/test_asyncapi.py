"""docs/asyncapi.yaml describes the events that there are: valid AsyncAPI, and one with the code and docs/events.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # no type information published
import pytest
import yaml
from pydantic import BaseModel

from generation.openapi import answers
from generation.tasks.model import TaskKind
from notifications.relay.site import STREAM_PREFIX
from shared.events import EventType

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs/asyncapi.yaml").read_text("utf-8"))
PAGE = (ROOT / "docs/events.md").read_text("utf-8")
MESSAGES: dict[str, dict[str, Any]] = {
    message["name"]: message for message in DOCUMENT["components"]["messages"].values()
}
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
MODELS: tuple[type[BaseModel], ...] = (
    answers.PageResult,
    answers.BlockResult,
    answers.ImageResult,
    answers.DocumentResult,
    answers.TaskWarning,
    answers.Explanation,
)


def payload_schema(kind: str) -> dict[str, Any]:
    """What the document says of an event's payload, with everything it refers to."""
    return {**MESSAGES[kind]["payload"], "components": DOCUMENT["components"]}


def check(event: dict[str, Any]) -> None:
    """Validate an event against the payload of its type."""
    jsonschema.Draft7Validator(
        payload_schema(event["type"]), format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER
    ).validate(event)


def example(kind: str) -> dict[str, Any]:
    """The type's example on the page."""
    found = re.search(rf"^### {re.escape(kind)}\n.*?```json\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, kind
    event: dict[str, Any] = json.loads(found[1])
    return event


def data_schema(kind: str) -> dict[str, Any]:
    """The schema of a type's `data`."""
    schema: dict[str, Any] = MESSAGES[kind]["payload"]["allOf"][1]["properties"]["data"]
    return schema


def test_it_is_valid_asyncapi() -> None:
    """AsyncAPI's own JSON schema of the version that the document names accepts it."""
    version = DOCUMENT["asyncapi"]
    path = ROOT / f"local/node_modules/@asyncapi/specs/schemas/{version}-without-$id.json"
    jsonschema.Draft7Validator(json.loads(path.read_text("utf-8"))).validate(DOCUMENT)


def test_it_has_every_type_and_no_other() -> None:
    """Messages, channel and operation list the types of shared/events.py."""
    assert set(MESSAGES) == {kind.value for kind in EventType}
    names = set(DOCUMENT["components"]["messages"])
    assert set(DOCUMENT["channels"]["stream"]["messages"]) == names
    listed = {entry["$ref"].rpartition("/")[2] for entry in DOCUMENT["operations"]["stream"]["messages"]}
    assert listed == names


@pytest.mark.parametrize("kind", EventType)
def test_examples_are_the_pages_and_fit(kind: EventType) -> None:
    """Each type shows the example of docs/events.md, which its payload schema accepts."""
    (shown,) = MESSAGES[kind.value]["examples"]
    assert shown["payload"] == example(kind.value)
    check(shown["payload"])


@pytest.mark.parametrize("kind", EventType)
def test_what_does_not_fit_is_refused(kind: EventType) -> None:
    """An event without a field of its data, or of another type, is none: the schemas say something."""
    event = example(kind.value)
    for name in event["data"]:
        with pytest.raises(jsonschema.ValidationError):
            check({**event, "data": {key: item for key, item in event["data"].items() if key != name}})
    with pytest.raises(jsonschema.ValidationError):
        check({key: item for key, item in event.items() if key != "userid"})


@pytest.mark.parametrize("model", MODELS)
def test_results_are_the_apis(model: type[BaseModel]) -> None:
    """A result, warning or error has the fields that the task has in the API."""
    schema = SCHEMAS[model.__name__]
    assert set(schema["properties"]) == set(model.model_fields)
    assert set(schema["required"]) == {
        name for name, field in model.model_fields.items() if field.is_required()
    }


def test_words_are_the_codes() -> None:
    """Kinds of tasks, reasons of a reset, and the stream's address are those in use."""
    assert data_schema("task.queued")["properties"]["kind"]["enum"] == [kind.value for kind in TaskKind]
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "notifications/relay").glob("*.py"))
    reasons = data_schema("reset")["properties"]["reason"]["enum"]
    assert reasons == re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE)
    assert all(f'"{reason}"' in sources for reason in reasons)
    assert DOCUMENT["channels"]["stream"]["address"] == f"{STREAM_PREFIX}{{user_id}}"
