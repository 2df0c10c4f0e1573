"""Tasks as their owners and operators see them: made, read, cancelled, retried, swept.

All functions take a cursor (one transaction, see shared/db/pool.py); every state change writes its event with it.
What a run does is in lease.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.tasks.announce import announce, task_event
from generation.tasks.limits import LOCK_USER, ROOM, Allowance
from generation.tasks.model import TaskKind
from notifications.outbox import stored
from shared.db.pool import as_json
from shared.errors import ConflictError, NotFoundError
from shared.events import EventType

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be made.

    Attributes:
        task_id: chosen by the caller, so that making it may be repeated.
        kind: what is to be done.
        owner: for whom.
        request: with what.
        request_sha256: equal for requests that ask for the same.
        idempotency_key: the client's.
        traceparent: of the request that asked.
        enqueued_at: since when there is a message for it; None: one must be sent.
    """

    task_id: UUID
    kind: TaskKind
    owner: str
    request: dict[str, Any]
    request_sha256: str
    idempotency_key: str | None = None
    traceparent: str | None = None
    enqueued_at: datetime | None = None

    def values(self) -> dict[str, Any]:
        """Each column's."""
        return {
            "task_id": str(self.task_id),
            "kind": self.kind,
            "owner": self.owner,
            "request": as_json(self.request),
            "request_sha256": self.request_sha256,
            "idempotency_key": self.idempotency_key,
            "traceparent": self.traceparent,
            "enqueued_at": self.enqueued_at,
        }


# The task and its first event, if there is room: one statement for what every request waits for.
_CREATE = """
with room as ({room}), made as (
    insert into tasks (task_id, kind, owner, request, request_sha256, idempotency_key, traceparent, enqueued_at,
        sequence)
    select %(task_id)s::uuid, %(kind)s, %(owner)s, %(request)s::json, %(request_sha256)s, %(idempotency_key)s,
        %(traceparent)s, %(enqueued_at)s, 1 from room where free
    on conflict do nothing returning task_id, kind, owner, status
), told as (
    insert into outbox (stream, user_id, event_id, event)
    select %(task_id)s, %(owner)s, %(event_id)s::uuid, %(event)s::jsonb from made
)
select * from room left join made on true
"""
_CREATE_WITHIN = LOCK_USER + _CREATE.format(room=ROOM)
_CREATE_ANYWAY = _CREATE.format(room="select true as free")


def create(cursor: Cursor, task: NewTask, allowance: Allowance | None = None) -> tuple[dict[str, Any], bool]:
    """Store a task and its `task.queued` event. May be repeated with the same `task_id`.

    Returns:
        task_id, kind, owner and status at least, and whether it is new: the same key and request give the task that
        is there already.

    Raises:
        ConflictError: the same Idempotency-Key came with another request before.
        LimitedError: the user has no room within `allowance`.
    """
    event = task_event(task.task_id, task.owner, EventType.QUEUED, {"kind": task.kind.value, "sequence": 1})
    values = {**task.values(), "event_id": event.event_id, "event": stored(event)}
    if allowance:
        cursor.execute(_CREATE_WITHIN, {**values, **allowance.values(task.owner)})
    else:
        cursor.execute(_CREATE_ANYWAY, values)
    row = dict(cursor.fetchone() or {})
    if row["task_id"] is not None:
        return row, True
    known = _known(cursor, task.owner, task.idempotency_key, task.request_sha256, task.task_id)
    if known is not None:
        return known, str(known["task_id"]) == str(task.task_id)
    raise (allowance and allowance.refusal(row)) or ConflictError(
        "The task was withdrawn meanwhile.", code="idempotency_key_busy"
    )


def by_key(
    cursor: Cursor, owner: str, idempotency_key: str | None, request_sha256: str
) -> dict[str, Any] | None:
    """The task that was made with this Idempotency-Key, if there is one.

    Raises:
        ConflictError: it was made for another request.
    """
    return _known(cursor, owner, idempotency_key, request_sha256)


def _known(
    cursor: Cursor, owner: str, idempotency_key: str | None, request_sha256: str, task_id: UUID | None = None
) -> dict[str, Any] | None:
    cursor.execute(
        "select * from tasks where (owner = %s and idempotency_key = %s) or task_id = %s",
        (owner, idempotency_key, task_id and str(task_id)),
    )
    row = cursor.fetchone()
    if row is not None and row["request_sha256"] != request_sha256:
        raise ConflictError(
            "This Idempotency-Key was used with another request.", code="idempotency_key_reused"
        )
    return dict(row) if row else None


