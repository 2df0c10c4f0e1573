"""The hub as a log of partitions, read with Microsoft's SDK.

The SDK's public receive loop polls: it looks into its buffer every 50 ms, which is most of the time an event needs
from the publisher to the browser. Here the SDK opens the link and keeps it, and each message is taken from it as it
arrives (transfers.py, docs/decisions/0013). That touches a few of its internals (marked below), so its version is
pinned and tests/contract/notifications runs this file against a broker.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from notifications.relay.incoming import Received
from notifications.relay.transfers import lighten
from shared.errors import UnavailableError
from shared.event_hubs import AsyncIdentity, tls_context
from shared.settings import EventHubSettings

if TYPE_CHECKING:
    from azure.eventhub.aio import EventHubConsumerClient

logger = logging.getLogger(__name__)

# A sequence number (what follows it), a time (what was enqueued after it), or "-1" (from the beginning).
type Position = int | datetime | str
type Deliver = Callable[[Sequence[Received]], None]

_OPEN_TIMEOUT = 15.0
_REQUEST_TIMEOUT = 8.0
_CLOSE_TIMEOUT = 2.0
_CREDIT = 1000
_FULL = b"amqp:resource-limit-exceeded"  # QuotaExceededException in Microsoft's other SDKs
_FRAMES_A_TURN = 64  # then other partitions and the streams have their turn


@dataclass(frozen=True, slots=True)
class PartitionState:
    """What the broker says of a partition; times in seconds since the epoch."""

    last_sequence: int
    last_enqueued_at: float
    empty: bool


class PartitionedLog(Protocol):
    """What the reader needs of Event Hubs. Every method raises UnavailableError when it is away."""

    async def partitions(self) -> list[str]:
        """The partitions' ids."""

    async def state(self, partition: str) -> PartitionState:
        """How far a partition goes."""

    async def receive(self, partition: str, position: Position, deliver: Deliver) -> None:
        """Deliver messages after `position`, in order, until cancelled or disconnected."""

    async def close(self) -> None:
        """Let go of connections."""


