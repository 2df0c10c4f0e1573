"""Whether a JSON value has the shape a strict schema asks for.

OpenAI guarantees it for strict schemas; compatible servers may not. Only structure is looked at (type, properties,
items, enum, const, anyOf, $ref: what strict schemas are made of); lengths and ranges are the domain's to judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def misfit(value: object, schema: Mapping[str, Any]) -> str | None:
    """Where `value` leaves `schema`, as a path such as `$.items[2].name`; None where it fits."""
    return _misfit(value, schema, schema, "$")


def _misfit(value: object, schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> str | None:
    if "$ref" in schema:
        return _misfit(value, _resolve(schema["$ref"], root), root, path)
    if "anyOf" in schema:
        fits = any(_misfit(value, choice, root, path) is None for choice in schema["anyOf"])
        return None if fits else path
    if not _allowed(value, schema):
        return path
    if isinstance(value, dict):
        return _misfit_object(value, schema, root, path)
    if isinstance(value, list) and "items" in schema:
        found = (_misfit(item, schema["items"], root, f"{path}[{n}]") for n, item in enumerate(value))
        return next((place for place in found if place), None)
    return None


def _misfit_object(
    value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> str | None:
    properties: Mapping[str, Any] = schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in value]
    extra = (
        [name for name in value if name not in properties]
        if schema.get("additionalProperties") is False
        else []
    )
    if missing or extra:
        return f"{path}.{(missing or extra)[0]}"
    found = (
        _misfit(value[name], inner, root, f"{path}.{name}")
        for name, inner in properties.items()
        if name in value
    )
    return next((place for place in found if place), None)


def _allowed(value: object, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    types = schema.get("type")
    if types is None:
        return True
    names: Sequence[str] = [types] if isinstance(types, str) else types
    return any(_is(value, name) for name in names)


def _is(value: object, name: str) -> bool:
    # bool is an int to Python, not to JSON Schema.
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#").split("/"):
        found = found[part] if part else found
    resolved: Mapping[str, Any] = found
    return resolved
