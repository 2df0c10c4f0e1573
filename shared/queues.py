"""Sending to the storage queues.

Two calls of the queue service's REST API (https://learn.microsoft.com/rest/api/storageservices/put-message) over
aiohttp: the storage SDK takes some 2,900 Python calls and 0.8 ms of CPU for each message, this 0.15 ms.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from shared.errors import UnavailableError
from shared.messages import GENERATION_QUEUE, TaskMessage
from shared.settings import QueueSettings
from shared.telemetry import context, spans

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from shared.storage_account import Account

log = logging.getLogger(__name__)

_SECONDS_PER_SEND = 5.0
_CONNECT_SECONDS = 3.0
_CONNECTIONS = 64
_REFUSED = 400


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


async def send_task(queues: QueueSender, queue: str, message: TaskMessage, *, delay: float = 0.0) -> None:
    """Send a task's message under a producer span, which the run becomes a child of.

    Without the sender's own trace (the sweeper has none), the span continues that of the message.

    Raises:
        UnavailableError: as QueueSender.send.
    """
    attributes = {
        "messaging.system": "azure_storage_queue",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "task.id": str(message.task_id),
    }
    parent = context.current() or message.traceparent
    links = [] if parent == message.traceparent else [message.traceparent]
    with spans.span(f"send {queue}", spans.Kind.PRODUCER, attributes, parent=parent, links=links):
        carried = message.model_copy(update={"traceparent": context.current() or message.traceparent})
        await queues.send(queue, carried.encode(), delay=delay)


class StorageQueues:
    """Azure Storage queues; base64 as host.json's messageEncoding says.

    One session per process, opened when first used. Nothing is retried here: a submit answers 503 and the caller
    retries; the sweeper sends what was stored but never sent.
    """

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings
        self._account: Account | None = None
        self._session: ClientSession | None = None

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        """See QueueSender."""
        encoded = base64.b64encode(text.encode()).decode()
        body = f"<QueueMessage><MessageText>{encoded}</MessageText></QueueMessage>".encode()
        query = {"visibilitytimeout": str(int(delay)), "messagettl": "-1"}
        await self._call("POST", f"/{queue}/messages", query, body)

    async def ping(self) -> float:
        """See QueueSender."""
        started = time.perf_counter()
        # Of a queue, not of the service: Queue Data Contributor may not read the latter's.
        await self._call("GET", f"/{GENERATION_QUEUE}", {"comp": "metadata"})
        return time.perf_counter() - started

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> None:
        import aiohttp
        from azure.core.exceptions import AzureError
        from yarl import URL

        session, account = self._opened()
        url = URL(f"{account.endpoint}{path}?{urlencode(query)}", encoded=True)
        try:
            headers = await account.headers(method, url.raw_path, query, len(body))
            async with session.request(method, url, data=body or None, headers=headers) as answer:
                await answer.read()
        except (aiohttp.ClientError, AzureError, TimeoutError, OSError) as error:
            raise _unavailable() from error
        if answer.status >= _REFUSED:
            code = answer.headers.get("x-ms-error-code", "")
            log.warning("the queue service refused", extra={"status": answer.status, "code": code})
            raise _unavailable()

    def _opened(self) -> tuple[ClientSession, Account]:
        if self._account is None:
            from shared.storage_account import open_account

            self._account = open_account(self._settings)
        if self._session is None:
            self._session = _open()
        return self._session, self._account


def _open() -> ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
        timeout=aiohttp.ClientTimeout(
            total=2 * _SECONDS_PER_SEND, sock_connect=_CONNECT_SECONDS, sock_read=_SECONDS_PER_SEND
        ),
        skip_auto_headers=("Content-Type", "User-Agent", "Accept", "Accept-Encoding"),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def _unavailable() -> UnavailableError:
    return UnavailableError("the queue does not answer", code="queue_unavailable", retry_after=2.0)
