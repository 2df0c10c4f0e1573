"""Which tasks are in their queue, noted many at a time and off the request's path."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from uuid import UUID

from generation.tasks import repository
from generation.tasks.run import Transactions
from shared.errors import UnavailableError

log = logging.getLogger(__name__)


class Marks:
    """Collects marks for a moment and writes them in one transaction.

    Nobody waits for it: until a quarter of `TASK_STALE_SECONDS` has passed an unmarked task is left alone, and a
    crash before that costs a second message, which finds the task taken.

    Args:
        database: where the tasks are.
        gather: seconds for which marks are collected.
    """

    def __init__(self, database: Transactions, gather: float = 0.1) -> None:
        self._database = database
        self._gather = gather
        self._waiting: list[UUID] = []
        self._writing: asyncio.Task[None] | None = None

    def add(self, task_id: UUID) -> None:
        """Note a task soon; returns at once."""
        self._waiting.append(task_id)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="enqueued-marks")

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._gather)
            marks, self._waiting = self._waiting, []
            try:
                await self._database.run(partial(repository.mark_accepted, task_ids=marks), autocommit=True)
            except UnavailableError:  # the messages are there: at worst the sweeper sends others
                log.warning("enqueued, but not marked so", extra={"tasks": len(marks)})
