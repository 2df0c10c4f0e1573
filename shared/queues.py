"""Sending to the storage queues."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any, Protocol

from shared.errors import UnavailableError
from shared.messages import GENERATION_QUEUE
from shared.settings import QueueSettings

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueServiceClient

_SECONDS_PER_SEND = 5


class QueueSender(Protocol):
    """Puts text into a queue."""

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        """Store one message, visible after `delay` seconds (at most seven days).

        Raises:
            UnavailableError: the storage account does not answer.
        """
        ...

    async def ping(self) -> float:
        """Seconds the service took to answer.

        Raises:
            UnavailableError: it does not.
        """
        ...


class StorageQueues:
    """Azure Storage queues through the SDK; base64 as host.json's messageEncoding says.

    One client per process, opened when first used. The SDK's own retries are off: a submit answers 503 and the
    caller retries; the sweeper sends what was stored but never sent.
    """

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings
        self._service: QueueServiceClient | None = None

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        """See QueueSender."""
        from azure.core.exceptions import AzureError

        client = self._client().get_queue_client(queue)
        try:
            await client.send_message(
                base64.b64encode(text.encode()).decode(),
                visibility_timeout=int(delay),
                time_to_live=-1,
                timeout=_SECONDS_PER_SEND,
            )
        except AzureError as error:
            raise _unavailable() from error

    async def ping(self) -> float:
        """See QueueSender."""
        from azure.core.exceptions import AzureError

        started = time.perf_counter()
        try:
            # Of a queue, not of the service: Queue Data Contributor may not read the latter's.
            queue = self._client().get_queue_client(GENERATION_QUEUE)
            await queue.get_queue_properties(timeout=_SECONDS_PER_SEND)
        except AzureError as error:
            raise _unavailable() from error
        return time.perf_counter() - started

    async def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            await self._service.close()

    def _client(self) -> QueueServiceClient:
        if self._service is None:
            self._service = open_service(self._settings)
        return self._service


def open_service(settings: QueueSettings) -> QueueServiceClient:
    """A client of the account's queues, without retries of its own."""
    from azure.storage.queue.aio import QueueServiceClient

    limits: dict[str, Any] = {
        "retry_total": 0,
        "connection_timeout": 3,
        "read_timeout": _SECONDS_PER_SEND,
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


def _unavailable() -> UnavailableError:
    return UnavailableError("the queue does not answer", code="queue_unavailable", retry_after=2.0)
