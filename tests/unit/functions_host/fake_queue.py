"""A queue in memory that answers as the queue service does."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from local.functions_host.errors import LeaseLostError, QueueMissingError, StorageAwayError
from local.functions_host.storage import Message, QueueClient

_NOW = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class FakeQueue:
    """Holds messages; a hidden one becomes visible again only when a caller sets it to 0 seconds."""

    name: str
    exists: bool = True
    away: bool = False
    visible: list[Message] = field(default_factory=list)
    hidden: dict[str, Message] = field(default_factory=dict)
    hides: list[tuple[str, float]] = field(default_factory=list)
    polls: int = 0
    receipts: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def client(self) -> QueueClient:
        """The queue in the place of a real client."""
        return cast("QueueClient", self)

    def put(self, message_id: str, text: str = "eA==", dequeue_count: int = 0) -> None:
        """Put a visible message."""
        self.visible.append(Message(message_id, text, "", dequeue_count, _NOW, _NOW, _NOW))

    async def receive(self, count: int, lease: float) -> list[Message]:
        """Take messages as QueueClient.receive does."""
        self.polls += 1
        self._check()
        taken, self.visible = self.visible[:count], self.visible[count:]
        held = [replace(m, dequeue_count=m.dequeue_count + 1, pop_receipt=self._receipt()) for m in taken]
        self.hidden |= {message.id: message for message in held}
        return held

    async def send(self, text: str) -> None:
        """Add a message, creating the queue."""
        if self.away:
            raise StorageAwayError(self.name)
        self.exists = True
        self.put(f"{self.name}-{len(self.visible)}", text)

    async def hide(self, message_id: str, pop_receipt: str, seconds: float) -> str:
        """Hide or release a held message."""
        message = self._held(message_id, pop_receipt)
        self.hides.append((message_id, seconds))
        renewed = replace(message, pop_receipt=self._receipt())
        if seconds:
            self.hidden[message_id] = renewed
        else:
            self.visible.append(self.hidden.pop(message_id))
        return renewed.pop_receipt

    async def delete(self, message_id: str, pop_receipt: str) -> None:
        """Delete a held message."""
        self._held(message_id, pop_receipt)
        del self.hidden[message_id]

    def _held(self, message_id: str, pop_receipt: str) -> Message:
        self._check()
        message = self.hidden.get(message_id)
        if message is None or message.pop_receipt != pop_receipt:
            raise LeaseLostError(message_id)
        return message

    def _check(self) -> None:
        if self.away:
            raise StorageAwayError(self.name)
        if not self.exists:
            raise QueueMissingError(self.name)

    def _receipt(self) -> str:
        return f"receipt-{next(self.receipts)}"
