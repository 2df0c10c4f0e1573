"""What holds for the whole API: conventions, tokens, headers."""

from __future__ import annotations

from typing import Any

INFO: dict[str, Any] = {
    "title": "Product Details",
    "version": "1.0.0",
    "summary": "Product detail pages for Korean marketplaces, made from what a seller knows and a photo.",
    "description": """\
Post a product and a photo to `/generation/display-list`; follow the task it names, by asking or on its event stream; \
read the page it makes, edit it, take over its HTML.

**Requests.** `Authorization: Bearer <JWT>` (RS256 or ES256) on every route but those marked public; `sub` is \
the user, `roles` may hold `admin`. Bodies are JSON of at most 1 MiB where nothing else is said. Fields we do not \
know are refused, except in `product`, where they are left out. Every GET answers HEAD too, and every path OPTIONS \
with `Allow`; another method is 405.

**Answers.** snake_case, times in RFC 3339 UTC. Every answer has `X-Request-Id`. What takes long is accepted by 202, \
with the task in `Location` and in `Retry-After` the seconds until the first question makes sense.

**Errors** are `application/problem+json` (RFC 9457); the last part of `type` is a stable code, `detail` is for \
people, `errors` names each bad field by its path. On 429 and 503 wait for `Retry-After` seconds and send the \
request again: with an `Idempotency-Key` that never makes a second task.

**Lists** answer `{items, next_cursor}`, newest first; what comes meanwhile does not shift the parts.

**Versions.** Paths without a version are version 1. Fields may be added to answers; a breaking change would come \
beside them under `/api/v2`.""",
    "license": {"name": "MIT", "identifier": "MIT"},
}

SECURITY: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "RS256 or ES256 with `kid`, `exp`, `sub`, and the configured `iss` and `aud`.",
    }
}

HEADERS: dict[str, Any] = {
    "X-Request-Id": {
        "description": "Leads to the request in the logs.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "Location": {
        "description": "The task, or the thing that was made.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds to wait before asking again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "`Bearer`.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "ETag": {
        "description": "For If-None-Match.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "Who may keep it, and how long.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Content-Security-Policy": {
        "description": "What the page may load and run.",
        "required": True,
        "schema": {"type": "string"},
    },
}
