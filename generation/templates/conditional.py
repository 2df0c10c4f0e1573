"""ETag and If-None-Match (RFC 9110, 8.8.3 and 13.1.2): an answer the caller has already costs a 304."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from shared.http import Call, Reply

_CACHING = {"Cache-Control": "private, no-cache"}


def unless_known(call: Call, answer: Reply) -> Reply:
    """`answer` with its ETag; 304 without a body when the caller names it in If-None-Match."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    headers = {**answer.headers, **_CACHING, "ETag": tag}
    if _names(call.headers.get("if-none-match", ""), tag):
        return Reply(304, content_type=answer.content_type, headers=headers)
    return replace(answer, headers=headers)


def _names(given: str, tag: str) -> bool:
    # Weak comparison, as the RFC has it for this header.
    known = {one.strip().removeprefix("W/") for one in given.split(",")}
    return bool(known & {tag, "*"})
