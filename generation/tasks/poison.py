"""The table of messages that were given up on: nothing that reached a queue is dropped."""

from __future__ import annotations

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


def fail_and_record(cursor: Cursor, poison_id: UUID, queue: str, body: str, message: TaskMessage) -> None:
    """The host gave up on this message (its worker died again and again): its task fails, unless it is finished."""
    task_id = message.task_id
    cursor.execute("select attempt, step, error from tasks where task_id = %s", (str(task_id),))
    row: dict[str, Any] = cursor.fetchone() or {"attempt": 0, "step": None, "error": None}
    error: dict[str, str] = row["error"] or explain("worker_lost")
    lease.fail(cursor, task_id, explain("worker_lost"))
    reason = f"after step {row['step']}: {error['message_en']}"
    record(
        cursor,
        poison_id,
        queue,
        body,
        code=error["code"],
        reason=reason,
        task_id=task_id,
        attempts=row["attempt"],
    )
