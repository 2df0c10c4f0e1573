"""What the workers gave up, sent again: by an operator, or once by itself when another try may help.

A record stays in the table with its reason; `redriven_at` says that it was sent again. What fails again gets a record
of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from generation.fields import NUMBER, FieldConflict, missing
from generation.operations import poison_records as records
from generation.tasks import repository as tasks
from generation.tasks.model import QUEUE_OF
from generation.tasks.run import Announcer, Transactions
from shared.errors import ConflictError, NotFoundError, UnavailableError
from shared.messages import MOST_BYTES, QUEUES, TaskMessage, poison_queue
from shared.queues import QueueSender

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

_MOST = 10_000
_AT_ONCE = 100
# A service that was away needs a while; a seller who waits should not have to press the button.
_WAIT = timedelta(minutes=10)
_NOT_OLDER = timedelta(days=1)
TRANSIENT_CODES = (
    "rate_limited",
    "model_unavailable",
    "model_unreachable",
    "model_timeout",
    "answer_not_json",
    "answer_off_schema",
    "answer_truncated",
    "image_unusable",
    "photo_unreachable",
    "photo_unfetched",
    "product_service_unavailable",
    "assets_unavailable",
    "asset_unreadable",
    "database_unavailable",
    "queue_unavailable",
    "deadline_exceeded",
    "worker_lost",
    "internal_error",
)
# What an operator can mend: credit, keys, settings. Nobody else will, so these tasks wait for a redrive.
MENDABLE_CODES = (
    "quota_exhausted",
    "model_rejected",
    "model_misconfigured",
    "model_unknown",
    "product_service_rejected",
    "product_service_nonsense",
    "product_service_unset",
    "asset_rejected",
    "no_templates",
)


Ids = Annotated[list[UUID], Field(min_length=1, max_length=1000)]


class RedriveRequest(BaseModel):
    """POST /ops/queues/{name}/redrive: all that wait, the oldest `limit` of them, or those of `ids`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"anyOf": [missing("limit"), missing("ids")]}
    )

    limit: Annotated[int, Field(ge=1, le=_MOST), NUMBER] | None = None
    ids: Ids | None = None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.limit is not None and self.ids is not None:
            raise FieldConflict(["limit", "ids"], "give at most one of these")
        return self


class DiscardRequest(BaseModel):
    """POST /ops/queues/{name}/discard: these; what nobody has looked at is not discarded by the hundred."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: Ids


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many were sent again, and how many were not.

    Those need it no more (their task has ended well, runs, or is gone), or are larger than a queue takes.
    """

    moved: int
    skipped: int


def known_queue(name: str) -> str:
    """The work queue of a name, its own or its poison queue's.

    Raises:
        NotFoundError: no queue of ours.
    """
    for queue in QUEUES:
        if name in {queue, poison_queue(queue)}:
            return queue
    raise NotFoundError("There is no such queue.")


@dataclass(frozen=True, slots=True)
class Redriver:
    """Sends again what was given up."""

    database: Transactions
    queues: QueueSender
    announcer: Announcer

    async def redrive(self, queue: str, request: RedriveRequest) -> Redriven:
        """Send records of a queue again, oldest first.

        Raises:
            UnavailableError: PostgreSQL or the queue is away; what was not sent waits as before.
        """
        # Chosen once: what fails again meanwhile has a new record, and would be sent again and again.
        ids = await self._waiting(queue, request.limit or _MOST, request.ids)
        moved = sum([await self._send(poison_id) for poison_id in ids])
        done = Redriven(moved, len(ids) - moved)
        log.info("redriven", extra={"queue": queue, "moved": done.moved, "skipped": done.skipped})
        return done

    async def _waiting(self, queue: str, limit: int, ids: list[UUID] | None) -> list[UUID]:
        await self.database.run(record_failed_tasks)
        return await self.database.run(lambda cursor: records.waiting(cursor, queue, limit, ids))

    async def redrive_transient(self) -> int:
        """Send once more, after a while, what another try may help: tasks whose failure was somebody else's; how many.

        Raises:
            UnavailableError: PostgreSQL or a queue is away; the rest waits for the next time.
        """

        def due(cursor: Cursor) -> list[UUID]:
            record_failed_tasks(cursor)
            return records.due(cursor, TRANSIENT_CODES, _WAIT, _NOT_OLDER, _AT_ONCE)

        ids = await self.database.run(due)
        return sum([await self._send(poison_id) for poison_id in ids])

    async def _send(self, poison_id: UUID) -> bool:
        """Mark first, send then: a crash in between loses no task (the sweeper sends it), and sends nothing twice."""
        record = await self.database.run(lambda cursor: _taken(cursor, poison_id))
        if record is None:
            return False
        if record["task_id"] is None:
            await self._send_message(poison_id, record)
        else:
            await self._send_task(UUID(record["task_id"]), record)
        return True

    async def _send_message(self, poison_id: UUID, record: dict[str, Any]) -> None:
        try:
            await self.queues.send(record["queue"], record["body"])
        except UnavailableError:
            await self.database.run(lambda cursor: records.put_back(cursor, poison_id))
            raise

    async def _send_task(self, task_id: UUID, record: dict[str, Any]) -> None:
        self.announcer.notify(str(task_id))
        try:
            await self.queues.send(record["queue"], record["body"])
        except UnavailableError:
            # Not marked as enqueued: the sweeper looks for that within seconds, for a lost message after ten minutes.
            log.warning("not enqueued: the sweeper will", extra={"task_id": str(task_id)})
            return
        await self.database.run(lambda cursor: tasks.mark_enqueued(cursor, task_id))


def record_failed_tasks(cursor: Cursor) -> None:
    """Give every task of the last day that another try may help a record, so that it is seen and can be sent again."""
    records.add_failed_tasks(cursor, TRANSIENT_CODES + MENDABLE_CODES, _NOT_OLDER)


def _taken(cursor: Cursor, poison_id: UUID) -> dict[str, Any] | None:
    """The record, marked as redriven and its task queued again; None when there is nothing to do (any more)."""
    record = records.mark_redriven(cursor, poison_id)
    if record is None:
        return None
    if record["task_id"] is None:
        return record if _fits(cursor, poison_id, record["body"]) else None
    owner = records.owner_of_failed(cursor, record["task_id"])
    if owner is None:
        return None
    try:
        row = tasks.requeue(cursor, UUID(record["task_id"]), owner)
    except (ConflictError, NotFoundError):  # retried by its owner meanwhile
        return None
    message = TaskMessage(task_id=UUID(record["task_id"]), traceparent=row["traceparent"])
    return {**record, "queue": QUEUE_OF[row["kind"]], "body": message.encode()}


def _fits(cursor: Cursor, poison_id: UUID, body: str) -> bool:
    """Whether a queue takes the body; one that it cannot take waits on, and must not keep others from being sent."""
    if len(body.encode()) <= MOST_BYTES:
        return True
    records.put_back(cursor, poison_id)
    return False
