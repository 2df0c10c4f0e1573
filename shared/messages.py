"""What travels through the storage queues: ids only; everything large stays in Postgres.

A storage message holds 48 KiB before base64. The host encodes base64 (host.json messageEncoding), so a body here
is plain UTF-8 JSON.
"""

from __future__ import annotations

from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import MalformedError

GENERATION_QUEUE = "generation-requests"
IMAGE_QUEUE = "image-requests"
EMBEDDING_QUEUE = "embedding-requests"
MOST_BYTES = 48 * 1024  # of a message's text: Azure takes 64 KiB, and base64 adds a third
QUEUES = (GENERATION_QUEUE, IMAGE_QUEUE, EMBEDDING_QUEUE)


class Message(Protocol):
    """What a queue's message holds."""

    def encode(self) -> str:
        """The message's text."""
        ...


def readable(body: bytes) -> str:
    """A body that may be no text, as text that tells what it was."""
    return body.decode("utf-8", "backslashreplace")


def poison_queue(queue: str) -> str:
    """The queue that takes what `queue` could not process (the Functions host's own naming)."""
    return f"{queue}-poison"


class TaskMessage(BaseModel):
    """Asks for one run of a task.

    Attributes:
        schema_version: 1; a newer one is refused, so that an old worker never half-understands.
        delivery: how often this task was put into the queue because a run failed; 1 the first time.
        traceparent: W3C trace context of the request that made the task.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    task_id: UUID
    delivery: int = Field(1, ge=1, le=1000)
    traceparent: str | None = Field(None, max_length=64)

    def encode(self) -> str:
        """The message's text."""
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def decode(cls, body: bytes) -> TaskMessage:
        """Read a message's text.

        Raises:
            MalformedError: not a message of ours.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise MalformedError(f"not a task message: {error.error_count()} errors") from error
