"""The OpenAPI document as its page shows it: groups of operations, each with what a reader needs, and the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generation.openapi.kinds import Schema, kind, limits, name_of

type View = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")


def outline(spec: Mapping[str, Any]) -> View:
    """`{info, groups: [{name, text, operations}], schemas: [{name, text, rows}]}`."""
    operations = list(_operations(spec))
    return {
        "info": spec["info"],
        "groups": [
            {
                "name": tag["name"],
                "text": tag["description"],
                "operations": [view for view in operations if view["tag"] == tag["name"]],
            }
            for tag in spec["tags"]
        ],
        "schemas": [
            {"name": name, "text": schema.get("description", ""), "kind": kind(schema), "rows": rows(schema)}
            for name, schema in sorted(spec["components"]["schemas"].items())
        ],
    }


def rows(schema: Schema) -> list[View]:
    """One row per property: name, type, whether it is required, limits and description."""
    required = set(schema.get("required", []))
    return [
        {"name": name, "kind": kind(one), "required": name in required, **_described(one)}
        for name, one in schema.get("properties", {}).items()
    ]


def _described(schema: Schema) -> View:
    return {"limits": limits(schema), "text": schema.get("description", "")}


def _resolved(spec: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """A component, where `value` is a reference to one."""
    if "$ref" not in value:
        return value
    found: Any = spec
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _operations(spec: Mapping[str, Any]) -> Iterator[View]:
    for path, item in spec["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(spec, path, method, item)


def _operation(spec: Mapping[str, Any], path: str, method: str, item: dict[str, Any]) -> View:
    told = item[method]
    parameters = [_resolved(spec, one) for one in [*item.get("parameters", []), *told.get("parameters", [])]]
    bodies = [
        _body(spec, media_type, media)
        for media_type, media in told.get("requestBody", {}).get("content", {}).items()
    ]
    answers = [
        _answer(spec, status, answer)
        for status, answer in sorted(told["responses"].items(), key=lambda pair: pair[0])
    ]
    public = told.get("security") == []
    return {
        "id": told["operationId"],
        "tag": told["tags"][0],
        "method": method.upper(),
        "path": path,
        "summary": told["summary"],
        "text": told.get("description", ""),
        "public": public,
        "parameters": [
            {**one, "kind": kind(one["schema"]), "limits": limits(one["schema"])} for one in parameters
        ],
        "optional": not told.get("requestBody", {}).get("required", True),
        "bodies": bodies,
        "answers": [answer for answer in answers if not answer["problem"]],
        "problems": [answer for answer in answers if answer["problem"]],
        "curl": _curl(path, method, parameters, bodies, public=public),
    }


def _body(spec: Mapping[str, Any], media_type: str, media: Mapping[str, Any]) -> View:
    schema = _resolved(spec, media["schema"])
    examples = [
        {"name": example["summary"], "value": _json(example["value"])}
        for example in media.get("examples", {}).values()
    ]
    return {
        "media_type": media_type,
        "name": name_of(media["schema"]["$ref"]) if "$ref" in media["schema"] else None,
        "rows": rows(schema),
        "examples": examples,
    }


def _answer(spec: Mapping[str, Any], status: str, answer: dict[str, Any]) -> View:
    told = _resolved(spec, answer)
    content: dict[str, dict[str, Any]] = told.get("content", {})
    media_type = next(iter(content), "")
    media = content.get(media_type, {})
    schema = media.get("schema", {})
    return {
        "status": status,
        "text": told["description"],
        "problem": media_type == "application/problem+json",
        "media_type": media_type,
        "kind": kind(schema) if "$ref" in schema else [],
        "headers": [name for name in told.get("headers", {}) if name != "X-Request-Id"],
        "example": _json(media["example"]) if "example" in media else "",
    }


def _curl(
    path: str, method: str, parameters: list[dict[str, Any]], bodies: list[View], *, public: bool
) -> str:
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", one["example"])
    verb = "" if method == "get" else f" -X {method.upper()}"
    parts = [f'curl{verb} "$API{path}"']
    parts += [
        f"-G --data-urlencode '{one['name']}={one['example']}'"
        for one in parameters
        if one["in"] == "query" and one.get("required")
    ]
    parts += [] if public else ['-H "Authorization: Bearer $TOKEN"']
    if any(body["media_type"] == "multipart/form-data" for body in bodies):
        parts.append("-F file=@photo.jpg")
    elif bodies:
        example = bodies[0]["examples"][0]["value"]
        parts += ['-H "Content-Type: application/json"', f"-d '{example}'"]
    return " \\\n  ".join(parts)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
