"""What a crash left behind: tasks stored but never enqueued, tasks whose worker died, messages that were lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from generation.tasks import lease, poison, repository
from generation.tasks.explanations import explain
from generation.tasks.model import QUEUE_OF
from generation.tasks.run import Announcer, Transactions
from shared.messages import TaskMessage
from shared.queues import QueueSender, send_task
from shared.settings import TaskSettings

log = logging.getLogger(__name__)

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Enqueues stale tasks again; gives up one that has killed its workers too often."""

    database: Transactions
    queues: QueueSender
    announcer: Announcer
    settings: TaskSettings

    async def sweep(self) -> int:
        """Mend up to a hundred tasks; how many.

        Two sweeps at once may enqueue a task twice, which its lease makes harmless.

        Raises:
            UnavailableError: the database or the queue is away; what was not sent is found by the next sweep.
        """
        stale_after = self.settings.stale_after
        rows = await self.database.run(lambda cursor: repository.stale(cursor, stale_after, _AT_ONCE))
        for row in rows:
            if row["crashes"] >= self.settings.max_dequeue_count:
                await self._give_up(row)
            else:
                await self._send(row)
        return len(rows)

    async def _send(self, row: dict[str, Any]) -> None:
        message = _message(row)
        await send_task(self.queues, QUEUE_OF[row["kind"]], message)
        await self.database.run(lambda cursor: repository.mark_enqueued(cursor, message.task_id))
        log.warning("task enqueued again", extra={"task_id": str(message.task_id), "crashes": row["crashes"]})

    async def _give_up(self, row: dict[str, Any]) -> None:
        message, queue = _message(row), QUEUE_OF[row["kind"]]

        def work(cursor: Any) -> None:
            if lease.abandon(cursor, message.task_id, explain("worker_lost"), self.settings.stale_after):
                poison.record_task(cursor, uuid4(), queue, message, row)

        await self.database.run(work)
        self.announcer.notify(str(message.task_id))
        log.error("task given up: its worker died again and again", extra={"task_id": str(message.task_id)})


def _message(row: dict[str, Any]) -> TaskMessage:
    return TaskMessage(task_id=UUID(str(row["task_id"])), traceparent=row["traceparent"])
