"""Keeping a message hidden while its function runs.

As Microsoft's queue listener does it: the lease is renewed at half its time; after a failed renewal the pause halves,
down to a minute; once the message is lost (taken, deleted) there is nothing left to renew.
"""

import asyncio
import logging
from typing import Self

from local.functions_host.errors import LeaseLostError, QueueMissingError, StorageError
from local.functions_host.storage import Message, QueueClient

AZURE_LEASE_SECONDS = 600.0
_SHORTEST_PAUSE = 60.0
log = logging.getLogger("local.functions_host.queues")


class Lease:
    """An async context that renews a message's lease; `pop_receipt` is the current one afterwards."""

    def __init__(self, queue: QueueClient, message: Message, seconds: float) -> None:
        self.pop_receipt = message.pop_receipt
        self._queue = queue
        self._message = message
        self._seconds = seconds
        self._stop = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._pause = seconds / 2

    async def __aenter__(self) -> Self:
        self._arm()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop renewing; a renewal under way is finished, since its answer carries the new pop receipt."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop.set()
        if self._task is not None:
            await self._task

    def _arm(self) -> None:
        # A timer handle and not a task: nearly every function is done long before the first renewal.
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._start_renewal)

    def _start_renewal(self) -> None:
        self._task = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        try:
            self.pop_receipt = await self._queue.hide(self._message.id, self.pop_receipt, self._seconds)
        except (LeaseLostError, QueueMissingError) as exc:
            log.warning("%s: message %s is lost while it runs: %s", self._queue.name, self._message.id, exc)
            return
        except StorageError as exc:
            log.warning("%s: message %s cannot be renewed: %s", self._queue.name, self._message.id, exc)
            self._pause = max(self._pause / 2, min(_SHORTEST_PAUSE, self._seconds / 2))
        else:
            self._pause = self._seconds / 2
        if not self._stop.is_set():
            self._arm()
