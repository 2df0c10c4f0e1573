"""Deletes what nobody reads any more, in small batches and for a bounded time (docs/decisions/0015)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from generation.operations import purge_rows
from generation.operations.purge_rows import Batch
from generation.tasks.limits import SEOUL
from generation.tasks.run import Transactions
from shared.errors import UnavailableError
from shared.settings import RetentionSettings
from shared.telemetry import instruments

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

type Rule = Callable[[Cursor, int], Batch]

# What a batch that could not be done in time is cut to, so that no pile of large rows stops the purge for good.
_CUT = 8


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did.

    Attributes:
        rows: deleted, by table; steps that went with their task are not counted.
        finished: whether all that was due is gone or in another purger's hands; else time was up, and the next purge
            goes on from here.
    """

    rows: Mapping[str, int]
    finished: bool


@dataclass(frozen=True, slots=True)
class Purger:
    """Purges; any number of them at once, of which each may be killed at any moment.

    Attributes:
        database: where the rows are.
        settings: how many days what is kept.
        batch: tasks or rows that one transaction looks at.
        seconds: after which no further batch is begun.
        pause: seconds between two batches, for others' work on the same disk.
    """

    database: Transactions
    settings: RetentionSettings
    batch: int = 200
    seconds: float = 60.0
    pause: float = 0.05

    async def purge(self, now: datetime) -> Purged:
        """Delete what is due, every rule a batch in turn, so that none waits for another's backlog.

        Args:
            now: aware.

        Raises:
            UnavailableError: PostgreSQL is away; the batches before are done, and the next purge goes on.
        """
        ends = time.monotonic() + self.seconds
        rows: Counter[str] = Counter()
        left = self._rules(now)
        while left and time.monotonic() < ends:
            for rule in tuple(left):
                batch = await self._run(rule)
                rows.update(batch.removed)
                _count(batch)
                if not batch.more:
                    left.remove(rule)
            if left:
                await asyncio.sleep(self.pause)
        return Purged({table: count for table, count in rows.items() if count}, finished=not left)

    async def _run(self, rule: Rule) -> Batch:
        limit = self.batch
        while True:
            try:
                return await self.database.run(partial(_limited, rule, limit), patient=True)
            except UnavailableError:
                if limit == 1:
                    raise
                limit = max(1, limit // _CUT)

    def _rules(self, now: datetime) -> list[Rule]:
        def days_ago(days: int) -> datetime:
            return now - timedelta(days=days)

        kept = self.settings
        steps, done, failed = map(days_ago, (kept.step_days, kept.task_days, kept.failed_days))
        # Days end in Seoul, where they are counted too.
        spent = days_ago(kept.usage_days).astimezone(SEOUL).date()
        return [
            lambda cursor, limit: purge_rows.steps(cursor, now, steps, limit),
            lambda cursor, limit: purge_rows.tasks(cursor, now, done, failed, limit),
            lambda cursor, limit: purge_rows.poison_messages(cursor, failed, limit),
            lambda cursor, limit: purge_rows.daily_usage(cursor, spent, limit),
        ]


def _limited(rule: Rule, limit: int, cursor: Cursor) -> Batch:
    return rule(cursor, limit)


def _count(batch: Batch) -> None:
    """Batch by batch: what was deleted before an outage is told too."""
    for table, count in batch.removed.items():
        if count:
            instruments.ROWS_PURGED.record(count, {"table": table})
