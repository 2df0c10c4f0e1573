"""The timer trigger: one run at a time, on a schedule in UTC.

As in Azure/azure-webjobs-sdk-extensions (TimerListener): the next occurrence is counted from the start of a run, and
an occurrence that came up while the function was running fires once, at once. The status Azure keeps in a blob is kept
in memory, so that a fresh host is never past due. On Azure a lease lets one instance of many run the timers: of several
local hosts with the same app, start all but one with --no-timers.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from local.functions_host.index import IndexedFunction, RetryPolicy
from local.functions_host.schedules import Schedule, is_monitored
from local.functions_host.triggers import timer_invocation
from local.functions_host.worker import Invocation

log = logging.getLogger("local.functions_host.timers")

type Run = Callable[[Invocation], Awaitable[bool]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def retry_delay(policy: RetryPolicy, attempt: int) -> float:
    """Return the seconds before the given retry, counted from 1; exponential delays double up to the maximum."""
    if not policy.exponential:
        return policy.minimum
    return min(policy.minimum * 2.0 ** (attempt - 1), policy.maximum)


class Timer:
    """Fires one function until it is stopped."""

    def __init__(
        self, function: IndexedFunction, schedule: Schedule, run: Run, now: Callable[[], datetime] = _utc_now
    ) -> None:
        settings = function.trigger.settings
        self._function = function
        self._schedule = schedule
        self._run = run
        self._now = now
        self._at_start = bool(settings.get("runOnStartup", False))
        self._monitored = is_monitored(schedule, use_monitor=bool(settings.get("useMonitor", True)))
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Fire no more; `tick` returns once a run under way is over."""
        self._stop.set()

    async def tick(self) -> None:
        """Fire at every occurrence until stopped, or until the schedule has none left."""
        last: datetime | None = None
        started = self._now()
        due = self._schedule.next_after(started)
        if self._at_start:
            due, last = await self._fire(last, due or started, early=True)
        while due is not None and not await self._stopped_within((due - self._now()).total_seconds()):
            due, last = await self._fire(last, due)

    async def _fire(
        self, last: datetime | None, due: datetime, *, early: bool = False
    ) -> tuple[datetime | None, datetime]:
        """Run the function; return its next occurrence and when this one was."""
        at = (
            self._now() if early else max(self._now(), due)
        )  # a clock that lags must not fire an occurrence twice
        await self._with_retries(last, due)
        return self._schedule.next_after(at), at

    async def _with_retries(self, last: datetime | None, due: datetime) -> None:
        policy = self._function.retry
        for attempt in range(1 + (policy.max_retry_count if policy else 0)):
            if policy and attempt and await self._stopped_within(retry_delay(policy, attempt)):
                return
            invocation = timer_invocation(
                self._function, last=last, due=due, monitored=self._monitored, retry_count=attempt
            )
            if await self._run(invocation):
                return

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._stop.wait()
        return self._stop.is_set()
