"""The queue trigger's listener: polling, parallel processing, poison messages.

The semantics are those of Microsoft's queue extension (Azure/azure-sdk-for-net, QueueListener and QueueProcessor):

- A batch is taken with a lease of 10 minutes, whatever visibilityTimeout says, and all of it runs at once. The next
  batch is taken once newBatchThreshold or fewer messages are running.
- After success the message is deleted. After a failure it is hidden for visibilityTimeout, or, with dequeue_count at
  maxDequeueCount, copied to `<queue>-poison` and deleted. A message above maxDequeueCount does not run any more.
- A queue whose own name ends in `-poison` has no poison queue: what fails there stays hidden until its lease ends.
- A missing queue counts as empty; it is not created.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from local.functions_host.config import QueueOptions
from local.functions_host.encoding import decode
from local.functions_host.errors import LeaseLostError, QueueMissingError, StorageError
from local.functions_host.lease import AZURE_LEASE_SECONDS, Lease
from local.functions_host.polling import Backoff
from local.functions_host.storage import Message, QueueClient

POISON_SUFFIX = "-poison"
log = logging.getLogger("local.functions_host.queues")

type Run = Callable[[Message, bytes], Awaitable[bool]]


class QueueListener:
    """Polls one queue for one function until it is stopped."""

    def __init__(
        self,
        queue: QueueClient,
        poison: QueueClient | None,
        run: Run,
        options: QueueOptions,
        *,
        lease: float = AZURE_LEASE_SECONDS,
        backoff: Backoff | None = None,
    ) -> None:
        self.queue_name = queue.name
        self._queue = queue
        self._poison = poison
        self._run = run
        self._options = options
        self._lease = lease
        self._backoff = backoff or Backoff(options.max_polling_interval)
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._away = False

    def notify(self) -> None:
        """Poll now: a function of this host has just sent a message to the queue."""
        self._wake.set()

    def stop(self) -> None:
        """Take no further batch; `listen` returns once the current poll is answered."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> None:
        """Wait for the messages that are running."""
        while self._running:
            await asyncio.wait(self._running)

    async def listen(self) -> None:
        """Poll until stopped. What a poll under way still brings is run, not left to wait for its lease to end."""
        found = False
        while not self._stopping:
            self._wake.clear()
            batch = await self._receive()
            for message in batch:
                task = asyncio.create_task(self._process(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if batch:
                found = True
                await self._until_below_threshold()
            else:
                await self._pause(self._backoff.next_delay(found=found))
                found = False

    async def _receive(self) -> list[Message]:
        try:
            batch = await self._queue.receive(self._options.batch_size, self._lease)
        except QueueMissingError:
            batch = []
        except StorageError as exc:
            if not self._away:
                log.error("%s: polling fails, trying again: %s", self.queue_name, exc)  # noqa: TRY400 - no traceback
            self._away = True
            return []
        if self._away:
            log.info("%s: polling works again", self.queue_name)
        self._away = False
        return batch

    async def _pause(self, seconds: float) -> None:
        if self._stopping:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _until_below_threshold(self) -> None:
        while len(self._running) > self._options.new_batch_threshold and not self._stopping:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _process(self, message: Message) -> None:
        try:
            await self._handle(message)
        except LeaseLostError as exc:
            log.warning("%s: message %s went to someone else: %s", self.queue_name, message.id, exc)
        except StorageError as exc:
            # The message stays hidden until its lease ends, and is delivered again.
            log.error("%s: message %s cannot be settled: %s", self.queue_name, message.id, exc)  # noqa: TRY400

    async def _handle(self, message: Message) -> None:
        if message.dequeue_count > self._options.max_dequeue_count:
            await self._to_poison(message, message.pop_receipt)
            return
        try:
            content = decode(message.text, base64=self._options.base64)
        except ValueError as exc:
            log.warning("%s: message %s: %s", self.queue_name, message.id, exc)
            await self._to_poison(message, message.pop_receipt)
            return
        async with Lease(self._queue, message, self._lease) as lease:
            succeeded = await self._run(message, content)
        await self._settle(message, lease.pop_receipt, succeeded=succeeded)

    async def _settle(self, message: Message, pop_receipt: str, *, succeeded: bool) -> None:
        if succeeded:
            await self._queue.delete(message.id, pop_receipt)
        elif self._poison is None:
            return
        elif message.dequeue_count >= self._options.max_dequeue_count:
            await self._to_poison(message, pop_receipt)
        else:
            await self._queue.hide(message.id, pop_receipt, self._options.visibility_timeout)

    async def _to_poison(self, message: Message, pop_receipt: str) -> None:
        """Copy the message as it is stored, then delete it: rather twice than never."""
        if self._poison is None:
            return
        log.warning("%s: message %s moves to %s", self.queue_name, message.id, self._poison.name)
        await self._poison.send(message.text)
        await self._queue.delete(message.id, pop_receipt)
