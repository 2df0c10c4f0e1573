"""Replicas beyond five: consumer groups tried in turn, against a broker that lets five readers into each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from notifications.eventhubs import EventHubSender
from notifications.relay.incoming import Received
from notifications.relay.log import EventHubLog
from shared.errors import UnavailableError
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.relay_process import RelayProcess, body, running_issuer

GROUPS = ("relay-0", "relay-1")
PARTITION = "0"


class OneReader:
    """A replica's reader of one partition."""

    def __init__(self, broker: StandIn, groups: Sequence[str]) -> None:
        self.got: list[int] = []
        self.log = EventHubLog(hub_settings(broker), groups)
        self.task = asyncio.create_task(self.log.receive(PARTITION, "-1", self._take))

    def _take(self, batch: Sequence[Received]) -> None:
        self.got += [message.sequence for message in batch]

    async def reads(self, number: int) -> None:
        """Wait until this sequence number has come; raises what ended the reader."""
        async with asyncio.timeout(20):
            while number not in self.got:
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.02)

    async def leave(self) -> None:
        """Close the link."""
        self.task.cancel()
        with suppress(asyncio.CancelledError, UnavailableError):
            await self.task
        await self.log.close()


@asynccontextmanager
async def readers(broker: StandIn, count: int, groups: Sequence[str]) -> AsyncIterator[list[OneReader]]:
    """So many replicas, all reading the first event."""
    running = [OneReader(broker, groups) for _ in range(count)]
    try:
        await asyncio.gather(*(reader.reads(0) for reader in running))
        yield running
    finally:
        await asyncio.gather(*(reader.leave() for reader in running))


@pytest.fixture
async def first_event(broker: StandIn) -> AsyncIterator[None]:
    """Partition 0 has an event."""
    sender = EventHubSender(hub_settings(broker))
    user = await _user_of(sender, broker)
    assert user
    yield
    await sender.close()


async def _user_of(sender: EventHubSender, broker: StandIn) -> str:
    """Send to users until one of them has landed in partition 0."""
    log = EventHubLog(hub_settings(broker), GROUPS)
    try:
        for number in range(100):
            await sender.send([(f"u{number}", body(f"u{number}", 1))])
            if not (await log.state(PARTITION)).empty:
                return f"u{number}"
        return ""
    finally:
        await log.close()


async def test_replicas_spread_over_the_groups(broker: StandIn, first_event: None) -> None:
    """Ten replicas with one configuration fill two groups; an eleventh is told which setting lacks room."""
    async with readers(broker, 10, GROUPS) as running:
        late = OneReader(broker, GROUPS)
        with pytest.raises(UnavailableError, match="RELAY_CONSUMER_GROUPS"):
            await late.reads(0)
        await late.leave()
        await running.pop().leave()
        later = OneReader(broker, GROUPS)
        running.append(later)
        await later.reads(0)


async def test_a_sixth_replica_starts(broker: StandIn, first_event: None) -> None:
    """A whole relay whose first group is taken gets ready through the second, and not without one."""
    with running_issuer() as issuer:
        async with readers(broker, 5, GROUPS[:1]):
            crowded = RelayProcess(broker, issuer, GROUPS[0])
            crowded.start(ready=False)
            sixth = RelayProcess(broker, issuer, ",".join(GROUPS))
            await asyncio.to_thread(sixth.start)
            try:
                assert crowded.status("/readyz") == 503
            finally:
                _, _, log = crowded.stop()
                sixth.stop()
            assert "no room in relay-0" in log
