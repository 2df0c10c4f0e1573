"""A run's side of a task: claim it, keep it, store steps, end it.

Every write carries the lease: when the row's attempt is another one, or the task is not running any more, nothing
is written and LeaseLostError or TaskCancelledError stops the run (fencing; Kleppmann, "How to do distributed
locking"). All functions take a cursor (one transaction); every state change writes its event with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.ports import Meter
from generation.tasks.announce import announce, task_event
from generation.tasks.limits import ADD_SPENT, INSERT_SPENT, spend
from generation.tasks.model import Lease, Progress, TaskKind, TaskStatus
from notifications.outbox import stored
from shared.db.pool import as_json
from shared.errors import LeaseLostError, TaskCancelledError
from shared.events import Event, EventType

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_HELD = "task_id = %(task_id)s and attempt = %(attempt)s and status = 'running'"
_COST = """usd = usd + %(usd)s, input_tokens = input_tokens + %(input_tokens)s,
        output_tokens = output_tokens + %(output_tokens)s, images = images + %(images)s"""


def claim(cursor: Cursor, task_id: UUID, stale_after: float) -> Lease | None:
    """Take the task for this run, or None when it is finished or another live worker has it."""
    cursor.execute(
        """update tasks set status = 'running', attempt = attempt + 1, heartbeat_at = now(),
                  crashes = crashes + (status = 'running')::int, started_at = coalesce(started_at, now())
           where task_id = %s and (status = 'queued' or
                 (status = 'running' and heartbeat_at < now() - make_interval(secs => %s)))
           returning attempt, owner, kind, request, traceparent, usd""",
        (str(task_id), stale_after),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    return Lease(
        task_id=task_id,
        attempt=row["attempt"],
        owner=row["owner"],
        kind=TaskKind(row["kind"]),
        request=row["request"],
        traceparent=row["traceparent"],
        usd=float(row["usd"]),
    )


def heartbeat(cursor: Cursor, lease: Lease) -> None:
    """Say that the run is alive.

    Raises:
        LeaseLostError, TaskCancelledError: it must stop.
    """
    cursor.execute(f"update tasks set heartbeat_at = now() where {_HELD}", _held(lease))
    _require(cursor, lease)


def steps(cursor: Cursor, task_id: UUID) -> dict[str, Any]:
    """Every stored step's result by its key."""
    cursor.execute("select step_key, result from task_steps where task_id = %s", (str(task_id),))
    return {row["step_key"]: row["result"] for row in cursor.fetchall()}


def _with_cost_and_event(update: str) -> str:
    """A change of a task, what it cost, and its event with the row's own numbers (`facts`), in one round trip."""
    return f"""
with changed as (
    {update}
), spent as (
    {INSERT_SPENT} from changed where %(usd)s > 0 {ADD_SPENT}
)
insert into outbox (stream, user_id, event_id, event)
select %(task_id)s, %(owner)s, %(event_id)s::uuid,
    jsonb_set(%(event)s::jsonb, '{{data}}', %(event)s::jsonb->'data' || facts)
from changed
"""


_COUNT_STEP = _with_cost_and_event(f"""update tasks set percent = greatest(percent, %(percent)s), step = %(step)s,
        done = greatest(done, %(done)s), total = %(total)s, heartbeat_at = now(), sequence = sequence + 1, {_COST}
    where {_HELD}
    returning jsonb_build_object('percent', percent, 'done', done, 'sequence', sequence) as facts""")
_COMPLETE = _with_cost_and_event(f"""update tasks set status = 'completed', percent = 100, result = %(result)s,
        warnings = %(warnings)s, error = null, finished_at = now(), sequence = sequence + 1, {_COST}
    where {_HELD}
    returning jsonb_build_object('sequence', sequence) as facts""")


