"""From a queue message to an ended task: claim, heartbeat, run, and what follows each kind of failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from generation.tasks import lease as leases
from generation.tasks import repository
from generation.tasks.explanations import explain_error
from generation.tasks.model import Lease, TaskKind
from generation.tasks.run import STORE_POLICY, Announcer, Outcome, Run, Transactions
from shared.errors import (
    AppError,
    LeaseLostError,
    TaskCancelledError,
    TransientError,
    UnavailableError,
)
from shared.messages import TaskMessage
from shared.queues import QueueSender, send_task
from shared.retry import RetryPolicy, retry
from shared.settings import TaskSettings
from shared.telemetry.tasks import ended

log = logging.getLogger(__name__)

type Handler = Callable[[Run], Awaitable[Outcome]]

_FIRST_DELAY_SECONDS = 5.0
_LONGEST_DELAY_SECONDS = 120.0
# A dependency of ours that is away is nobody's fault: a task outlasts hours of it.
_OUTAGE_DELIVERIES = 10
# While the database is away a message waits here; raising would use up the host's dequeue count.
_CLAIM_POLICY = RetryPolicy(attempts=1000, base=0.5, cap=5.0, deadline=60.0)
_AWAY_DELAY_SECONDS = 30.0
_STOPPING = "worker_stopping"


class Publisher(Announcer, Protocol):
    """What a run needs of notifications.publisher.Publisher."""

    async def flush(self, stream: str, timeout: float) -> bool:  # noqa: ASYNC109  the caller's bound, not a cancel scope
        """See Publisher.flush."""
        ...


class TaskRunner:
    """Runs tasks; one per process.

    Args:
        handlers: what makes each kind of task.
    """

    def __init__(
        self,
        *,
        database: Transactions,
        publisher: Publisher,
        queues: QueueSender,
        handlers: Mapping[TaskKind, Handler],
        settings: TaskSettings,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._queues = queues
        self._handlers = handlers
        self._settings = settings
        self._policy = RetryPolicy(attempts=settings.step_attempts, deadline=settings.step_timeout)

    async def run(self, message: TaskMessage, queue: str) -> None:
        """Run the message's task to its end, or give it back to the queue with a growing delay.

        A task that is finished, or that another live worker has, is left alone: the message has done its work.

        Raises:
            UnavailableError: the database and the queue are away; the host returns the message to the queue.
        """
        try:
            lease = await retry(lambda: self._claim(message), _CLAIM_POLICY)
        except UnavailableError:
            await send_task(self._queues, queue, message, delay=_AWAY_DELAY_SECONDS)
            return
        if lease is None:
            log.info("nothing to do", extra={"task_id": str(message.task_id)})
            ended("skipped")
            return
        await self.run_claimed(lease, message, queue)

    async def run_claimed(self, lease: Lease, message: TaskMessage, queue: str) -> None:
        """As `run`, from the claim on."""
        log.info("task claimed", extra=_ids(lease) | {"kind": lease.kind.value, "owner": lease.owner})
        await self._end(lease, message, queue, await self._attempt(lease))
        if lease.kind is not TaskKind.EMBEDDING:  # a document takes a second: the next is not kept waiting
            await self._publisher.flush(str(lease.task_id), self._settings.heartbeat)

    async def _claim(self, message: TaskMessage) -> Lease | None:
        return await self._database.run(
            lambda cursor: leases.claim(cursor, message.task_id, self._settings.stale_after)
        )

    async def _attempt(self, lease: Lease) -> AppError | None:
        """Do the work; None, or why it did not end well."""
        work = asyncio.create_task(self._work(lease))
        beat = asyncio.create_task(self._beat(lease, work))
        try:
            await work
        except asyncio.CancelledError:
            if beat.done() and not beat.cancelled() and isinstance(reason := beat.result(), AppError):
                return reason
            work.cancel()  # the host is stopping: hand the task back
            return TransientError("the worker is stopping", code=_STOPPING)
        except AppError as error:
            return error
        except Exception as error:
            # A bug of ours must not lose the task: it is tried again, then failed with `internal_error`.
            log.exception("unexpected error", extra=_ids(lease))
            return TransientError(repr(error), code="internal_error")
        finally:
            beat.cancel()
        return None

    async def _work(self, lease: Lease) -> None:
        run = Run(
            lease,
            await self._steps(lease),
            database=self._database,
            announcer=self._publisher,
            policy=self._policy,
            budget=self._settings.task_budget,
        )
        await run.complete(await self._handlers[lease.kind](run))

    async def _steps(self, lease: Lease) -> dict[str, Any]:
        """What earlier runs have stored."""
        if lease.attempt == 1:
            return {}
        return await self._database.run(lambda cursor: leases.steps(cursor, lease.task_id), autocommit=True)

    async def _beat(self, lease: Lease, work: asyncio.Task[None]) -> AppError:
        """Keep the lease; when it is gone, cancel the calls in flight and say why."""
        while True:
            await asyncio.sleep(self._settings.heartbeat)
            try:
                await self._database.run(lambda cursor: leases.heartbeat(cursor, lease), autocommit=True)
            except UnavailableError:
                log.warning("no heartbeat: the database is away", extra=_ids(lease))
            except (LeaseLostError, TaskCancelledError) as error:
                work.cancel()
                return error

    async def _end(self, lease: Lease, message: TaskMessage, queue: str, error: AppError | None) -> None:
        if error is None:
            log.info("task completed", extra=_ids(lease))
            ended("completed")
        elif isinstance(error, LeaseLostError | TaskCancelledError):
            log.info("run stopped", extra=_ids(lease) | {"code": error.code})
            ended("stopped")
        elif isinstance(error, TransientError) and not self._is_last(message, error):
            await self._give_back(lease, message, queue, error)
        else:
            await self._fail(lease, error)

    def _is_last(self, message: TaskMessage, error: TransientError) -> bool:
        patience = _OUTAGE_DELIVERIES if isinstance(error, UnavailableError) else 1
        return error.code != _STOPPING and message.delivery >= patience * self._settings.max_dequeue_count

    async def _fail(self, lease: Lease, error: AppError) -> None:
        log.error("task failed", extra=_ids(lease) | {"code": error.code, "reason": error.message})
        ended("failed", error.code)
        explained = explain_error(error)
        await retry(
            lambda: self._database.run(lambda cursor: leases.fail(cursor, lease, explained)),
            STORE_POLICY,
        )
        self._publisher.notify(str(lease.task_id))

    async def _give_back(self, lease: Lease, message: TaskMessage, queue: str, error: TransientError) -> None:
        """Queued again, with a delay that doubles; if the queue is away, the sweeper enqueues it."""
        ended("given_back", error.code)
        again, delay = _next(message, error)
        await retry(lambda: self._database.run(lambda cursor: leases.release(cursor, lease)), STORE_POLICY)
        try:
            await send_task(self._queues, queue, again, delay=delay)
            await self._database.run(lambda cursor: repository.mark_enqueued(cursor, lease.task_id))
        except UnavailableError:
            log.warning("not enqueued: the sweeper will", extra=_ids(lease))
        log.warning(
            "task given back",
            extra=_ids(lease) | {"code": error.code, "delay": delay, "reason": error.message},
        )


def _next(message: TaskMessage, error: TransientError) -> tuple[TaskMessage, float]:
    """The message for the next delivery and the seconds until it; a stopping worker is no failure."""
    if error.code == _STOPPING:
        return message, 0.0
    growing = _FIRST_DELAY_SECONDS * 2.0 ** min(message.delivery - 1, 10)
    delay = min(_LONGEST_DELAY_SECONDS, max(growing, error.retry_after or 0.0))
    return message.model_copy(update={"delivery": message.delivery + 1}), delay


def _ids(lease: Lease) -> dict[str, object]:
    return {"task_id": str(lease.task_id), "attempt": lease.attempt}
