"""Sends events to Event Hubs with Microsoft's SDK (azure-eventhub, AMQP 1.0)."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from notifications.publisher import Outgoing, SendError
from notifications.tracing import properties, publish_span
from shared.errors import UnavailableError
from shared.event_hubs import AsyncIdentity, tls_context
from shared.settings import EventHubSettings
from shared.telemetry.instruments import EVENTS_PUBLISHED

if TYPE_CHECKING:
    from azure.eventhub import EventDataBatch
    from azure.eventhub.aio import EventHubProducerClient

logger = logging.getLogger(__name__)

# An Event Hubs partition key holds 128 characters (Microsoft Learn, "Event Hubs quotas").
_MAX_KEY = 128
_CLOSE_TIMEOUT = 3.0


class EventHubSender:
    """An EventSender (notifications.publisher) on Event Hubs; the partition key is the user id.

    A batch carries one partition key and waits for its acknowledgement, 10-20 ms in the cloud; so users are spread
    over a few connections (`lanes`), each opened when first used. A user always has the same lane: order is kept.

    Args:
        settings: the hub.
        lanes: connections, hence batches under way at a time.
        timeout: seconds for one `send`, below the publisher's own limit so that partial success is known.
    """

    def __init__(self, settings: EventHubSettings, *, lanes: int = 4, timeout: float = 6.0) -> None:
        self._settings = settings
        self._lanes: list[EventHubProducerClient | None] = [None] * lanes
        self._timeout = timeout
        self._closing: set[asyncio.Task[None]] = set()

    async def send(self, events: Sequence[Outgoing]) -> None:
        """Send (user id, body) pairs, the order kept for each user.

        Raises:
            SendError: some were not taken; it says which were.
        """
        sending = _Sending(events)
        lanes = sending.by_lane(len(self._lanes))
        results = await asyncio.gather(
            *(self._send_lane(lane, users, sending) for lane, users in lanes.items()), return_exceptions=True
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors or sending.refused:
            what = type(errors[0]).__name__ if errors else "an event is too large"
            raise SendError(
                f"Event Hubs: {what}",
                delivered=frozenset(sending.delivered),
                refused=frozenset(sending.refused),
            ) from (errors[0] if errors else None)

    async def ping(self) -> float:
        """Seconds Event Hubs took to describe the hub.

        Raises:
            UnavailableError: it did not.
        """
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                await self._client(0).get_eventhub_properties()
        except Exception as error:
            # The SDK lets AMQP, socket, attribute and value errors through beside its own; all mean the same here.
            self._drop(0)
            raise UnavailableError("Event Hubs does not answer.", code="event_hubs_unavailable") from error
        return time.perf_counter() - started

    async def close(self) -> None:
        """Close every connection."""
        for lane in range(len(self._lanes)):
            self._drop(lane)
        if self._closing:
            await asyncio.wait(self._closing)

    async def _send_lane(self, lane: int, users: dict[str, list[int]], sending: _Sending) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                for user_id, positions in users.items():
                    await self._send_user(self._client(lane), partition_key(user_id), positions, sending)
        except BaseException:
            # Whatever state the link is in (a cancelled send leaves it open-ended): the next send starts afresh.
            self._drop(lane)
            raise

    async def _send_user(
        self, client: EventHubProducerClient, key: str, positions: list[int], sending: _Sending
    ) -> None:
        left = positions
        while left:
            with publish_span(self._settings.hub, sending.bodies(left)):
                batch = await client.create_batch(partition_key=key)
                taken = sending.fill(batch, left, properties())
                if taken:
                    await client.send_batch(batch)
                    sending.delivered.update(left[:taken])
                    EVENTS_PUBLISHED.record(taken)
                else:  # not even alone in a batch
                    sending.refused.add(left[0])
            left = left[taken or 1 :]

    def _client(self, lane: int) -> EventHubProducerClient:
        client = self._lanes[lane]
        if client is None:
            client = self._lanes[lane] = _producer(self._settings)
        return client

    def _drop(self, lane: int) -> None:
        client, self._lanes[lane] = self._lanes[lane], None
        if client is not None:
            task = asyncio.create_task(_close(client))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


class _Sending:
    """One `send` under way: what was asked, and what has become of it."""

    def __init__(self, events: Sequence[Outgoing]) -> None:
        self.events = events
        self.delivered: set[int] = set()
        self.refused: set[int] = set()

    def by_lane(self, lanes: int) -> dict[int, dict[str, list[int]]]:
        """Positions of the events by lane and user, in order."""
        found: dict[int, dict[str, list[int]]] = {}
        for position, (user_id, _) in enumerate(self.events):
            lane = zlib.crc32(user_id.encode()) % lanes
            found.setdefault(lane, {}).setdefault(user_id, []).append(position)
        return found

    def bodies(self, positions: list[int]) -> Iterator[bytes]:
        """What these events say."""
        return (self.events[position][1] for position in positions)

    def fill(self, batch: EventDataBatch, positions: list[int], properties: dict[str | bytes, Any]) -> int:
        """Put as many of these events into the batch as it holds, each with `properties`; how many."""
        from azure.eventhub import EventData

        for count, position in enumerate(positions):
            event = EventData(self.events[position][1])
            if properties:
                event.properties = properties
            try:
                batch.add(event)
            except ValueError:  # the batch is full
                return count
        return len(positions)


def partition_key(user_id: str) -> str:
    """The user id, or its SHA-256 where it is longer than a partition key may be."""
    encoded = user_id.encode()
    return user_id if len(encoded) <= _MAX_KEY else hashlib.sha256(encoded).hexdigest()


def _producer(settings: EventHubSettings) -> EventHubProducerClient:
    from azure.eventhub.aio import EventHubProducerClient

    # keep_alive: without it the first send after a pause waits over a second. Retrying is the publisher's.
    options: dict[str, Any] = {
        "keep_alive": 30,
        "retry_total": 1,
        "retry_backoff_factor": 0.1,
        "auth_timeout": 5,
        "ssl_context": tls_context(),
    }
    if settings.connection is not None:
        return EventHubProducerClient.from_connection_string(
            settings.connection.get_secret_value(), eventhub_name=settings.hub, **options
        )
    if settings.namespace is None:
        raise UnavailableError("Neither EVENTHUB nor EVENTHUB__fullyQualifiedNamespace is set.")
    credential = AsyncIdentity(settings.client_id)
    return EventHubProducerClient(settings.namespace, settings.hub, credential, **options)


async def _close(client: EventHubProducerClient) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await client.close()
    except Exception as error:  # noqa: BLE001  closing a broken connection may fail in any way; it is dropped anyway
        logger.debug("closing a producer failed: %r", error)
