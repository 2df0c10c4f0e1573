"""Fields of requests: text as a page and its database can hold it, numbers as JSON writes them, contradictions.

What a check refuses, its JSON Schema refuses too, so that the OpenAPI document promises neither more nor less than
the API keeps (generation/openapi).
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl

_LARGEST_EXACT = 2**53 - 1  # RFC 7493, 2.2: what every reader of JSON keeps exactly
_LARGEST_INTEGER = 2**31 - 1  # PostgreSQL's integer
_DEEPEST = 32

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PRINTABLE = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]"
_VISIBLE = r"[^\s\x00-\x1f]"
# Of text that is stripped and must not be empty: beside minLength, which white space would satisfy.
NOT_BLANK = {"pattern": f"^{_PRINTABLE}*{_VISIBLE}{_PRINTABLE}*$"}
# Of text that may be written as a number too.
OR_NUMBER = {"type": ["string", "number"]}


def _printable(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        message = "control characters are not allowed"
        raise ValueError(message)
    return text


def _number(value: object) -> object:
    if isinstance(value, str | bool):
        message = "must be a number"
        raise ValueError(message)  # noqa: TRY004  pydantic makes a field issue of a ValueError alone
    return value


def _storable(value: Any, depth: int = 1) -> Any:
    problem = None
    if depth > _DEEPEST:
        problem = f"may be nested {_DEEPEST} deep"
    elif isinstance(value, str) and "\0" in value:
        problem = "text must not hold U+0000"
    elif isinstance(value, int | float) and not abs(value) <= _LARGEST_EXACT:
        problem = f"numbers go to {_LARGEST_EXACT}"
    if problem:
        raise ValueError(problem)
    parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for part in parts:
        _storable(part, depth + 1)
    return value


# PostgreSQL's jsonb refuses NUL, and no page needs control characters.
Text = Annotated[str, AfterValidator(_printable), Field(json_schema_extra={"pattern": f"^{_PRINTABLE}*$"})]
ShortText = Annotated[Text, Field(max_length=500)]
# Beside a field's type: a number in quotes is none. Without it pydantic would read it.
NUMBER = BeforeValidator(_number)
Version = Annotated[int, Field(ge=1, le=_LARGEST_INTEGER), NUMBER]
Flag = Annotated[bool, Field(strict=True)]
WebAddress = Annotated[
    HttpUrl, Field(max_length=2000, json_schema_extra={"pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"})
]

type JsonText = Annotated[str, Field(json_schema_extra={"pattern": r"^[^\x00]*$"})]
type JsonValue = (
    bool
    | Annotated[int, Field(ge=-_LARGEST_EXACT, le=_LARGEST_EXACT)]
    | Annotated[float, Field(ge=-_LARGEST_EXACT, le=_LARGEST_EXACT)]
    | JsonText
    | list[JsonValue]
    | dict[JsonText, JsonValue]
    | None
)
# Any JSON that PostgreSQL and every client can hold; checked as a whole first, because that gives one clear issue.
JsonObject = Annotated[dict[JsonText, JsonValue], BeforeValidator(_storable)]


def given(name: str) -> dict[str, Any]:
    """JSON Schema: this field is there, and not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def missing(*names: str) -> dict[str, Any]:
    """JSON Schema: these fields are not there, or null."""
    return {"properties": {name: {"type": "null"} for name in names}}


def exactly_one(*names: str) -> dict[str, Any]:
    """JSON Schema: one of these fields is given, the others are not."""
    return {"oneOf": [{"allOf": [given(name), missing(*sorted({*names} - {name}))]} for name in names]}


class FieldConflict(ValueError):  # noqa: N818  it becomes a FieldIssue per field, not an error of ours
    """Fields that contradict each other; each is named in the answer."""

    def __init__(self, fields: list[str], problem: str) -> None:
        super().__init__(f"{', '.join(fields)}: {problem}")
        self.fields = fields
        self.problem = problem
