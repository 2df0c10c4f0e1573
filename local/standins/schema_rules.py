"""What the real API refuses of a strict JSON schema.

Source: OpenAI, "Structured model outputs", section "Supported schemas": every object closed and every property
required, the root an object, no composition but anyOf, no defaults, at most 10 levels and 5,000 properties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from local.standins.wire import RefusedError

MAX_DEPTH = 10
MAX_PROPERTIES = 5000
MAX_ENUM_VALUES = 1000
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_PERMITTED = (
    "oneOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "unevaluatedProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "uniqueItems",
    "contains",
    "discriminator",
)

Path = tuple[str, ...]


def check_response_format(response_format: Any) -> None:
    """Check `response_format` as the chat endpoint does.

    Raises:
        RefusedError: 400 with the place in `param`.
    """
    if response_format is None:
        return
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind not in {"text", "json_object", "json_schema"}:
        raise RefusedError(
            f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
            param="response_format.type",
            code="invalid_value",
        )
    if kind == "json_schema":
        _check_json_schema(response_format.get("json_schema"))


def _check_json_schema(spec: Any) -> None:
    if not isinstance(spec, dict):
        raise _missing("response_format.json_schema")
    name = spec.get("name")
    if name is None:
        raise _missing("response_format.json_schema.name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise RefusedError(
            f"Invalid 'response_format.json_schema.name': expected a string that matches '^{_NAME.pattern}$'.",
            param="response_format.json_schema.name",
            code="invalid_value",
        )
    schema = spec.get("schema")
    if not isinstance(schema, dict):
        raise _missing("response_format.json_schema.schema")
    if spec.get("strict") is True:
        check_strict(name, schema)


def _missing(param: str) -> RefusedError:
    return RefusedError(
        f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
    )


def check_strict(name: str, schema: dict[str, Any]) -> None:
    """Refuse what strict mode does not take.

    Raises:
        RefusedError: 400 `Invalid schema for response_format`, saying where and why.
    """
    if schema.get("type") != "object":
        raise _invalid(name, (), "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.")
    properties = 0
    for path, depth, node in walk(schema):
        if depth > MAX_DEPTH:
            raise _invalid(name, path, f"{depth} levels of nesting exceeds limit of {MAX_DEPTH}.")
        properties += len(_mapping(node.get("properties")))
        _check_node(name, path, node, schema)
    if properties > MAX_PROPERTIES:
        raise _invalid(name, (), f"{properties} properties exceeds limit of {MAX_PROPERTIES}.")


def walk(schema: dict[str, Any]) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Every subschema with its path and its depth of objects, outermost first."""
    waiting: list[tuple[Path, int, Any]] = [((), 1, schema)]
    while waiting:
        path, depth, node = waiting.pop(0)
        if isinstance(node, dict):
            yield path, depth, node
            waiting += _children(path, depth, node)


def _children(path: Path, depth: int, node: dict[str, Any]) -> Iterator[tuple[Path, int, Any]]:
    deeper = depth + 1
    for key, child in _mapping(node.get("properties")).items():
        yield (*path, "properties", key), deeper, child
    for key in ("$defs", "definitions"):
        for name, child in _mapping(node.get(key)).items():
            yield (*path, key, name), 1, child
    if "items" in node:
        yield (*path, "items"), depth, node["items"]
    options = node.get("anyOf")
    for index, child in enumerate(options if isinstance(options, list) else ()):
        yield (*path, "anyOf", str(index)), depth, child


def _check_node(name: str, path: Path, node: dict[str, Any], root: dict[str, Any]) -> None:
    for keyword in _NOT_PERMITTED:
        if keyword in node:
            raise _invalid(name, path, f"'{keyword}' is not permitted.")
    if "$ref" in node:
        _check_ref(name, path, node, root)
        return
    if not {"type", "anyOf", "enum", "const"} & node.keys():
        raise _invalid(name, path, "schema must have a 'type' key.")
    if node.get("type") == "array" and not isinstance(node.get("items"), dict):
        raise _invalid(name, path, "array schema missing items.")
    values = node.get("enum")
    if isinstance(values, list) and len(values) > MAX_ENUM_VALUES:
        raise _invalid(name, path, f"enum exceeds limit of {MAX_ENUM_VALUES} values.")
    kinds = node.get("type")
    if kinds == "object" or (isinstance(kinds, list) and "object" in kinds) or "properties" in node:
        _check_object(name, path, node)


def _check_ref(name: str, path: Path, node: dict[str, Any], root: dict[str, Any]) -> None:
    if resolve(node["$ref"], root) is None:
        raise _invalid(name, path, f"reference to component '{node['$ref']}' which was not found.")
    if set(node) - {"$ref"}:
        extra = sorted(set(node) - {"$ref"})
        raise _invalid(name, path, f"$ref cannot have keywords {extra!r}.")


def resolve(ref: Any, root: dict[str, Any]) -> dict[str, Any] | None:
    """The subschema that a local `$ref` names (RFC 6901 inside the document), or None."""
    if not isinstance(ref, str) or not ref.startswith("#"):
        return None
    node: Any = root
    for part in ref[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None


def _check_object(name: str, path: Path, node: dict[str, Any]) -> None:
    if node.get("additionalProperties") is not False:
        raise _invalid(name, path, "'additionalProperties' is required to be supplied and to be false.")
    properties = _mapping(node.get("properties"))
    required = node.get("required")
    missing = [key for key in properties if key not in (required if isinstance(required, list) else [])]
    if missing:
        raise _invalid(
            name,
            path,
            "'required' is required to be supplied and to be an array including every key in properties. "
            f"Missing '{missing[0]}'.",
        )
    extra = [key for key in required or [] if key not in properties]
    if extra:
        raise _invalid(name, path, f"Extra required key '{extra[0]}' supplied.")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _invalid(name: str, path: Path, problem: str) -> RefusedError:
    place = "(" + ", ".join(f"'{part}'" for part in path) + ("," if len(path) == 1 else "") + ")"
    return RefusedError(
        f"Invalid schema for response_format '{name}': In context={place}, {problem}",
        param="response_format",
    )