class EventHubLog:
    """A PartitionedLog on Event Hubs: no checkpoint store and no owner level, so that every replica reads all.

    Args:
        settings: the hub.
        consumer_groups: tried in turn, as at most five readers of a partition share one (Event Hubs' limit).
    """

    def __init__(self, settings: EventHubSettings, consumer_groups: Sequence[str]) -> None:
        self._settings = settings
        self._groups = tuple(consumer_groups)
        self._roomy = 0  # position of the group that last had room: the other partitions look there first
        self._opened: EventHubConsumerClient | None = None

    async def partitions(self) -> list[str]:
        """See PartitionedLog."""
        return list(await self._ask(self._client().get_partition_ids()))

    async def state(self, partition: str) -> PartitionState:
        """See PartitionedLog."""
        found = await self._ask(self._client().get_partition_properties(partition))
        return PartitionState(
            found["last_enqueued_sequence_number"],
            found["last_enqueued_time_utc"].timestamp(),
            bool(found["is_empty"]),
        )

    async def receive(self, partition: str, position: Position, deliver: Deliver) -> None:
        """See PartitionedLog."""
        first = self._roomy
        for turn in range(len(self._groups)):
            place = (first + turn) % len(self._groups)
            try:
                await self._read(place, partition, position, deliver)
            except _GroupFullError:
                logger.info(
                    "consumer group is full", extra={"group": self._groups[place], "partition": partition}
                )
            else:
                return
        raise UnavailableError(
            f"partition {partition} cannot be read: no room in {', '.join(self._groups)} (RELAY_CONSUMER_GROUPS)"
        )

    async def _read(self, place: int, partition: str, position: Position, deliver: Deliver) -> None:
        consumer: Any = self._client()._create_consumer(  # noqa: SLF001  see the module's docstring
            self._groups[place], partition, position, _never_called, prefetch=_CREDIT
        )
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT):
                await consumer._open()  # noqa: SLF001
            handler = consumer._handler  # noqa: SLF001
            # No credit has been given yet, so no message can come before this.
            lighten(handler, _Batches(deliver).add)
            self._roomy = place
            working = True
            while working:
                await _give_credit(handler)
                working = await handler.do_work_async(batch=_FRAMES_A_TURN)
                await asyncio.sleep(0)
        except Exception as error:
            if _says_full(error):
                raise _GroupFullError from error
            # The SDK lets AMQP, socket, attribute and value errors through beside its own; all mean the same here.
            raise UnavailableError(f"partition {partition} cannot be read: {type(error).__name__}") from error
        finally:
            await asyncio.shield(_quietly(consumer.close()))

    async def close(self) -> None:
        """See PartitionedLog."""
        if self._opened is not None:
            await _quietly(self._opened.close())

    async def _ask(self, request: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(_REQUEST_TIMEOUT):
                return await request
        except Exception as error:
            # As in `receive`.
            raise UnavailableError(f"Event Hubs does not answer: {type(error).__name__}") from error

    def _client(self) -> EventHubConsumerClient:
        if self._opened is None:
            self._opened = _open(self._settings, self._groups[0])
        return self._opened


class _GroupFullError(Exception):
    """The consumer group has as many readers of this partition as it may have."""


def _says_full(error: Exception) -> bool:
    """Whether Event Hubs refused the link for that (Microsoft Learn, "AMQP errors in Azure Service Bus")."""
    return getattr(error, "condition", None) == _FULL


class _Batches:
    """Gathers what arrives in one turn of the loop, so that the hub gets it in one call."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._batch: list[Received] = []

    async def add(self, message: Any) -> None:
        """Take one decoded AMQP message."""
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._batch.append(_received(message))

    def _hand_over(self) -> None:
        batch, self._batch = self._batch, []
        self._deliver(batch)


def _received(message: Any) -> Received:
    """The annotations' names are Event Hubs' own (Microsoft Learn, "AMQP 1.0 in Event Hubs protocol guide")."""
    annotations = message.message_annotations
    data = message.data  # a list of byte sections, or None for a body that is no data
    body = b"".join(bytes(part) for part in data) if data else b""
    properties = message.application_properties
    return Received(
        annotations[b"x-opt-sequence-number"],
        annotations[b"x-opt-enqueued-time"] / 1000,
        body,
        _text(properties.get(b"traceparent")) if properties else None,
    )


def _text(value: bytes | str | None) -> str | None:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def _open(settings: EventHubSettings, group: str) -> EventHubConsumerClient:
    from azure.eventhub.aio import EventHubConsumerClient

    options: dict[str, Any] = {"retry_total": 0, "auth_timeout": 10, "ssl_context": tls_context()}
    if settings.connection is not None:
        try:
            return EventHubConsumerClient.from_connection_string(
                settings.connection.get_secret_value(), group, eventhub_name=settings.hub, **options
            )
        except ValueError as error:
            raise UnavailableError("EVENTHUB is not a connection string of Event Hubs.") from error
    if settings.namespace is None:
        raise UnavailableError("Neither EVENTHUB nor EVENTHUB__fullyQualifiedNamespace is set.")
    identity = AsyncIdentity(settings.client_id)
    return EventHubConsumerClient(settings.namespace, settings.hub, group, identity, **options)


async def _give_credit(handler: Any) -> None:
    """Ask for more long before all that was asked for has come.

    The SDK asks when nothing is left, and only after it has waited for one frame more: 0.2 s of silence for every
    `_CREDIT` messages of a busy partition.
    """
    if handler._link.current_link_credit <= _CREDIT // 2:  # noqa: SLF001
        await handler._link.flow(link_credit=_CREDIT)  # noqa: SLF001


async def _never_called(*_: object) -> None:
    """Stands where the SDK's own loop would call."""


async def _quietly(closing: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await closing
    except Exception as error:  # noqa: BLE001  closing a broken link may fail in any way; it is dropped anyway
        logger.debug("closing failed: %r", error)
