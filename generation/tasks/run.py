"""One run of a task: steps that are paid for once, progress, warnings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel

from generation.ports import Meter
from generation.tasks import lease as leases
from generation.tasks.explanations import warning
from generation.tasks.model import Lease, Progress
from shared.errors import AppError, InvalidError, PermanentError, TransientError, UnavailableError
from shared.retry import RetryPolicy, retry
from shared.telemetry.tasks import step_span

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

# Storing a result that was paid for is worth waiting for: the database may be restarting.
STORE_POLICY = RetryPolicy(attempts=60, base=0.2, cap=2.0, deadline=60.0)


class Transactions(Protocol):
    """Runs a function of a cursor in one transaction (shared.db.pool.Database)."""

    async def run[T](
        self, work: Callable[[Cursor], T], *, autocommit: bool = False, patient: bool = False
    ) -> T:
        """See Database.run."""
        ...


class Announcer(Protocol):
    """Publishes a task's events soon after their commit (notifications.publisher.Publisher)."""

    def notify(self, stream: str) -> None:
        """See Publisher.notify."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run made: the task's result, and what is to be written in the transaction that completes it."""

    result: dict[str, Any]
    write: Callable[[Cursor], None]


class Run:
    """Handed to a task's handler; see `step`.

    Attributes:
        lease: whose task, which request, which attempt.
        warnings: what the result had to do without, as stored on the task.
    """

    def __init__(
        self,
        lease: Lease,
        stored: dict[str, Any],
        *,
        database: Transactions,
        announcer: Announcer,
        policy: RetryPolicy,
        budget: float,
    ) -> None:
        self.lease = lease
        self.warnings: list[dict[str, str]] = []
        self._stored = stored
        self._database = database
        self._announcer = announcer
        self._policy = policy
        self._left = budget - lease.usd
        self._unstored = Meter()
        self._done = 0
        self._total = 1

    def expect(self, total: int) -> None:
        """Say how many steps there will be in all."""
        self._total = total

    def expect_more(self) -> None:
        """Say that there will be one step more than expected."""
        self._total += 1

    def warn(self, *warnings: dict[str, str]) -> None:
        """Tell the owner of something that does not keep the task from completing."""
        self.warnings.extend(warnings)

    async def step[M: BaseModel](
        self, key: str, model: type[M], make: Callable[[Meter], Awaitable[M]], message: str
    ) -> M:
        """The stored result of step `key`, or what `make` gives now, stored with its progress event.

        `make` is retried on transient errors; what the calls cost is on the task either way. A crash between
        the provider's answer and the store is the one window in which a call can be paid for twice.

        Raises:
            AppError: `make`'s last one. LeaseLostError, TaskCancelledError: this run must stop.
        """
        if key in self._stored:
            self._done += 1
            return model.model_validate(self._stored[key]["value"])
        with step_span(key):
            value = await self._make(make)
            await self._save(key, {"value": value[0].model_dump(mode="json")}, value[1], message)
        return value[0]

    async def optional_step[M: BaseModel](
        self, key: str, model: type[M], make: Callable[[Meter], Awaitable[M]], message: str, *, otherwise: str
    ) -> M | None:
        """As `step`, but when `make` fails for good: None, and a warning.

        The warning's code says why it failed; its words also say what stands in (`otherwise`, of explanations.py).
        """
        if "missing" in self._stored.get(key, {}):
            self._done += 1
            self.warnings.append(self._stored[key]["missing"])
            return None
        try:
            return await self.step(key, model, make, message)
        except UnavailableError:
            raise  # our own database or store: the whole run waits for it, nothing is lost
        except (PermanentError, TransientError, InvalidError) as error:
            log.warning("step is missing", extra={"step": key, "code": error.code, **self._ids()})
            missing = warning(error, key, otherwise)
            self.warnings.append(missing)
            await self._save(key, {"missing": missing}, Meter(), message)
            return None

    async def call[T](self, make: Callable[[Meter], Awaitable[T]]) -> T:
        """What `make` gives, retried as in `step` and paid for by the task, but stored by nobody until `complete`.

        For a task of one call, whose outcome holds the result: a step would store it twice.

        Raises:
            AppError: `make`'s last one.
        """
        value, meter = await self._make(make)
        self._unstored.add(**asdict(meter))
        return value

    async def forget(self, keys: Sequence[str]) -> None:
        """Drop stored steps whose result is no longer there, so that the next run makes them again."""
        await self._store(lambda cursor: leases.forget_steps(cursor, self.lease, keys))

    async def complete(self, outcome: Outcome) -> None:
        """Store the result and end the task, all in one transaction.

        Tasks that begin go first: their calls are what takes time, and they are made sooner.
        """

        def work(cursor: Cursor) -> None:
            leases.heartbeat(cursor, self.lease)  # first, so that a repeat after a lost answer stops here
            outcome.write(cursor)
            leases.complete(cursor, self.lease, outcome.result, self.warnings, meter=self._unstored)

        await self._store(work, patient=True)

    async def _make[T](self, make: Callable[[Meter], Awaitable[T]]) -> tuple[T, Meter]:
        if self._left <= 0:
            raise PermanentError("the task's budget is used up", code="task_budget_used")
        meter = Meter()
        try:
            return await retry(lambda: make(meter), self._policy), meter
        except AppError:
            if meter != Meter():
                await self._store(lambda cursor: leases.add_cost(cursor, self.lease, meter))
            raise
        finally:
            self._left -= meter.usd

    async def _save(self, key: str, result: dict[str, Any], meter: Meter, message: str) -> None:
        self._done += 1
        percent = min(99, round(100 * self._done / self._total))
        progress = Progress(percent, key, self._done, self._total, message)
        await self._store(
            lambda cursor: leases.save_step(cursor, self.lease, key, result, meter=meter, progress=progress)
        )
        log.info("step stored", extra={"step": key, "percent": percent, **self._ids()})

    async def _store(self, work: Callable[[Cursor], None], *, patient: bool = False) -> None:
        await retry(lambda: self._database.run(work, patient=patient), STORE_POLICY)
        self._announcer.notify(str(self.lease.task_id))

    def _ids(self) -> dict[str, Any]:
        return {"task_id": str(self.lease.task_id), "attempt": self.lease.attempt}


async def all_of[T](*steps: Awaitable[T]) -> list[T]:
    """Await steps side by side.

    When one fails the others still run to their end, so that what they pay for is stored; then the first error
    is raised.
    """
    return [_value(result) for result in await asyncio.gather(*steps, return_exceptions=True)]


async def both[A, B](first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    """As `all_of`, for two of different types."""
    one, other = await asyncio.gather(first, second, return_exceptions=True)
    return _value(one), _value(other)


def _value[T](result: T | BaseException) -> T:
    if isinstance(result, BaseException):
        raise result
    return result
