"""What becomes of the messages in the queue of documents, and of those in its poison queue."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol

from generation.documents.messages import DocumentMessage, is_task_message
from generation.documents.repository import milliseconds
from generation.documents.submit import DocumentSubmitter
from generation.tasks import consume as task_queue
from generation.tasks.model import Lease
from generation.tasks.poison_queue import decoded
from generation.tasks.run import STORE_POLICY
from shared.errors import ConflictError, MalformedError, UnavailableError
from shared.messages import EMBEDDING_QUEUE, MOST_BYTES, TaskMessage, poison_queue, readable
from shared.retry import retry
from shared.telemetry import start as telemetry
from shared.telemetry.tasks import run_span

log = logging.getLogger(__name__)

_AWAY_DELAY_SECONDS = 30.0


class Root(task_queue.Root, Protocol):
    """What of the composition root is needed here."""

    @property
    def documents(self) -> DocumentSubmitter:
        """Takes documents in."""


async def consume(root: Root, body: bytes, inserted: datetime, invocation: str | None = None) -> None:
    """Run the task the message names, or take in the document it holds and embed it.

    What is neither goes to the poison queue as it is.

    Raises:
        UnavailableError: the database and the queue are away; the host returns the message to the queue.
    """
    if is_task_message(body):
        await task_queue.consume(root, EMBEDDING_QUEUE, body, invocation)
        return
    try:
        message = DocumentMessage.decode(body).numbered(milliseconds(inserted))
    except MalformedError as error:
        log.warning("not our message", extra={"queue": EMBEDDING_QUEUE, "reason": error.message})
        await root.queues.send(poison_queue(EMBEDDING_QUEUE), readable(body))
        return
    async with telemetry.invocation():
        await _embed(root, message, inserted, invocation)


async def _embed(root: Root, message: DocumentMessage, inserted: datetime, invocation: str | None) -> None:
    built = await task_queue.configured(root, EMBEDDING_QUEUE, message, lambda: (root.documents, root.runner))
    if built is None:
        return
    documents, runner = built
    if lease := await _take_in(root, documents, message, inserted):
        task = TaskMessage(task_id=lease.task_id)
        with run_span(EMBEDDING_QUEUE, task, invocation):
            await runner.run_claimed(lease, task, EMBEDDING_QUEUE)


async def _take_in(
    root: Root, documents: DocumentSubmitter, message: DocumentMessage, inserted: datetime
) -> Lease | None:
    """The claimed task that embeds the message's document; None: there is nothing to do, or it waits in the queue."""
    stale_after = root.tasks.stale_after
    try:
        lease = await retry(
            lambda: documents.take(message.user_id, message, inserted, stale_after), STORE_POLICY
        )
    except ConflictError as error:
        log.info("document is old", extra={"post_id": message.post_id, "reason": error.message})
        return None
    except UnavailableError:
        # Raising would use up the host's dequeue count: the database's outage is no fault of the message.
        await root.queues.send(EMBEDDING_QUEUE, message.encode(), delay=_AWAY_DELAY_SECONDS)
        return None
    task = {"task_id": str(lease.task_id)} if lease else {}
    log.info(
        "document taken in", extra={**task, "owner": message.user_id, "retry_count": message.retry_count}
    )
    return lease


async def settle(root: Root, queue: str, text: str, inserted: datetime) -> None:
    """What becomes of a message in the poison queue of documents (tasks/poison_queue.py).

    Plain JSON is a producer's: it goes on its way, as it should be.

    Raises:
        UnavailableError: the database or the queue is away.
    """
    body = decoded(text)
    if body is not None and is_task_message(body):
        await task_queue.consume_poison(root, queue, body)
        return
    try:
        message = DocumentMessage.decode(text.encode() if body is None else body)
    except MalformedError as error:
        unread = text if body is None else readable(body)
        await task_queue.keep(root, queue, unread, code=error.code, reason=error.message)
        return
    message = message.numbered(milliseconds(inserted))
    if body is None:
        await _accept(root, message)
    else:
        reason = "delivered again and again, never finished"
        await task_queue.keep(root, queue, message.encode(), code="worker_lost", reason=reason)


async def _accept(root: Root, message: DocumentMessage) -> None:
    """Send plain JSON again as it should be; of what is too large for that (a third is added), only the task's id."""
    text = message.encode()
    if len(text.encode()) <= MOST_BYTES:
        await root.queues.send(EMBEDDING_QUEUE, text)
        return
    try:
        await root.documents.submit(message.user_id, message, limited=False)
    except ConflictError as error:
        log.info("document is old", extra={"post_id": message.post_id, "reason": error.message})
