"""What the queue function does with a message, and what becomes of those in the poison queue."""

from __future__ import annotations

import base64
import binascii
import logging
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from generation.documents.messages import DocumentMessage, is_task_message
from generation.documents.repository import milliseconds
from generation.documents.submit import DocumentSubmitter
from generation.tasks import consume as task_queue
from generation.tasks import poison
from generation.tasks.run import STORE_POLICY
from shared.errors import ConflictError, MalformedError, PermanentError, UnavailableError
from shared.messages import EMBEDDING_QUEUE, TaskMessage, poison_queue
from shared.retry import retry

log = logging.getLogger(__name__)

_AWAY_DELAY_SECONDS = 30.0
_AT_ONCE = 32
_LEASE_SECONDS = 300


class Root(task_queue.Root, Protocol):
    """What of the composition root is needed here."""

    @property
    def documents(self) -> DocumentSubmitter:
        """Takes documents in."""


class Taken(Protocol):
    """A message taken from a queue, hidden for a while."""

    @property
    def text(self) -> str:
        """As it is stored: base64 or not."""

    @property
    def inserted(self) -> datetime:
        """When it came."""


class QueueTaker[T: Taken](Protocol):
    """Reads a queue that no function listens to."""

    async def take(self, queue: str, limit: int, lease: int) -> list[T]:
        """Up to `limit` messages, hidden for `lease` seconds.

        Raises:
            UnavailableError: the storage account does not answer.
        """
        ...

    async def remove(self, queue: str, message: T) -> None:
        """Delete a message that was taken; one that is gone already is fine.

        Raises:
            UnavailableError: the storage account does not answer.
        """
        ...


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
        await root.queues.send(poison_queue(EMBEDDING_QUEUE), body.decode("utf-8", "backslashreplace"))
        return
    if task_id := await _take_in(root, message, inserted):
        await task_queue.consume(root, EMBEDDING_QUEUE, TaskMessage(task_id=task_id).encode().encode())


async def _take_in(root: Root, message: DocumentMessage, inserted: datetime) -> UUID | None:
    """The task that embeds the message's document; None: it is older than what is there, or waits in the queue."""
    try:
        documents = root.documents
    except (ValueError, PermanentError):
        # Settings that are missing or wrong: nothing is lost while the operator mends them.
        log.critical("misconfigured: see /generation/actuator/ready", exc_info=True)
        await root.queues.send(
            EMBEDDING_QUEUE, message.encode(), delay=task_queue.MISCONFIGURED_DELAY_SECONDS
        )
        return None
    try:
        row = await retry(lambda: documents.take(message.user_id, message, inserted), STORE_POLICY)
    except ConflictError as error:
        log.info("document is old", extra={"post_id": message.post_id, "reason": error.message})
        return None
    except UnavailableError:
        # Raising would use up the host's dequeue count: the database's outage is no fault of the message.
        await root.queues.send(EMBEDDING_QUEUE, message.encode(), delay=_AWAY_DELAY_SECONDS)
        return None
    log.info(
        "document taken in",
        extra={"task_id": str(row["task_id"]), "owner": row["owner"], "retry_count": message.retry_count},
    )
    return UUID(str(row["task_id"]))


async def drain_poison[T: Taken](root: Root, taker: QueueTaker[T]) -> int:
    """Settle everything in the poison queue of documents; how many messages.

    A timer calls this, not a queue trigger. The host decodes base64 as host.json says and moves what is none, a
    producer's plain JSON, to the poison queue unread; a trigger on that queue could not decode it either and would
    hide it for ten minutes, again and again.

    Raises:
        UnavailableError: the database or the queue is away; the rest stays for the next time.
    """
    queue, settled = poison_queue(EMBEDDING_QUEUE), 0
    while messages := await taker.take(queue, _AT_ONCE, _LEASE_SECONDS):
        for message in messages:
            await _settle(root, message.text, message.inserted)
            await taker.remove(queue, message)
        settled += len(messages)
    return settled


async def _settle(root: Root, text: str, inserted: datetime) -> None:
    body = _decoded(text)
    if body is not None and is_task_message(body):
        await task_queue.consume_poison(root, EMBEDDING_QUEUE, body)
        return
    try:
        message = DocumentMessage.decode(text.encode() if body is None else body)
    except MalformedError as error:
        kept = text if body is None else body.decode("utf-8", "backslashreplace")
        await _record(root, kept, error.code, error.message)
        return
    message = message.numbered(milliseconds(inserted))
    if body is None:
        await root.queues.send(EMBEDDING_QUEUE, message.encode())
    else:
        await _record(root, message.encode(), "worker_lost", "delivered again and again, never finished")


async def _record(root: Root, body: str, code: str, reason: str) -> None:
    await retry(
        lambda: root.database.run(
            lambda cursor: poison.record(cursor, uuid4(), EMBEDDING_QUEUE, body, code=code, reason=reason)
        ),
        STORE_POLICY,
    )


def _decoded(text: str) -> bytes | None:
    """What base64 holds; None when it is none. JSON never is: it begins with a brace."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
