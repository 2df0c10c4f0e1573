"""The 202 answer of everything that queues a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.http import Reply, reply

_POLL_AFTER_SECONDS = "2"


def accepted(row: Mapping[str, Any], stream_url: str) -> Reply:
    """{task_id, status, status_url, stream_url}, with Location and Retry-After (RFC 9110, 15.3.3)."""
    status_url = f"/api/generation/tasks/{row['task_id']}"
    body = {
        "task_id": str(row["task_id"]),
        "status": row["status"],
        "status_url": status_url,
        "stream_url": f"{stream_url.rstrip('/')}/api/notifications/stream/{quote(row['owner'], safe='')}",
    }
    return reply(body, 202, {"Location": status_url, "Retry-After": _POLL_AFTER_SECONDS})
