"""How it is purged: in small batches, for a bounded time, by several at once, broken off at any moment."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from generation.operations.retention import Purger
from shared.errors import UnavailableError
from shared.settings import RetentionSettings
from shared.telemetry import instruments
from shared.times import now
from tests.contract.operations.attic import Attic, Interrupted


async def fill(attic: Attic) -> None:
    """Pages, blocks and failures, and what goes with them: of every rule more than a batch."""
    await attic.tasks(30, 100, kind="page")
    await attic.tasks(30, 100)
    await attic.tasks(30, 100, status="failed")
    await attic.rows(
        """insert into daily_usage (owner, day, usd)
           select n::text, current_date - 500, 1 from generate_series(1, 30) as n"""
    )
    await attic.rows(
        """insert into poison_messages (poison_id, queue, body, code, reason, attempts, created_at, redriven_at)
           select gen_random_uuid(), 'q', '', '', '', 1, now() - interval '100 days', now() - interval '99 days'
           from generate_series(1, 30)"""
    )


async def left(attic: Attic) -> dict[str, int]:
    tables = ("tasks", "task_steps", "daily_usage", "poison_messages")
    return {table: await attic.count(table) for table in tables}


ALL_DONE = {"tasks": 30, "task_steps": 30, "daily_usage": 0, "poison_messages": 0}


class Taken:
    """A meter that keeps what it is told."""

    def __init__(self) -> None:
        self.rows: dict[Any, float] = {}

    def record(self, instrument: instruments.Instrument, value: float, attributes: Any) -> None:
        assert instrument is instruments.ROWS_PURGED
        self.rows[attributes["table"]] = self.rows.get(attributes["table"], 0) + value

    def observe(self, instrument: instruments.Instrument, look: Any) -> None:
        raise AssertionError


async def test_batches_are_small_and_end(attic: Attic) -> None:
    """No transaction deletes more than its batch allows, and the log and the metric have the sums."""
    await fill(attic)
    batches: list[dict[str, int]] = []

    class Watching:
        async def run(self, work: Any, *, autocommit: bool = False, patient: bool = False) -> Any:
            assert patient
            batch = await attic.database.run(work, autocommit=autocommit, patient=patient)
            batches.append(dict(batch.removed))
            return batch

    taken = Taken()
    instruments.install(taken)
    try:
        purged = await Purger(Watching(), RetentionSettings(), batch=7, pause=0.0).purge(now())
    finally:
        instruments.install(None)
    assert max(batch.get("tasks", 0) for batch in batches) == 7
    assert max(batch.get("daily_usage", 0) for batch in batches) == 7
    assert max(batch.get("poison_messages", 0) for batch in batches) == 7
    assert max(batch.get("task_steps", 0) for batch in batches) <= 21
    assert purged.rows == taken.rows
    assert (purged.rows["tasks"], purged.finished) == (60, True)
    assert await left(attic) == ALL_DONE


async def test_time_is_bounded(attic: Attic) -> None:
    """When it is up nothing more is begun, and the next purge goes on from there, whatever comes first."""
    await fill(attic)
    assert not (await attic.purger(seconds=0.0).purge(now())).finished
    assert (await left(attic))["tasks"] == 90
    rounds = 0
    while not (await attic.purger(batch=20, pause=0.02, seconds=0.01).purge(now())).finished:
        rounds += 1
    assert rounds >= 2
    assert await left(attic) == ALL_DONE


async def test_purgers_side_by_side_delete_each_row_once(attic: Attic) -> None:
    """Their counts add up to what was there; none waits for another or deletes what is not due."""
    await fill(attic)
    purgers = [attic.purger(batch=3) for _ in range(3)]
    found = await asyncio.gather(*(purger.purge(now()) for purger in purgers))
    await attic.purge(0)
    assert await left(attic) == ALL_DONE
    for table, most in (("tasks", 60), ("daily_usage", 30), ("poison_messages", 30)):
        assert sum(purged.rows.get(table, 0) for purged in found) == most


@pytest.mark.parametrize("at", [1, 2, 6, 11])
async def test_broken_off_anywhere_it_loses_and_forgets_nothing(attic: Attic, at: int) -> None:
    """The batch at hand is undone as a whole, mark and all; the next purge does it."""
    await fill(attic)
    database = Interrupted(attic.database, at)
    with pytest.raises(UnavailableError):
        await Purger(database, RetentionSettings(), batch=10, pause=0.0).purge(now())
    await attic.purge(0)
    assert await left(attic) == ALL_DONE
    plans = await attic.rows("select distinct step_key from task_steps")
    assert [row["step_key"] for row in plans] == ["plan"]


async def test_what_takes_too_long_is_done_in_smaller_parts(attic: Attic) -> None:
    """A batch that is broken off by its time limit again and again would stop the purge for good."""
    await fill(attic)

    class Slow:
        async def run(self, work: Any, *, autocommit: bool = False, patient: bool = False) -> Any:
            def timed(cursor: Any) -> Any:
                batch = work(cursor)
                if max(batch.removed.values(), default=0) > 5:
                    raise UnavailableError("it does not answer in time")
                return batch

            return await attic.database.run(timed, autocommit=autocommit, patient=patient)

    assert (await Purger(Slow(), RetentionSettings(), batch=9, pause=0.0).purge(now())).finished
    assert await left(attic) == ALL_DONE


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("RETENTION_STEP_DAYS", 0),
        ("RETENTION_TASK_DAYS", 7),
        ("RETENTION_FAILED_DAYS", -1),
        ("RETENTION_USAGE_DAYS", 1),
        ("RETENTION_USAGE_DAYS", 10**6),
    ],
)
def test_days_that_would_break_a_promise_are_refused(name: str, days: int) -> None:
    """A message lives seven days in its queue, and budgets read two days of usage around midnight."""
    with pytest.raises(ValidationError):
        RetentionSettings.model_validate({name: days})
