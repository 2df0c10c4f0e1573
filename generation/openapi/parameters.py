"""Path, query and header parameters, each described once."""

from __future__ import annotations

from typing import Any

from generation.documents.requests import DocumentKind
from shared.http import CURSOR, DEFAULT_LIMIT, MAX_LIMIT, MAX_NUMBER
from shared.messages import GENERATION_QUEUE

_UUID = {"type": "string", "format": "uuid"}
_ID = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"}
_STATUS = "(draft|active|archived)"
_KIND = f"({'|'.join(DocumentKind)})"


def _path(name: str, what: str, schema: dict[str, Any], example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": what,
        "schema": schema,
        "example": example,
    }


def _query(name: str, what: str, schema: dict[str, Any], *, example: str | None = None) -> dict[str, Any]:
    """A query parameter; one that is required has an example."""
    # The host drops a query parameter without a value, so that it counts as not given.
    more = {"required": True, "example": example} if example else {"allowEmptyValue": True}
    return {"name": name, "in": "query", **more, "description": what, "schema": schema}


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
PARAMETERS |= {
    "template_id": _path("template_id", "The template.", _ID, "introduction-poster"),
    "template_set_id": _path("template_set_id", "The set.", _ID, "general-basic"),
    "post_id": _path(
        "post_id", "The caller's own id of the document.", {"type": "string", "minLength": 1}, "faq-17"
    ),
    "category_id": _path("category_id", "The category.", _ID, "food"),
    "name": _path(
        "name", "The queue, or its poison queue.", {"type": "string", "minLength": 1}, GENERATION_QUEUE
    ),
    "in_category": _query("category_id", "Only what is of this category.", _ID),
    "block_type": _query(
        "block_type", "Only templates of this kind.", {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
    ),
    "q": _query(
        "q",
        "Words that must all be found, in any part of a word.",
        {"type": "string", "maxLength": 100, "pattern": r"^[^\x00]*$"},
    ),
    "status": _query(
        "status",
        "Any of these, joined by commas.",
        {"type": "string", "pattern": f"^{_STATUS}(,{_STATUS})*$", "default": "active"},
    ),
    "library_cursor": _query(
        "cursor",
        "`next_cursor` of the answer before: what comes after it. Take it as it is.",
        {"type": "string"},
    ),
    "if_none_match": _header(
        "If-None-Match",
        "The ETag of an answer the caller has: 304 while it is current.",
        {"type": "string"},
        '"9f86d081884c7d65"',
    ),
    "question": _query(
        "q",
        "What is looked for.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "pattern": r"^[^\x00]*[^\s\x00\x1c-\x1f][^\x00]*$",
        },
        example="세척",
    ),
    "k": _query("k", "How many pieces.", {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}),
    "document_kind": _query(
        "kind",
        "Only documents of these kinds, joined by commas.",
        {"type": "string", "pattern": f"^{_KIND}(,{_KIND})*$"},
    ),
    "in_document": _query(
        "post_id", "Only pieces of this document.", {"type": "string", "pattern": r"^[^\x00]*$"}
    ),
}
SUBMITTING = ("idempotency_key", "traceparent")
LISTING = ("limit", "cursor")
