"""The queue service's REST API, as much as a host needs.

https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api, signed with Shared Key. Own requests over
aiohttp cost a fifth of the storage SDK's CPU per call, and its import is 0.2 s of start-up time.
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

from local.functions_host.connections import Account
from local.functions_host.errors import (
    LeaseLostError,
    QueueMissingError,
    StorageAwayError,
    StorageError,
    StorageRefusedError,
)
from local.functions_host.signing import signed_headers

if TYPE_CHECKING:
    import aiohttp

_SERVER_ERROR = 500
_REFUSED = 400
_RETRY_SECONDS = (0.8, 1.6, 3.2)  # Azure.Core's default retries
_ERRORS: Mapping[str, type[StorageError]] = {
    "QueueNotFound": QueueMissingError,
    "QueueBeingDeleted": QueueMissingError,
    "QueueDisabled": QueueMissingError,
    "MessageNotFound": LeaseLostError,
    "PopReceiptMismatch": LeaseLostError,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A received message; `text` is as stored, that is still encoded."""

    id: str
    text: str
    pop_receipt: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime


class QueueClient:
    """One queue of one account."""

    def __init__(self, account: Account, name: str, session: "aiohttp.ClientSession") -> None:
        self.account = account
        self.name = name
        self._session = session

    async def receive(self, count: int, lease: float) -> list[Message]:
        """Take up to `count` messages (32 at most) and hide them for `lease` seconds.

        Not retried: the listener polls again anyway.

        Raises:
            StorageError: as for every call; QueueMissingError where the queue does not exist.
        """
        query = {"numofmessages": str(count), "visibilitytimeout": str(round(lease))}
        body = await self._call("GET", "/messages", query)
        try:
            # The document comes from the operator's own storage account.
            return [_message(element) for element in ET.fromstring(body)]  # noqa: S314
        except (ET.ParseError, KeyError, ValueError) as exc:
            raise StorageAwayError(f"queue {self.name}: the answer is no list of messages: {exc}") from exc

    async def send(self, text: str) -> None:
        """Add a message (already encoded) that lives seven days; create the queue where it is missing."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>".encode()
        try:
            await self._retried("POST", "/messages", {}, body)
        except QueueMissingError:
            await self.create()
            await self._retried("POST", "/messages", {}, body)

    async def create(self) -> None:
        """Create the queue; one that exists is fine."""
        await self._retried("PUT", "", {})

    async def hide(self, message_id: str, pop_receipt: str, seconds: float) -> str:
        """Hide a held message for so many seconds from now, 0 to release it; return its new pop receipt.

        Raises:
            LeaseLostError: someone else has taken the message.
        """
        query = {"popreceipt": pop_receipt, "visibilitytimeout": str(round(seconds))}
        headers = await self._retried("PUT", f"/messages/{message_id}", query)
        return headers.get("x-ms-popreceipt", pop_receipt)

    async def delete(self, message_id: str, pop_receipt: str) -> None:
        """Delete a held message.

        Raises:
            LeaseLostError: someone else has taken the message.
        """
        await self._retried("DELETE", f"/messages/{message_id}", {"popreceipt": pop_receipt})

    async def _retried(
        self, method: str, path: str, query: dict[str, str], body: bytes = b""
    ) -> Mapping[str, str]:
        for pause in _RETRY_SECONDS:
            try:
                return (await self._exchange(method, path, query, body))[0]
            except StorageAwayError:
                await asyncio.sleep(pause)
        return (await self._exchange(method, path, query, body))[0]

    async def _call(self, method: str, path: str, query: dict[str, str]) -> bytes:
        return (await self._exchange(method, path, query, b""))[1]

    async def _exchange(
        self, method: str, path: str, query: dict[str, str], body: bytes
    ) -> tuple[Mapping[str, str], bytes]:
        import aiohttp
        from yarl import URL

        address = f"{self.account.endpoint}/{self.name}{path}"
        headers = signed_headers(self.account, method, urlsplit(address).path, query, len(body))
        url = URL(f"{address}?{urlencode(query)}" if query else address, encoded=True)
        try:
            async with self._session.request(method, url, data=body or None, headers=headers) as answer:
                content = await answer.read()
                status, answered = answer.status, answer.headers
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise StorageAwayError(f"queue {self.name}: {type(exc).__name__}: {exc}") from exc
        if status >= _REFUSED:
            raise _error(status, answered.get("x-ms-error-code", ""), self.name)
        return answered, content


def open_session() -> "aiohttp.ClientSession":
    """Return a session for any number of queue clients; the caller closes it."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=30, sock_connect=5)
    return aiohttp.ClientSession(
        timeout=timeout, skip_auto_headers=("Content-Type", "User-Agent", "Accept-Encoding")
    )


def _error(status: int, code: str, queue: str) -> StorageError:
    if status >= _SERVER_ERROR:
        return StorageAwayError(f"queue {queue}: {status} {code}")
    return _ERRORS.get(code, StorageRefusedError)(f"queue {queue}: {status} {code}")


def _message(element: ET.Element) -> Message:
    value = {child.tag: child.text or "" for child in element}
    return Message(
        id=value["MessageId"],
        text=value.get("MessageText", ""),
        pop_receipt=value["PopReceipt"],
        dequeue_count=int(value["DequeueCount"]),
        inserted=parsedate_to_datetime(value["InsertionTime"]),
        expires=parsedate_to_datetime(value["ExpirationTime"]),
        next_visible=parsedate_to_datetime(value["TimeNextVisible"]),
    )