def save_step(
    cursor: Cursor, lease: Lease, key: str, result: Any, *, meter: Meter, progress: Progress
) -> None:
    """Store a step's result, what it cost, and the progress event.

    Raises:
        LeaseLostError, TaskCancelledError: nothing was written.
    """
    cursor.execute(
        """insert into task_steps (task_id, step_key, result, attempt, usd) values (%s, %s, %s, %s, %s)
           on conflict (task_id, step_key) do nothing""",
        (str(lease.task_id), key, as_json(result), lease.attempt, meter.usd),
    )
    if cursor.rowcount == 0:  # repeated, because the answer to a commit was lost
        heartbeat(cursor, lease)
        return
    data = {"step": progress.step, "total": progress.total, "message": progress.message}
    event = task_event(lease.task_id, lease.owner, EventType.PROGRESS, data)
    _change(cursor, _COUNT_STEP, lease, meter, event, asdict(progress))


def forget_steps(cursor: Cursor, lease: Lease, keys: Sequence[str]) -> None:
    """Drop stored steps.

    Raises:
        LeaseLostError, TaskCancelledError: nothing was written.
    """
    heartbeat(cursor, lease)
    cursor.execute(
        "delete from task_steps where task_id = %s and step_key = any(%s)", (str(lease.task_id), list(keys))
    )


def add_cost(cursor: Cursor, lease: Lease, meter: Meter) -> None:
    """Record what was paid for calls whose step failed; kept even when the lease is gone."""
    cursor.execute(f"update tasks set {_COST} where task_id = %(task_id)s", {**_held(lease), **asdict(meter)})
    spend(cursor, lease.owner, meter.usd)


def complete(
    cursor: Cursor, lease: Lease, result: dict[str, Any], warnings: list[dict[str, str]], *, meter: Meter
) -> None:
    """The run's last write, with what no step has paid for.

    Raises:
        LeaseLostError, TaskCancelledError: nothing was written.
    """
    data = {"percent": 100, "result": result, "warnings": warnings}
    event = task_event(lease.task_id, lease.owner, EventType.COMPLETED, data)
    _change(
        cursor, _COMPLETE, lease, meter, event, {"result": as_json(result), "warnings": as_json(warnings)}
    )


def fail(cursor: Cursor, lease: Lease, error: dict[str, str]) -> bool:
    """End the run's task with an error, if the lease still holds. Whether it did."""
    return _fail(cursor, error, _HELD, _held(lease))


def abandon(cursor: Cursor, task_id: UUID, error: dict[str, str], stale_after: float) -> bool:
    """End a task that nobody works on with an error; one that a live worker has is left alone. Whether it did."""
    condition = """task_id = %(task_id)s and (status = 'queued' or
                   (status = 'running' and heartbeat_at < now() - make_interval(secs => %(stale_after)s)))"""
    return _fail(cursor, error, condition, {"task_id": str(task_id), "stale_after": stale_after})


def _fail(cursor: Cursor, error: dict[str, str], condition: str, values: dict[str, Any]) -> bool:
    cursor.execute(
        f"""update tasks set status = 'failed', error = %(error)s, finished_at = now(), sequence = sequence + 1
            where {condition} returning task_id, owner, sequence""",
        {"error": as_json(error), **values},
    )
    row = cursor.fetchone()
    if row is not None:
        announce(cursor, row, EventType.FAILED, {"error": error})
    return row is not None


def release(cursor: Cursor, lease: Lease) -> None:
    """Give the task back unfinished: the next message runs it at once, from its first unfinished step."""
    cursor.execute(
        f"update tasks set status = 'queued', enqueued_at = null, heartbeat_at = null where {_HELD}",
        _held(lease),
    )


def _change(
    cursor: Cursor, statement: str, lease: Lease, meter: Meter, event: Event, values: dict[str, Any]
) -> None:
    told = {"owner": lease.owner, "event_id": event.event_id, "event": stored(event)}
    cursor.execute(statement, {**_held(lease), **asdict(meter), **told, **values})
    _require(cursor, lease)


def _held(lease: Lease) -> dict[str, Any]:
    return {"task_id": str(lease.task_id), "attempt": lease.attempt}


def _require(cursor: Cursor, lease: Lease) -> None:
    if cursor.rowcount == 1:
        return
    cursor.execute("select status from tasks where task_id = %s", (str(lease.task_id),))
    row = cursor.fetchone()
    if row is not None and row["status"] == TaskStatus.CANCELLED:
        raise TaskCancelledError("the task was cancelled")
    raise LeaseLostError("another run has the task now")