def mark_enqueued(cursor: Cursor, task_id: UUID) -> None:
    """The queue holds a message for this task."""
    cursor.execute("update tasks set enqueued_at = now() where task_id = %s", (str(task_id),))


def mark_accepted(cursor: Cursor, task_ids: Iterable[UUID]) -> None:
    """The queue held a first message for each of these tasks; those that run already need no mark."""
    cursor.execute(
        """update tasks set enqueued_at = now()
           where task_id = any(%s::uuid[]) and status = 'queued' and enqueued_at is null""",
        ([str(task_id) for task_id in task_ids],),
    )


def withdraw(cursor: Cursor, task_id: UUID) -> None:
    """Take back a task that was stored but could not be enqueued; its event is withdrawn with it."""
    cursor.execute(
        "delete from tasks where task_id = %s and status = 'queued' and attempt = 0", (str(task_id),)
    )
    if cursor.rowcount == 1:
        cursor.execute("delete from outbox where stream = %s and published_at is null", (str(task_id),))


def get(cursor: Cursor, task_id: UUID, owner: str) -> dict[str, Any]:
    """The owner's task.

    Raises:
        NotFoundError: no such task, or somebody else's.
    """
    cursor.execute("select * from tasks where task_id = %s and owner = %s", (str(task_id), owner))
    row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such task.")
    return dict(row)


def listing(cursor: Cursor, owner: str, limit: int, before: tuple[str, str] | None) -> list[dict[str, Any]]:
    """The owner's tasks, newest first; `before` is the (created_at, task_id) of the last one seen."""
    created_at, task_id = before or ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    cursor.execute(
        """select * from tasks where owner = %s and (created_at, task_id) < (%s::timestamptz, %s::uuid)
           order by created_at desc, task_id desc limit %s""",
        (owner, created_at, task_id, limit),
    )
    return [dict(row) for row in cursor.fetchall()]


def cancel(cursor: Cursor, task_id: UUID, owner: str) -> dict[str, Any]:
    """Stop a task and return its row; a run in progress notices at its next heartbeat or write.

    Raises:
        NotFoundError: no such task, or somebody else's.
        ConflictError: it is finished.
    """
    cursor.execute(
        """update tasks set status = 'cancelled', finished_at = now(), sequence = sequence + 1
            where owner = %s and task_id = %s and status in ('queued', 'running') returning *""",
        (owner, str(task_id)),
    )
    row = cursor.fetchone()
    if row is None:
        status = get(cursor, task_id, owner)["status"]
        raise ConflictError(f"The task is {status} already.", code="task_finished")
    announce(cursor, row, EventType.CANCELLED, {})
    return dict(row)


def requeue(cursor: Cursor, task_id: UUID, owner: str) -> dict[str, Any]:
    """Put a failed or cancelled task back and return its row; its stored steps stay.

    Raises:
        NotFoundError: no such task, or somebody else's.
        ConflictError: it is not failed or cancelled.
    """
    cursor.execute(
        """update tasks set status = 'queued', error = null, finished_at = null, enqueued_at = null,
                  crashes = 0, heartbeat_at = null, sequence = sequence + 1
           where task_id = %s and owner = %s and status in ('failed', 'cancelled')
           returning *""",
        (str(task_id), owner),
    )
    row = cursor.fetchone()
    if row is None:
        status = get(cursor, task_id, owner)["status"]
        raise ConflictError(f"A task that is {status} cannot be retried.", code="task_not_retryable")
    announce(cursor, row, EventType.QUEUED, {"kind": row["kind"]})
    return dict(row)


def stale(cursor: Cursor, stale_after: float, limit: int) -> list[dict[str, Any]]:
    """Unfinished tasks nobody seems to work on, oldest first.

    Those are: stored but not enqueued (given a quarter of `stale_after` seconds, for the request that is just
    doing it), running without a heartbeat, and queued for ten times as long: that message must be lost.
    """
    cursor.execute(
        """select task_id, kind, traceparent, crashes, attempt, step from tasks,
                  (select now() - make_interval(secs => %(s)s / 4.0) as unsent,
                          now() - make_interval(secs => %(s)s) as silent,
                          now() - make_interval(secs => %(s)s * 10.0) as lost) as limits
           where (status = 'queued' and enqueued_at is null and created_at < unsent)
              or (status = 'queued' and enqueued_at < lost)
              or (status = 'running' and greatest(heartbeat_at, enqueued_at) < silent)
           order by created_at limit %(limit)s""",
        {"s": stale_after, "limit": limit},
    )
    return [dict(row) for row in cursor.fetchall()]
