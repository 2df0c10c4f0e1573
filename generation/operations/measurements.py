"""What alerts look at, taken once a minute by one instance: exact, whatever is sampled and whoever was stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from generation.operations.queue_figures import QueueState
from notifications import outbox
from shared.telemetry import instruments

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# The sweeper mends a task well within `stale_after`: what is older than twice that, it could not mend.
_STALE = """
select count(*) as stale from tasks,
    (select now() - make_interval(secs => 2 * %(stale_after)s) as late) as limits
where (status = 'queued' and enqueued_at is null and created_at < late)
   or (status = 'running' and greatest(heartbeat_at, enqueued_at) < late)
"""

_RECENT = """
select kind, status, count(*) as ended from tasks
where finished_at > now() - interval '15 minutes' group by kind, status
"""

_QUANTILES = ("0.5", "0.95")
_PAGES = """
select percentile_cont(%(quantiles)s::float8[]) within group
    (order by extract(epoch from finished_at - created_at)::float8) as seconds
from tasks where kind = 'page' and status = 'completed' and finished_at > now() - interval '15 minutes'
"""

_COST = """
select coalesce(sum(usd), 0)::float8 as usd from daily_usage
where day = (now() at time zone 'Asia/Seoul')::date
"""


def record_queues(states: Sequence[QueueState]) -> None:
    """Every work queue's figures."""
    for state in states:
        labels = {"queue": state.name}
        instruments.QUEUE_LENGTH.record(state.length, labels)
        instruments.QUEUE_OLDEST_AGE.record(state.oldest_age_seconds or 0.0, labels)
        instruments.QUEUE_POISON.record(state.given_up, labels)
        instruments.QUEUE_IN_FLIGHT.record(state.in_flight, labels)
        instruments.QUEUE_RATE.record(state.rate_per_minute, labels)


def record_tasks(cursor: Cursor, stale_after: float) -> None:
    """What PostgreSQL knows of tasks, pages, events and money.

    Args:
        cursor: of one transaction.
        stale_after: TASK_STALE_SECONDS.
    """
    values = {"stale_after": stale_after, "quantiles": [float(each) for each in _QUANTILES]}
    instruments.TASKS_STALE.record(_one(cursor, _STALE, values)["stale"])
    seconds = _one(cursor, _PAGES, values)["seconds"]
    for quantile, value in zip(_QUANTILES, seconds or (), strict=False):
        instruments.PAGE_DURATION.record(value, {"quantile": quantile})
    instruments.COST_TODAY.record(_one(cursor, _COST, values)["usd"])
    instruments.OUTBOX_OLDEST_AGE.record(outbox.oldest_age(cursor) or 0.0)
    cursor.execute(_RECENT)
    for row in cursor.fetchall():
        labels = {"task.kind": row["kind"], "task.status": row["status"]}
        instruments.TASKS_RECENT.record(row["ended"], labels)


def record_readiness(state: Mapping[str, Any]) -> None:
    """Which dependencies answer, of what `readiness` found."""
    for name, dependency in state["dependencies"].items():
        instruments.DEPENDENCY_READY.record(int(dependency["status"] == "UP"), {"dependency": name})


def _one(cursor: Cursor, query: str, values: Mapping[str, Any]) -> dict[str, Any]:
    cursor.execute(query, values)
    return dict(cursor.fetchone() or {})
