"""From a document to a queued embedding task: row, content and task in one transaction, then the message."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from generation.documents import repository as documents
from generation.documents.requests import Document, EmbeddingRequest
from generation.tasks import lease as leases
from generation.tasks import repository as tasks
from generation.tasks.limits import Allowance, require_room
from generation.tasks.model import Lease, TaskKind
from generation.tasks.repository import NewTask
from generation.tasks.run import Announcer, Transactions
from generation.tasks.submit import checked_key
from shared.errors import UnavailableError
from shared.messages import EMBEDDING_QUEUE, TaskMessage
from shared.queues import QueueSender, send_task
from shared.times import now

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

# A shop brings its documents by the hundred, and one costs a ten-thousandth of a page.
_RATE_FACTOR = 20
# Of thirty messages that come together the first is on its way to the model while the last are still taken in.
_TAKEN_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class DocumentSubmitter:
    """Takes documents in.

    Attributes:
        model: the embedding model: another one means that a document is to be embedded again.
        rate, budget: what a user may do, see tasks/limits.py; documents count for a twentieth.
        turns: of the messages that are being taken in.
    """

    database: Transactions
    queues: QueueSender
    announcer: Announcer
    model: str
    rate: int
    budget: float
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_TAKEN_AT_ONCE))

    async def submit(
        self,
        owner: str,
        document: Document,
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        limited: bool = True,
    ) -> dict[str, Any]:
        """The row of the task that embeds the document, in its queue; the one there is, if nothing has changed.

        Not `limited` are documents of producers, who are trusted: neither rate nor budget.

        With the queue away the document is accepted nevertheless: the sweeper enqueues it, and a caller who repeats
        the request finds it.

        Raises:
            ConflictError: `stale_version`, `idempotency_key_reused`. FieldsError: the key is not printable ASCII.
            LimitedError: the user's rate or day's budget. UnavailableError: PostgreSQL is away.
        """
        key, arrived = checked_key(idempotency_key), now()

        def store(cursor: Cursor) -> tuple[dict[str, Any], bool]:
            request = self._request(document)
            if key and (known := tasks.by_key(cursor, owner, key, _digest(document, request))):
                return known, False
            return self._accept(
                cursor, owner, document, arrived, limited=limited, key=key, traceparent=traceparent
            )

        row, new = await self.database.run(store)
        if new:
            await self._enqueue(row, traceparent)
        return row

    async def take(self, owner: str, document: Document, sent: datetime, stale_after: float) -> Lease | None:
        """As `submit`, for a producer's message that is being worked on already: nothing is sent, no rate limit.

        The task is claimed with it; None: the document is embedded already, or by another worker just now.

        Args:
            owner: the document's.
            document: as the message has it.
            sent: when the message was put into its queue.
            stale_after: seconds without a heartbeat after which a worker's task may be taken over.

        Raises:
            ConflictError: `stale_version`. UnavailableError: PostgreSQL is away.
        """

        def store(cursor: Cursor) -> tuple[UUID, Lease | None]:
            row, _ = self._accept(cursor, owner, document, now(), limited=False, sent=sent)
            task_id = UUID(str(row["task_id"]))
            return task_id, leases.claim(cursor, task_id, stale_after)

        async with self.turns:
            task_id, lease = await self.database.run(store)
        self.announcer.notify(str(task_id))
        return lease

    def _accept(
        self,
        cursor: Cursor,
        owner: str,
        document: Document,
        arrived: datetime,
        *,
        limited: bool,
        key: str | None = None,
        traceparent: str | None = None,
        sent: datetime | None = None,
    ) -> tuple[dict[str, Any], bool]:
        request = self._request(document)
        before = documents.locked(cursor, owner, document.post_id)
        version = documents.next_version(before, document.version, arrived, sent=sent)
        same = documents.live_task(cursor, before, request.sha256)
        if same is None and limited:
            rate = self.rate * _RATE_FACTOR
            require_room(cursor, owner, Allowance((TaskKind.EMBEDDING,), rate, self.budget, arrived))
        task_id = None if same else uuid4()
        documents.store(cursor, owner, document, version=version, sha256=request.sha256, task_id=task_id)
        if same is not None or task_id is None:
            return same or {}, False
        task = NewTask(
            task_id,
            TaskKind.EMBEDDING,
            owner,
            request.stored(),
            _digest(document, request),
            key,
            traceparent,
            enqueued_at=arrived if sent else None,
        )
        return tasks.create(cursor, task)

    def _request(self, document: Document) -> EmbeddingRequest:
        return EmbeddingRequest(post_id=document.post_id, sha256=document.sha256(self.model))

    async def _enqueue(self, row: dict[str, Any], traceparent: str | None) -> None:
        task_id = row["task_id"]
        try:
            message = TaskMessage(task_id=task_id, traceparent=traceparent)
            await send_task(self.queues, EMBEDDING_QUEUE, message)
            await self.database.run(lambda cursor: tasks.mark_enqueued(cursor, task_id))
        except UnavailableError:
            log.warning("not enqueued: the sweeper will", extra={"task_id": str(task_id)})
        self.announcer.notify(str(task_id))
        log.info("document accepted", extra={"task_id": str(task_id), "owner": row["owner"]})


def _digest(document: Document, request: EmbeddingRequest) -> str:
    return f"{request.sha256}:{document.post_id}:{document.version or ''}"
