"""What a user may ask for: new tasks a minute and money a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from generation.tasks.model import TaskKind
from shared.errors import LimitedError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

SEOUL = ZoneInfo("Asia/Seoul")
_WINDOW_SECONDS = 60.0


# Two requests of one user at the same time must not both find the last place. Before the statement that counts, in
# the same message: that one sees what was committed while this one waited (Read Committed: a snapshot a statement).
LOCK_USER = "select pg_advisory_xact_lock(7403, hashtext(%(owner)s));"

# Whether a user has room for one more task, with why not and until when.
ROOM = """
select *, made < %(rate)s and coalesce(spent, 0) < %(budget)s as free
from (select (select count(*) from tasks where owner = %(owner)s and created_at > %(since)s
                  and kind = any(%(kinds)s)) as made,
             (select created_at from tasks where owner = %(owner)s and created_at > %(since)s
                  and kind = any(%(kinds)s) order by created_at desc offset %(rate)s - 1 limit 1) as frees,
             (select usd from daily_usage where owner = %(owner)s and day = %(day)s) as spent) as used
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one user may ask for.

    Attributes:
        kinds: which tasks count; documents have a rate of their own.
        rate: new tasks within a minute.
        budget: USD a day of the Korean calendar.
        now: aware.
    """

    kinds: Sequence[TaskKind]
    rate: int
    budget: float
    now: datetime

    def values(self, owner: str) -> dict[str, Any]:
        """What LOCK_USER and ROOM are filled with."""
        return {
            "owner": owner,
            "kinds": [kind.value for kind in self.kinds],
            "since": self.now - timedelta(seconds=_WINDOW_SECONDS),
            "rate": self.rate,
            "budget": self.budget,
            "day": self.now.astimezone(SEOUL).date(),
        }

    def refusal(self, row: dict[str, Any]) -> LimitedError | None:
        """Why there is no room, of a row of ROOM: `rate_limited` or `budget_used`, and when it frees."""
        if row["free"]:
            return None
        if row["made"] >= self.rate and row["frees"] is not None:
            waits = max(1.0, _WINDOW_SECONDS - (self.now - row["frees"]).total_seconds())
            return LimitedError(
                f"At most {self.rate} new tasks a minute.", retry_after=waits, code="rate_limited"
            )
        return self.used_up()

    def used_up(self) -> LimitedError:
        """The day's budget is used up: `budget_used`, and when it frees."""
        return LimitedError(
            f"Today's budget of {self.budget:g} USD is used up.",
            retry_after=until_midnight(self.now),
            code="budget_used",
        )


def require_room(cursor: Cursor, owner: str, allowance: Allowance) -> None:
    """Refuse a new task of a user who has used up the rate or the day's budget; holds until the transaction ends.

    Raises:
        LimitedError: see Allowance.refusal.
    """
    cursor.execute(f"{LOCK_USER} {ROOM}", allowance.values(owner))
    refusal = allowance.refusal(dict(cursor.fetchone() or {}))
    if refusal:
        raise refusal


def require_budget(cursor: Cursor, owner: str, allowance: Allowance) -> None:
    """Refuse more paid work of a user who has used up the day's budget; the rate is for new tasks.

    Raises:
        LimitedError: `budget_used`.
    """
    cursor.execute(
        "select usd from daily_usage where owner = %(owner)s and day = %(day)s", allowance.values(owner)
    )
    row = cursor.fetchone()
    if row is not None and row["usd"] >= allowance.budget:
        raise allowance.used_up()


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
