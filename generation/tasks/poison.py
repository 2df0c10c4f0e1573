"""The table of messages that were given up on: nothing that reached a queue is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.tasks import lease
from generation.tasks.explanations import explain
from shared.messages import TaskMessage

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def record(
    cursor: Cursor,
    poison_id: UUID,
    queue: str,
    body: str,
    *,
    code: str,
    reason: str,
    task_id: UUID | None = None,
    attempts: int = 0,
) -> None:
    """Keep a message with why it failed; NUL, which PostgreSQL's text cannot hold, is escaped."""
    cursor.execute(
        """insert into poison_messages (poison_id, queue, body, task_id, code, reason, attempts)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        (
            str(poison_id),
            queue,
            body.replace("\0", "\\x00"),
            str(task_id) if task_id else None,
            code,
            reason,
            attempts,
        ),
    )


def record_task(
    cursor: Cursor, poison_id: UUID, queue: str, message: TaskMessage, row: Mapping[str, Any]
) -> None:
    """Keep a message of ours; `row` is its task's (attempt, step, error)."""
    error = row.get("error") or explain("worker_lost")
    record(
        cursor,
        poison_id,
        queue,
        message.encode(),
        code=error["code"],
        reason=f"after step {row['step']}: {error['message_en']}",
        task_id=message.task_id,
        attempts=row["attempt"],
    )


def fail_and_record(
    cursor: Cursor, poison_id: UUID, queue: str, message: TaskMessage, stale_after: float
) -> None:
    """The host gave up on this message: its task fails, unless it is finished or a live worker has it."""
    lease.abandon(cursor, message.task_id, explain("worker_lost"), stale_after)
    cursor.execute("select attempt, step, error from tasks where task_id = %s", (str(message.task_id),))
    row = cursor.fetchone() or {"attempt": 0, "step": None, "error": None}
    record_task(cursor, poison_id, queue, message, row)
