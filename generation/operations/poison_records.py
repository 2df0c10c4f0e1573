"""The table of what was given up, as operators see and settle it; generation/tasks/poison.py writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.tasks.model import QUEUE_OF
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_LONGEST_SHOWN = 2000
_LOCK = 7405  # any constant of our own


def listing(cursor: Cursor, queue: str, limit: int, before: tuple[str, str] | None) -> list[dict[str, Any]]:
    """A queue's records, newest first, those sent again too; `before` is the last one seen."""
    created_at, poison_id = before or ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    cursor.execute(
        """select poison_id, task_id, code, reason, attempts, left(body, %s) as body, created_at, redriven_at
           from poison_messages
           where queue = %s and (created_at, poison_id) < (%s::timestamptz, %s::uuid)
           order by created_at desc, poison_id desc limit %s""",
        (_LONGEST_SHOWN, queue, created_at, poison_id, limit),
    )
    return [
        {
            **row,
            "created_at": rfc3339(row["created_at"]),
            "redriven_at": rfc3339(row["redriven_at"]) if row["redriven_at"] else None,
        }
        for row in cursor.fetchall()
    ]


def waiting(cursor: Cursor, queue: str, limit: int, ids: Sequence[UUID] | None) -> list[UUID]:
    """Records of a queue that were not sent again, oldest first; of `ids` only, if they are given."""
    cursor.execute(
        """select poison_id from poison_messages
           where queue = %(queue)s and redriven_at is null
             and (%(ids)s::uuid[] is null or poison_id = any(%(ids)s::uuid[]))
           order by created_at, poison_id limit %(limit)s""",
        {"queue": queue, "limit": limit, "ids": None if ids is None else [str(each) for each in ids]},
    )
    return [UUID(str(row["poison_id"])) for row in cursor.fetchall()]


def mark_redriven(cursor: Cursor, poison_id: UUID) -> dict[str, Any] | None:
    """The record {queue, body, task_id}, marked; None when somebody else has just done so."""
    cursor.execute(
        """update poison_messages set redriven_at = now() where poison_id = %s and redriven_at is null
           returning queue, body, task_id""",
        (str(poison_id),),
    )
    row = cursor.fetchone()
    return dict(row) if row else None


def put_back(cursor: Cursor, poison_id: UUID) -> None:
    """It was not sent after all."""
    cursor.execute("update poison_messages set redriven_at = null where poison_id = %s", (str(poison_id),))


def discard(cursor: Cursor, queue: str, ids: Sequence[UUID], by: str) -> int:
    """Settle records of a queue without sending them; how many waited until now. Each says who has decided so."""
    cursor.execute(
        """update poison_messages set redriven_at = now(), reason = reason || '; discarded by ' || %s
           where queue = %s and redriven_at is null and poison_id = any(%s::uuid[])""",
        (by, queue, [str(each) for each in ids]),
    )
    return int(cursor.rowcount)


def owner_of_failed(cursor: Cursor, task_id: str) -> str | None:
    """The owner of a task that failed; None when there is no such task, or it did not fail."""
    cursor.execute("select owner from tasks where task_id = %s and status = 'failed'", (task_id,))
    row = cursor.fetchone()
    return str(row["owner"]) if row else None


def add_failed_tasks(cursor: Cursor, codes: Sequence[str], not_older: timedelta) -> None:
    """Record tasks that failed with one of these codes and have no record: their last run ended, no message is left."""
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))  # two at once would record them twice
    queues = [[kind, queue] for kind, queue in QUEUE_OF.items()]
    cursor.execute(
        """insert into poison_messages (poison_id, queue, body, task_id, code, reason, attempts, created_at)
           select gen_random_uuid(), queues.queue,
                  json_build_object('schema_version', 1, 'task_id', task_id, 'delivery', 1)::text,
                  task_id, error ->> 'code', 'after step ' || coalesce(step, 'none') || ': ' ||
                  coalesce(error ->> 'message_en', ''), attempt, finished_at
           from tasks join unnest(%s, %s) as queues (kind, queue) using (kind)
           where status = 'failed' and error ->> 'code' = any(%s) and finished_at > now() - %s
             and not exists (select from poison_messages records
                             where records.task_id = tasks.task_id
                               and records.created_at >= tasks.finished_at)""",
        ([kind for kind, _ in queues], [queue for _, queue in queues], list(codes), not_older),
    )


def due(
    cursor: Cursor, codes: Sequence[str], wait: timedelta, not_older: timedelta, limit: int
) -> list[UUID]:
    """Tasks' records old enough for another try, if it is the first one that is made without being asked for."""
    cursor.execute(
        """select poison_id from poison_messages records
           where redriven_at is null and task_id is not null and code = any(%s)
             and created_at between now() - %s and now() - %s
             and not exists (select from poison_messages earlier
                             where earlier.task_id = records.task_id and earlier.redriven_at is not null)
           order by created_at limit %s""",
        (list(codes), not_older, wait, limit),
    )
    return [UUID(str(row["poison_id"])) for row in cursor.fetchall()]
