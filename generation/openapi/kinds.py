"""JSON Schemas in words: a type with links to the schemas it names, and its limits."""

from __future__ import annotations

import json
from typing import Any

type Schema = dict[str, Any]
type Words = list[tuple[str, str | None]]
"""Pieces of text, each with the name of the schema it links to, or None."""

_FORMATS = {"date-time": "time", "uri": "http(s) address", "uuid": "UUID", "binary": "file"}


def name_of(reference: str) -> str:
    """`#/components/schemas/Page` -> `Page`."""
    return reference.rsplit("/", maxsplit=1)[-1]


def kind(schema: Schema) -> Words:
    """What values look like: `string`, `Task[]`, `"ko"`, `UUID | null`."""
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return [(name, name)]
    if options := schema.get("anyOf", schema.get("oneOf")):
        return _joined([kind(option) for option in options])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return [(" | ".join(json.dumps(value, ensure_ascii=False) for value in values), None)]
    if schema.get("type") == "array":
        return [*kind(schema.get("items", {})), ("[]", None)]
    if schema.get("type") == "object":
        return _object(schema)
    return [(_simple(schema), None)]


def limits(schema: Schema) -> str:
    """`1 to 200 characters`, `0 to 6, 3 by default`; empty where there are none."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    subject = {**schema, **options[0]} if len(options) == 1 else schema
    found = [
        text
        for low, high, unit in (
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
            ("minItems", "maxItems", " items"),
            ("minProperties", "maxProperties", " entries"),
        )
        if (text := _range(subject.get(low), subject.get(high), unit))
    ]
    if schema.get("default") not in (None, "", [], {}) and not isinstance(schema["default"], dict):
        found.append(f"{json.dumps(schema['default'], ensure_ascii=False)} by default")
    return ", ".join(found)


def _simple(schema: Schema) -> str:
    named = schema.get("type", "any")
    kinds = named if isinstance(named, list) else [named]
    return _FORMATS.get(schema.get("format", ""), " | ".join(kinds))


def _object(schema: Schema) -> Words:
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        return [("{name: ", None), *kind(values), ("}", None)]
    names = ", ".join(schema.get("properties", {}))
    return [(f"{{{names}}}" if names else "object", None)]


def _joined(options: list[Words]) -> Words:
    words: Words = []
    for option in options:
        if option[0][0] not in {text for text, _ in words}:
            words += [(" | ", None), *option] if words else option
    return words


def _range(low: float | None, high: float | None, unit: str) -> str:
    if high is None:
        return f"at least {low:,}{unit}" if low else ""
    return f"{low:,} to {high:,}{unit}" if low is not None else f"at most {high:,}{unit}"
