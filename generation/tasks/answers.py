"""The 202 answer of everything that queues a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from pydantic import BaseModel

from generation.tasks.model import TaskKind
from generation.tasks.submit import Submitter
from shared.http import Call, Reply, reply
from shared.settings import WebSettings

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


class Root(Protocol):
    """What of the composition root is needed here."""

    @property
    def submitter(self) -> Submitter:
        """Takes tasks in."""

    @property
    def web(self) -> WebSettings:
        """Addresses of the HTTP API."""


async def take_in(root: Root, call: Call, kind: TaskKind, request: BaseModel) -> Reply:
    """Queue a checked request of the caller and answer 202; see Submitter.submit for the errors."""
    row = await root.submitter.submit(
        kind,
        call.user,
        request.model_dump(mode="json", exclude_none=True),
        idempotency_key=call.headers.get("idempotency-key"),
        traceparent=call.traceparent,
    )
    return accepted(row, root.web.stream_url)
