"""What a task is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.messages import EMBEDDING_QUEUE, GENERATION_QUEUE, IMAGE_QUEUE
from shared.times import rfc3339


class TaskKind(StrEnum):
    """What is to be made."""

    PAGE = "page"
    IMAGE = "image"
    BLOCK = "block"
    EMBEDDING = "embedding"


class TaskStatus(StrEnum):
    """queued -> running -> completed | failed | cancelled; failed and cancelled go back to queued on retry."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a task; `attempt` is the fencing number every write carries, `usd` what it has cost."""

    task_id: UUID
    attempt: int
    owner: str
    kind: TaskKind
    request: dict[str, Any]
    traceparent: str | None
    usd: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task is: `done` of `total` steps; the percentage never falls."""

    percent: int
    step: str
    done: int
    total: int
    message: str


def public_view(row: Mapping[str, Any]) -> dict[str, Any]:
    """A task's row as GET /generation/tasks/{id} answers it."""
    return {
        "task_id": str(row["task_id"]),
        "kind": row["kind"],
        "status": row["status"],
        "progress": {key: row[key] for key in ("percent", "step", "done", "total")},
        "created_at": rfc3339(row["created_at"]),
        "started_at": _time(row["started_at"]),
        "finished_at": _time(row["finished_at"]),
        "attempt": row["attempt"],
        "result": row["result"],
        "warnings": row["warnings"],
        "error": row["error"],
        "cost": {
            "usd": float(row["usd"]),
            "input_tokens": row["input_tokens"],
            "output_tokens": row["output_tokens"],
            "images": row["images"],
        },
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


QUEUE_OF: Mapping[str, str] = {
    TaskKind.PAGE: GENERATION_QUEUE,
    TaskKind.BLOCK: GENERATION_QUEUE,
    TaskKind.IMAGE: IMAGE_QUEUE,
    TaskKind.EMBEDDING: EMBEDDING_QUEUE,
}
