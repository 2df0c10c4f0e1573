"""Path, query and header parameters, each described once."""

from __future__ import annotations

from typing import Any

from shared.http import CURSOR, DEFAULT_LIMIT, MAX_LIMIT, MAX_NUMBER

_UUID = {"type": "string", "format": "uuid"}


def _path(name: str, what: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": what,
        "schema": schema,
        "example": example,
    }


def _query(name: str, what: str, schema: dict[str, Any]) -> dict[str, Any]:
    # The host drops a query parameter without a value, so that it counts as not given.
    return {"name": name, "in": "query", "allowEmptyValue": True, "description": what, "schema": schema}


def _header(name: str, what: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": what, "schema": schema, "example": example}


PARAMETERS: dict[str, dict[str, Any]] = {
    "page_id": _path("page_id", "The page.", _UUID, "4213b19f-046a-5a2c-aa92-e16d8bff1f20"),
    "task_id": _path("task_id", "The task.", _UUID, "36d62e07-0c2c-4693-97eb-669dc0b0b990"),
    "block_id": _path(
        "block_id", "A block of the page's current version.", {"type": "string", "minLength": 1}, "b1"
    ),
    "limit": _query(
        "limit",
        "How many items.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "cursor": _query(
        "cursor",
        "`next_cursor` of the answer before: what comes after it. Take it as it is; its form may change.",
        {"type": "string", "pattern": CURSOR},
    ),
    "version": _query(
        "version",
        "An earlier version instead of the current one.",
        {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER},
    ),
    "idempotency_key": _header(
        "Idempotency-Key",
        "The same key and body give the task that is there already, another body 409. Keys belong to their user and "
        "do not expire.",
        {"type": "string", "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        "5f0c6f0e-6f0b-4f4e-9d8c-0a3f6f6f9a11",
    ),
    "traceparent": _header(
        "traceparent",
        "W3C trace context, taken over into the task; one that is none is ignored.",
        {"type": "string"},
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
}
SUBMITTING = ("idempotency_key", "traceparent")
LISTING = ("limit", "cursor")
