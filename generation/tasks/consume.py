"""What a queue function and a poison queue function do with a message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from generation.tasks import poison
from generation.tasks.run import STORE_POLICY, Announcer, Transactions
from generation.tasks.runner import TaskRunner
from shared.errors import MalformedError, PermanentError
from shared.messages import Message, TaskMessage, poison_queue, readable
from shared.queues import QueueSender
from shared.retry import retry
from shared.settings import TaskSettings
from shared.telemetry import start as telemetry
from shared.telemetry.tasks import poison_span, run_span

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

_MISCONFIGURED_DELAY_SECONDS = 60.0


class Root(Protocol):
    """What of the composition root is needed here."""

    async def warm(self) -> None:
        """Import what a task needs."""

    @property
    def runner(self) -> TaskRunner:
        """Runs tasks."""

    @property
    def queues(self) -> QueueSender:
        """Sends messages."""

    @property
    def database(self) -> Transactions:
        """PostgreSQL."""

    @property
    def tasks(self) -> TaskSettings:
        """How tasks are run."""

    @property
    def publisher(self) -> Announcer:
        """Publishes events."""


async def consume(root: Root, queue: str, body: bytes, invocation: str | None = None) -> None:
    """Run the task the message names; what is no message of ours goes to the poison queue as it is.

    Args:
        root: the composition root.
        queue: where the message came from.
        body: the message.
        invocation: the trace context of the host's own span, to which the run's gets a link.

    Raises:
        UnavailableError: the database or the queue is away; the host returns the message to the queue.
    """
    try:
        message = TaskMessage.decode(body)
    except MalformedError as error:
        log.warning("not our message", extra={"queue": queue, "reason": error.message, "bytes": len(body)})
        await root.queues.send(poison_queue(queue), readable(body))
        return
    async with telemetry.invocation():
        with run_span(queue, message, invocation):
            await _run(root, queue, message)


async def _run(root: Root, queue: str, message: TaskMessage) -> None:
    if runner := await configured(root, queue, message, lambda: root.runner):
        await runner.run(message, queue)


async def configured[T](root: Root, queue: str, message: Message, build: Callable[[], T]) -> T | None:
    """What `build` makes of the composition root.

    None where settings are missing or wrong: the message was sent again for later, so that nothing is lost while the
    operator mends them.
    """
    await root.warm()
    try:
        return build()
    except (ValueError, PermanentError):
        log.critical("misconfigured: see /generation/actuator/ready", exc_info=True)
        await root.queues.send(queue, message.encode(), delay=_MISCONFIGURED_DELAY_SECONDS)
        return None


async def consume_poison(root: Root, queue: str, body: bytes) -> None:
    """Record a message that was given up on, fail its task if it is unfinished, and tell its owner.

    Raises:
        UnavailableError: the database is away; the message stays in the poison queue.
    """
    try:
        message = TaskMessage.decode(body)
    except MalformedError as error:
        await keep(root, queue, readable(body), code=error.code, reason=error.message)
        return
    stale_after = root.tasks.stale_after
    with poison_span(queue, message):
        await _store(
            root, lambda cursor: poison.fail_and_record(cursor, uuid4(), queue, message, stale_after)
        )
    root.publisher.notify(str(message.task_id))


async def keep(root: Root, queue: str, body: str, *, code: str, reason: str) -> None:
    """Record what no task of ours is named in.

    Raises:
        UnavailableError: the database is away.
    """
    await _store(root, lambda cursor: poison.record(cursor, uuid4(), queue, body, code=code, reason=reason))


async def _store(root: Root, work: Callable[[Cursor], None]) -> None:
    await retry(lambda: root.database.run(work), STORE_POLICY)
