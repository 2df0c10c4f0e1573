"""Azure Storage queues seen from outside a trigger: how full they are, and messages taken by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from shared.errors import UnavailableError
from shared.settings import QueueSettings

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueServiceClient

_SECONDS = 5


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How many messages a queue holds, those being worked on included, and since when the first has waited."""

    length: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message hidden from others for a while; `text` as it is stored."""

    text: str
    inserted: datetime
    message_id: str
    pop_receipt: str


class StorageQueueReader:
    """Reads any queue of the account; a queue that does not exist is empty. One client per process."""

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings
        self._service: QueueServiceClient | None = None

    async def figures(self, queue: str) -> QueueFigures:
        """A queue's figures; Azure calls its own count approximate.

        Raises:
            UnavailableError: the storage account does not answer.
        """
        client = (await self._client()).get_queue_client(queue)
        async with _ours():
            properties = await client.get_queue_properties(timeout=_SECONDS)
            first = await client.peek_messages(max_messages=1, timeout=_SECONDS)
            oldest = first[0].inserted_on if first else None
            return QueueFigures(int(properties.approximate_message_count or 0), oldest)
        return QueueFigures(0, None)

    async def take(self, queue: str, limit: int, lease: int) -> list[TakenMessage]:
        """Up to `limit` messages (at most 32), hidden for `lease` seconds.

        Raises:
            UnavailableError: the storage account does not answer.
        """
        client = (await self._client()).get_queue_client(queue)
        async with _ours():
            pages = client.receive_messages(
                messages_per_page=limit, max_messages=limit, visibility_timeout=lease, timeout=_SECONDS
            )
            return [
                TakenMessage(
                    str(message.content),
                    message.inserted_on or datetime.now(UTC),
                    str(message.id),
                    str(message.pop_receipt),
                )
                async for message in pages
            ]
        return []

    async def remove(self, queue: str, message: TakenMessage) -> None:
        """Delete a message that was taken; one that is gone already is fine.

        Raises:
            UnavailableError: the storage account does not answer.
        """
        client = (await self._client()).get_queue_client(queue)
        async with _ours():
            await client.delete_message(message.message_id, message.pop_receipt, timeout=_SECONDS)

    async def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            await self._service.close()

    async def _client(self) -> QueueServiceClient:
        if self._service is None:
            # On the event loop the import would stop everything else for a quarter of a second.
            await asyncio.to_thread(import_module, "azure.storage.queue.aio")
            self._service = self._service or _open(self._settings)
        return self._service


def _open(settings: QueueSettings) -> QueueServiceClient:
    """A client of the account's queues, without retries of its own."""
    from azure.storage.queue.aio import QueueServiceClient

    limits: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": 3,
        "read_timeout": _SECONDS,
        "use_env_settings": False,
    }
    if settings.connection is not None:
        connection = settings.connection.get_secret_value()
        opened: QueueServiceClient = QueueServiceClient.from_connection_string(connection, **limits)
        return opened
    if settings.service_uri is None:
        message = "neither AzureWebJobsStorage nor AzureWebJobsStorage__queueServiceUri is set"
        raise ValueError(message)
    from azure.identity.aio import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=settings.client_id)
    return QueueServiceClient(settings.service_uri, credential=credential, **limits)


@asynccontextmanager
async def _ours() -> AsyncIterator[None]:
    """The SDK's errors as ours; what is not there ends the block."""
    from azure.core.exceptions import AzureError, ResourceNotFoundError

    try:
        yield
    except ResourceNotFoundError:
        return
    except AzureError as error:
        raise UnavailableError(
            "the queue does not answer", code="queue_unavailable", retry_after=2.0
        ) from error
