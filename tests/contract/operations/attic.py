"""Old things, by the day and by the hundred."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from generation.operations.retention import Purged, Purger
from shared.db.pool import Database
from shared.settings import RetentionSettings
from shared.times import now

_TASKS = """
with made as (
    insert into tasks (task_id, kind, owner, request, request_sha256, status, finished_at)
    select gen_random_uuid(), %(kind)s, 'many', '{}', '', %(status)s,
        now() - make_interval(days => %(days)s) - n %% 3 * interval '1 second'
    from generate_series(1, %(count)s) as n
    returning task_id
)
insert into task_steps (task_id, step_key, result, attempt)
select task_id, key, '{}', 1 from made cross join unnest(array['product', 'plan', 'block:1']) as key
"""


@dataclass
class Attic:
    """Fills the tables with what is old, and purges as if days had passed."""

    database: Database

    def purger(self, **more: Any) -> Purger:
        """With settings' defaults; it does not pause."""
        return Purger(self.database, RetentionSettings(), **{"pause": 0.0, **more})

    async def purge(self, days: float, **more: Any) -> Purged:
        """The purge of so many days from now."""
        return await self.purger(**more).purge(now() + timedelta(days=days))

    async def tasks(self, count: int, days: int, kind: str = "block", status: str = "completed") -> None:
        """So many tasks with three steps each, finished so many days ago, some in the same moment."""
        await self.rows(_TASKS, kind=kind, status=status, days=days, count=count)

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Whatever a statement gives."""

        def work(cursor: Any) -> list[dict[str, Any]]:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

        return await self.database.run(work)

    async def count(self, table: str) -> int:
        """Rows of a table."""
        [row] = await self.rows(f"select count(*) as n from {table}")  # noqa: S608  our own names
        return int(row["n"])

    async def steps(self, task_id: UUID) -> set[str]:
        """Keys of a task's stored steps."""
        sql = "select step_key from task_steps where task_id = %(id)s"
        return {row["step_key"] for row in await self.rows(sql, id=str(task_id))}


@dataclass
class Interrupted:
    """A database whose connections break before the commit, of every transaction from the one `at` on."""

    database: Database
    at: int
    seen: int = 0

    async def run[T](self, work: Callable[[Any], T], *, autocommit: bool = False, patient: bool = False) -> T:
        self.seen += 1
        if self.seen < self.at:
            return await self.database.run(work, autocommit=autocommit, patient=patient)

        def killed(cursor: Any) -> T:
            done = work(cursor)
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")
            return done

        return await self.database.run(killed)
