"""What a user may ask for: new tasks a minute and money a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from generation.tasks.model import TaskKind
from shared.errors import LimitedError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

SEOUL = ZoneInfo("Asia/Seoul")
_WINDOW_SECONDS = 60.0


def require_room(
    cursor: Cursor, owner: str, *, kinds: Sequence[TaskKind], rate: int, budget: float, now: datetime
) -> None:
    """Refuse a new task of a user who has used up the rate or the day's budget.

    Args:
        cursor: the transaction that is about to store the task.
        owner: the user.
        kinds: which tasks count; documents have a rate of their own.
        rate: new tasks within a minute.
        budget: USD a day of the Korean calendar.
        now: aware.

    Raises:
        LimitedError: `rate_limited` or `budget_used`; says when it frees.
    """
    # Two requests of one user at the same time must not both find the last place. Two statements in one message: the
    # second sees what was committed while the first waited (Read Committed takes a snapshot per statement).
    cursor.execute(
        """select pg_advisory_xact_lock(7403, hashtext(%(owner)s));
           select (select count(*) from tasks where owner = %(owner)s and created_at > %(since)s
                     and kind = any(%(kinds)s)) as made,
                  (select created_at from tasks where owner = %(owner)s and created_at > %(since)s
                     and kind = any(%(kinds)s)
                   order by created_at desc offset %(last)s limit 1) as frees,
                  (select usd from daily_usage where owner = %(owner)s and day = %(day)s) as usd""",
        {
            "owner": owner,
            "kinds": [kind.value for kind in kinds],
            "since": now - timedelta(seconds=_WINDOW_SECONDS),
            "last": rate - 1,
            "day": now.astimezone(SEOUL).date(),
        },
    )
    row: dict[str, Any] = cursor.fetchone() or {"made": 0, "usd": None, "frees": None}
    if row["made"] >= rate and row["frees"] is not None:
        waits = _WINDOW_SECONDS - (now - row["frees"]).total_seconds()
        raise LimitedError(
            f"At most {rate} new tasks a minute.", retry_after=max(1.0, waits), code="rate_limited"
        )
    if row["usd"] is not None and float(row["usd"]) >= budget:
        raise LimitedError(
            f"Today's budget of {budget:g} USD is used up.",
            retry_after=until_midnight(now),
            code="budget_used",
        )


def until_midnight(now: datetime) -> float:
    """Seconds until the next day begins in Seoul."""
    here = now.astimezone(SEOUL)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(), SEOUL)
    return (tomorrow - here).total_seconds()


# What a call cost goes on the user's day; a larger statement puts its `from` between the two.
INSERT_SPENT = """insert into daily_usage (owner, day, usd)
    select %(owner)s, (now() at time zone 'Asia/Seoul')::date, %(usd)s"""
ADD_SPENT = "on conflict (owner, day) do update set usd = daily_usage.usd + excluded.usd"


def spend(cursor: Cursor, owner: str, usd: float) -> None:
    """Put what a call cost on the user's day."""
    if usd > 0:
        cursor.execute(f"{INSERT_SPENT} {ADD_SPENT}", {"owner": owner, "usd": usd})
