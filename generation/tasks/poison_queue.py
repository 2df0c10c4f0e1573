"""The poison queues, settled by a timer: everything in them ends in the table of poison messages, or goes on its way.

Not by queue triggers. The host decodes base64, as host.json says, and moves what is none to the poison queue unread; a
trigger on that queue could not decode it either and would hide it for ten minutes, again and again.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from generation.tasks.consume import Root, consume_poison, keep
from shared.errors import UnavailableError
from shared.messages import poison_queue

_AT_ONCE = 32
_LEASE_SECONDS = 300


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


type Settle = Callable[[str, str, datetime], Awaitable[None]]


async def drain[T: Taken](taker: QueueTaker[T], queue: str, settle: Settle) -> int:
    """Settle everything in a queue's poison queue; how many messages.

    Args:
        taker: reads the poison queue.
        queue: the queue itself.
        settle: one message: queue, its text as it is stored, when it came.

    Raises:
        UnavailableError: the database or the queue is away; the rest stays for the next time.
    """
    settled, away = 0, list[UnavailableError]()
    while not away and (messages := await taker.take(poison_queue(queue), _AT_ONCE, _LEASE_SECONDS)):
        for message in messages:
            try:
                await settle(queue, message.text, message.inserted)
                await taker.remove(poison_queue(queue), message)
                settled += 1
            except UnavailableError as error:  # it stays hidden for a while; the others need not
                away.append(error)
    if away:
        raise away[0]
    return settled


async def settle_task(root: Root, queue: str, text: str, inserted: datetime) -> None:  # noqa: ARG001  as Settle has it
    """Record a message of a queue that only we write to, and fail its task if it is unfinished.

    Raises:
        UnavailableError: the database is away.
    """
    body = decoded(text)
    if body is None:
        await keep(root, queue, text, code="malformed", reason="not base64")
    else:
        await consume_poison(root, queue, body)


def decoded(text: str) -> bytes | None:
    """What base64 holds; None when it is none. JSON never is: it begins with a brace."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
