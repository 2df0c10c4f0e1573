"""When timers fire and what their functions are told."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.functions_host.index import Binding, IndexedFunction, RetryPolicy
from local.functions_host.schedules import parse_schedule
from local.functions_host.timers import Timer, retry_delay
from local.functions_host.worker import Invocation


def function(retry: RetryPolicy | None = None, **settings: Any) -> IndexedFunction:
    """Return an indexed timer function."""
    return IndexedFunction("f", "id", (Binding("timer", "timerTrigger", "in", settings),), retry)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.time


async def ticks(timer: Timer, enough: Callable[[], bool]) -> None:
    """Run a timer until there were enough runs."""
    ticking = asyncio.create_task(timer.tick())
    async with asyncio.timeout(3):
        while not enough():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)
    timer.stop()
    await ticking


async def test_fires_at_each_occurrence_with_its_status() -> None:
    """Last and Next follow the schedule; nothing is past due."""
    clock, payloads = Clock(), list[dict[str, Any]]()

    async def run(invocation: Invocation) -> bool:
        payloads.append(json.loads(invocation.inputs[0][1].value))
        return True

    def late() -> datetime:
        clock.time += timedelta(minutes=5)  # every look at the clock finds the next occurrence due
        return clock.time

    await ticks(Timer(function(), parse_schedule("0 */5 * * * *"), run, late), lambda: len(payloads) >= 2)
    first, second = payloads[0], payloads[1]
    assert first["IsPastDue"] is False
    assert first["ScheduleStatus"]["Last"] == "0001-01-01T00:00:00+00:00"
    assert first["ScheduleStatus"]["Next"] == "2026-11-20T10:10:00+00:00"
    assert second["ScheduleStatus"]["Last"] > "2026-11-20T10:10:00"


async def test_run_on_startup_fires_before_the_schedule() -> None:
    """The first run is at once, and the schedule goes on from there."""
    runs = 0

    async def run(invocation: Invocation) -> bool:
        nonlocal runs
        runs += 1
        return True

    await ticks(Timer(function(runOnStartup=True), parse_schedule("01:00:00"), run), lambda: runs == 1)


async def test_no_two_runs_at_once_and_missed_occurrences_fire_once() -> None:
    """A run longer than its interval is followed by one other run, not by all that were missed."""
    clock, running, starts = Clock(), 0, list[datetime]()

    async def run(invocation: Invocation) -> bool:
        nonlocal running
        running += 1
        assert running == 1
        starts.append(clock.time)
        clock.time += timedelta(seconds=10)
        running -= 1
        return True

    timer = Timer(function(runOnStartup=True), parse_schedule("* * * * * *"), run, clock)
    await ticks(timer, lambda: len(starts) >= 3)
    assert starts[1] - starts[0] == timedelta(seconds=10)


async def test_retry_policy_runs_again_with_its_count() -> None:
    """A failure is tried again as often as the policy says, and the function is told."""
    counts = list[tuple[int, int]]()

    async def run(invocation: Invocation) -> bool:
        counts.append((invocation.retry_count, invocation.max_retry_count))
        return False

    policy = RetryPolicy(2, exponential=False, minimum=0.0, maximum=0.0)
    await ticks(
        Timer(function(policy, runOnStartup=True), parse_schedule("01:00:00"), run), lambda: len(counts) == 3
    )
    assert counts == [(0, 2), (1, 2), (2, 2)]


def test_exponential_delays_double_up_to_the_maximum() -> None:
    """2, 4, 8, then 10."""
    policy = RetryPolicy(9, exponential=True, minimum=2.0, maximum=10.0)
    assert [retry_delay(policy, attempt) for attempt in (1, 2, 3, 4)] == [2.0, 4.0, 8.0, 10.0]


async def test_schedule_without_occurrences_ends() -> None:
    """A date that never comes leaves nothing to wait for."""

    async def run(invocation: Invocation) -> bool:
        pytest.fail("must not run")

    async with asyncio.timeout(1):
        await Timer(function(), parse_schedule("0 0 0 30 2 *"), run).tick()
