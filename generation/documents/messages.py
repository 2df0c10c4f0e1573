"""Documents that producers put into `embedding-requests` themselves (docs/queues.md).

A message of an older schema is brought to the newest step by step; one of a newer schema is refused, so that an old
worker never half-understands it: it waits in the poison table for the worker that does.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import AliasChoices, ConfigDict, Field, ValidationError

from generation.documents.requests import MAX_BYTES, Document, DocumentKind
from generation.fields import NUMBER, Text
from shared.errors import MalformedError

type Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

NEWEST = 1


def _named(message: dict[str, Any]) -> dict[str, Any]:
    """The first producers named no schema; the fields are those of version 1."""
    return {**message, "schema_version": 1}


# What brings a message of this schema version to the next.
UPGRADES: Mapping[int, Upgrade] = {0: _named}


class DocumentMessage(Document):
    """Version 1. Fields we do not know are left out: producers may add their own.

    Attributes:
        user_id: whose document it is: nobody else finds it.
        retry_count: how often the producer has sent it before; for the logs.
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="ignore")

    schema_version: Literal[1] = 1
    user_id: Annotated[
        Text, Field(min_length=1, max_length=256, validation_alias=AliasChoices("user_id", "userId"))
    ]
    retry_count: Annotated[
        int, Field(ge=0, le=1_000_000, validation_alias=AliasChoices("retry_count", "retryCount")), NUMBER
    ] = 0

    def encode(self) -> str:
        """The message's text."""
        return self.model_dump_json(exclude_none=True)

    def numbered(self, version: int) -> Self:
        """With `version`, where it names none: sent again later, it must not seem newer than it is."""
        return self if self.version is not None else self.model_copy(update={"version": version})

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a message's text. A field that is null is as if left out: Java's serializers write them so.

        Raises:
            MalformedError: `malformed`, `document_too_large`, `schema_unknown`; the message names the fields.
        """
        if len(body) > MAX_BYTES:
            raise MalformedError(f"{len(body):,} bytes; at most {MAX_BYTES:,}", code="document_too_large")
        given = {name: value for name, value in _json_object(body).items() if value is not None}
        message = upgraded(given, UPGRADES, NEWEST)
        try:
            return cls.model_validate(message)
        except ValidationError as error:
            problems = (f"{'.'.join(map(str, issue['loc']))}: {issue['msg']}" for issue in error.errors())
            raise MalformedError(f"not a document message: {'; '.join(problems)}"[:1000]) from error


def upgraded(message: dict[str, Any], upgrades: Mapping[int, Upgrade], newest: int) -> dict[str, Any]:
    """A message in the newest schema.

    Raises:
        MalformedError: `schema_unknown`: a newer one, or none that there ever was.
    """
    version = message.get("schema_version", 0)
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version <= newest:
        raise MalformedError(
            f"schema_version {version!r} is not known here, only up to {newest}", code="schema_unknown"
        )
    for step in range(version, newest):
        message = upgrades[step](message)
    return message


def is_task_message(body: bytes) -> bool:
    """Whether a body is one of ours (it names a task and no document), well-formed or not, not a producer's."""
    try:
        names = _json_object(body).keys()
    except MalformedError:
        return False
    return "task_id" in names and not names & {"post_id", "postId"}


def message_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of version 1, as docs/queues.md shows it."""
    schema = DocumentMessage.model_json_schema(by_alias=False)
    schema["properties"] = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in schema["properties"].items()
    }
    schema["properties"]["kind"] = {"enum": [kind.value for kind in DocumentKind], "default": "post"}
    dropped = {"$defs", "description"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **{key: value for key, value in schema.items() if key not in dropped},
    }


def _json_object(body: bytes) -> dict[str, Any]:
    """What a body holds; half a surrogate pair in escapes is no text, and NaN no number (RFC 8259)."""
    try:
        value = orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise MalformedError("not JSON") from error
    if not isinstance(value, dict):
        raise MalformedError("not a JSON object")
    return value
