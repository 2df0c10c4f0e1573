"""What may be deleted, a batch in a transaction; docs/decisions/0015 says why these rows and no others.

All functions take a cursor (one transaction, see shared/db/pool.py), delete what at most `limit` rows of one table lead
to, and leave what somebody else has locked for another time. A transaction that is broken off has deleted nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# A pass over tasks meets those that documents still name, so it is made once a day, not every hour.
ROUND = timedelta(days=1)

_MARK = """
select finished_at, task_id from purge_marks
where purge = %(purge)s and resumes_at <= %(now)s for update skip locked
"""
_MOVE = "update purge_marks set finished_at = %(finished_at)s, task_id = %(task_id)s where purge = %(purge)s"
_REST = """
update purge_marks set finished_at = default, task_id = default, resumes_at = %(resumes_at)s where purge = %(purge)s
"""

_NEXT = """
select task_id, finished_at from tasks
where {which} and finished_at >= %(finished_at)s and finished_at < %(before)s
    and (finished_at, task_id) > (%(finished_at)s, %(task_id)s::uuid)
order by finished_at, task_id limit %(limit)s
"""
_NEXT_FINISHED = _NEXT.format(which="true")
# The words of the index tasks_forgettable. Not in it, so never purged: unfinished tasks, those with an Idempotency-Key
# (keys do not expire), pages (their edits read the request), images (nothing else says where the picture is).
_FORGETTABLE = """finished_at is not null and idempotency_key is null
    and (status <> 'completed' or kind in ('block', 'embedding'))"""
_NEXT_FORGETTABLE = _NEXT.format(which=_FORGETTABLE)

# Of a page a block written anew reads the plan. A failed or cancelled task goes on from its steps when it is retried.
_DROP_STEPS = """
delete from task_steps using tasks
where task_steps.task_id = any(%(ids)s::uuid[]) and tasks.task_id = task_steps.task_id
    and tasks.status = 'completed' and (tasks.kind <> 'page' or task_steps.step_key <> 'plan')
"""

# Looked at again under the lock: it may have been retried meanwhile. Its steps go with it.
_FORGET = f"""
with gone as (
    delete from tasks where task_id in (
        select task_id from tasks
        where task_id = any(%(ids)s::uuid[]) and {_FORGETTABLE}
            and finished_at < case status when 'completed' then %(done)s else %(failed)s end
            and not exists (select from pages where pages.task_id = tasks.task_id)
            and not exists (
                select from documents
                where tasks.kind = 'embedding' and documents.owner = tasks.owner
                    and documents.post_id = tasks.request ->> 'post_id' and documents.task_id = tasks.task_id
                    and documents.deleted_at is null)
        for update skip locked)
    returning task_id
), settled as (
    delete from poison_messages where poison_id in (
        select poison_id from poison_messages join gone using (task_id) for update of poison_messages skip locked)
    returning poison_id
)
select (select count(*) from gone) as tasks, (select count(*) from settled) as poison_messages
"""  # noqa: S608  our own constant

# Sent again, or of a task that needs it no more. What waits for a decision stays, however old. The task's status is
# looked up record by record: `not exists` would be answered by reading all tasks.
_POISON = """
delete from poison_messages where poison_id in (
    select poison_id from poison_messages records
    where created_at < %(before)s and (redriven_at < %(before)s or (
        redriven_at is null and task_id is not null and 'completed' = coalesce(
            (select status from tasks where tasks.task_id = records.task_id), 'completed')))
    order by created_at limit %(limit)s for update skip locked)
"""

_USAGE = """
delete from daily_usage where (owner, day) in (
    select owner, day from daily_usage where day < %(before)s order by day limit %(limit)s for update skip locked)
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did: rows deleted by table, and whether there may be more."""

    removed: Mapping[str, int]
    more: bool


_NOTHING = Batch({}, more=False)


def steps(cursor: Cursor, now: datetime, before: datetime, limit: int) -> Batch:
    """Steps of tasks that were completed before a moment, but for pages' plans.

    A task is looked at once: what is completed never changes any more.
    """
    mark = _mark(cursor, "steps", now)
    if mark is None:
        return _NOTHING
    rows = _next(cursor, _NEXT_FINISHED, mark, before, limit)
    if not rows:
        return _NOTHING
    cursor.execute(_DROP_STEPS, {"ids": _ids(rows)})
    removed = int(cursor.rowcount)
    cursor.execute(_MOVE, {"purge": "steps", **rows[-1]})
    return Batch({"task_steps": removed}, more=len(rows) == limit)


def tasks(cursor: Cursor, now: datetime, done: datetime, failed: datetime, limit: int) -> Batch:
    """Tasks that nobody reads any more, with their steps and poison records.

    One pass begins a day after the last one has ended.

    Args:
        cursor: of one transaction.
        now: aware.
        done: completed ones finished before it.
        failed: failed and cancelled ones finished before it.
        limit: tasks to look at.
    """
    mark = _mark(cursor, "tasks", now)
    if mark is None:
        return _NOTHING
    rows = _next(cursor, _NEXT_FORGETTABLE, mark, max(done, failed), limit)
    if len(rows) < limit:
        cursor.execute(_REST, {"purge": "tasks", "resumes_at": now + ROUND})
    else:
        cursor.execute(_MOVE, {"purge": "tasks", **rows[-1]})
    cursor.execute(_FORGET, {"ids": _ids(rows), "done": done, "failed": failed})
    return Batch(dict(cursor.fetchone() or {}), more=len(rows) == limit)


def poison_messages(cursor: Cursor, before: datetime, limit: int) -> Batch:
    """Records made before a moment that nobody decides on any more."""
    cursor.execute(_POISON, {"before": before, "limit": limit})
    return Batch({"poison_messages": cursor.rowcount}, more=cursor.rowcount == limit)


def daily_usage(cursor: Cursor, before: date, limit: int) -> Batch:
    """What users spent on days before one."""
    cursor.execute(_USAGE, {"before": before, "limit": limit})
    return Batch({"daily_usage": cursor.rowcount}, more=cursor.rowcount == limit)


def _mark(cursor: Cursor, purge: str, now: datetime) -> dict[str, Any] | None:
    """How far the purge has come; None when another purger is at it, or it rests."""
    cursor.execute(_MARK, {"purge": purge, "now": now})
    row = cursor.fetchone()
    return dict(row) if row else None


def _next(
    cursor: Cursor, query: str, mark: Mapping[str, Any], before: datetime, limit: int
) -> list[dict[str, Any]]:
    cursor.execute(query, {**mark, "before": before, "limit": limit})
    return [dict(row) for row in cursor.fetchall()]


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [str(row["task_id"]) for row in rows]
