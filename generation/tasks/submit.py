"""From a request to a queued task: the row first, then the message."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from generation.tasks import repository
from generation.tasks.limits import Allowance, require_budget
from generation.tasks.marks import Marks
from generation.tasks.model import QUEUE_OF, TaskKind
from generation.tasks.repository import NewTask
from generation.tasks.run import Announcer, Transactions
from shared.errors import FieldIssue, FieldsError, UnavailableError
from shared.messages import TaskMessage
from shared.queues import QueueSender, send_task
from shared.times import now

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

_MAX_KEY = 200
_RATED = (TaskKind.PAGE, TaskKind.IMAGE, TaskKind.BLOCK)


@dataclass(frozen=True, slots=True)
class Submitter:
    """Takes work in."""

    database: Transactions
    queues: QueueSender
    announcer: Announcer
    rate: int
    budget: float
    marks: Marks

    async def submit(
        self,
        kind: TaskKind,
        owner: str,
        request: dict[str, Any],
        *,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
    ) -> dict[str, Any]:
        """The task's row, stored and in its queue; for a repeated Idempotency-Key the one that is there already.

        When the queue is away the row is taken back, so that a caller who tries again does not get two tasks. A
        crash between row and message is the sweeper's to mend.

        Raises:
            ConflictError: the key was used with another request. FieldsError: the key is not printable ASCII.
            LimitedError: the user's rate or day's budget is used up.
            UnavailableError: Postgres or the queue is away; nothing was accepted.
        """
        task_id = uuid4()
        key = checked_key(idempotency_key)

        def store(cursor: Cursor) -> tuple[dict[str, Any], bool]:
            digest = _digest(kind, request)
            if key and (known := repository.by_key(cursor, owner, key, digest)):
                return known, False
            task = NewTask(task_id, kind, owner, request, digest, key, traceparent)
            return repository.create(cursor, task, self._allowance())

        row, new = await self.database.run(store, autocommit=True)
        if new:
            await self._enqueue(
                kind, task_id, traceparent, lambda cursor: repository.withdraw(cursor, task_id)
            )
            log.info("task accepted", extra={"task_id": str(task_id), "kind": kind.value, "owner": owner})
        return row

    async def retry(self, task_id: UUID, owner: str) -> dict[str, Any]:
        """Queue a failed or cancelled task again; it goes on from its first unfinished step.

        Raises:
            NotFoundError, ConflictError: see repository.requeue. LimitedError: the day's budget is used up.
            UnavailableError: it stays failed.
        """

        def again(cursor: Cursor) -> dict[str, Any]:
            row = repository.requeue(cursor, task_id, owner)
            require_budget(cursor, owner, self._allowance())
            return row

        row = await self.database.run(again)
        await self._enqueue(TaskKind(row["kind"]), task_id, row["traceparent"])
        return row

    def _allowance(self) -> Allowance:
        return Allowance(_RATED, self.rate, self.budget, now())

    async def _enqueue(
        self,
        kind: TaskKind,
        task_id: UUID,
        traceparent: str | None,
        otherwise: Callable[[Cursor], None] | None = None,
    ) -> None:
        message = TaskMessage(task_id=task_id, traceparent=traceparent)
        try:
            await send_task(self.queues, QUEUE_OF[kind], message)
        except UnavailableError:
            if otherwise is None:
                log.warning("not enqueued: the sweeper will", extra={"task_id": str(task_id)})
                return
            await self.database.run(otherwise)
            raise
        self.announcer.notify(str(task_id))
        self.marks.add(task_id)


def checked_key(key: str | None) -> str | None:
    """An Idempotency-Key as given, or FieldsError."""
    if key is None or (key.isascii() and key.isprintable() and 0 < len(key) <= _MAX_KEY):
        return key
    problem = f"must be 1 to {_MAX_KEY} printable ASCII characters"
    raise FieldsError([FieldIssue("Idempotency-Key", problem)])


def _digest(kind: TaskKind, request: dict[str, Any]) -> str:
    canonical = json.dumps([kind.value, request], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
