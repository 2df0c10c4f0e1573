"""A partition that stops delivering without a word is noticed by its lag, and its reader started again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import httpx
import pytest

from notifications.eventhubs import EventHubSender
from notifications.relay import reader
from notifications.relay.hub import Hub
from notifications.relay.log import EventHubLog
from notifications.relay.metrics import Metrics
from notifications.relay.reader import Reader
from notifications.relay.window import Window
from shared.settings import EventHubSettings
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import HUB
from tests.contract.notifications.relay_process import RelayProcess, body, running_issuer
from tests.unit.notifications.relay_support import until

USERS = [f"u{number}" for number in range(24)]  # enough for every partition to have some
QUICK = {"_SILENT_AFTER": 0.3, "_CHECK_EVERY": 0.05, "_STALLED_AFTER": 0.2, "_BACKOFF": (0.01, 0.1)}


class StallingProxy:
    """A way to the broker on which the readers' connections can fall silent while they stay open."""

    def __init__(self, broker: StandIn) -> None:
        self._broker = broker
        self._reading: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.connection_string = self._broker.connection_string.replace(
            f":{self._broker.port}", f":{self.port}"
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of every connection."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> int:
        """From now on nothing comes through the connections that read partitions; how many those are."""
        stalled = [flowing for flowing in self._reading if flowing.is_set()]
        for flowing in stalled:
            flowing.clear()
        return len(stalled)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker.port)
        flowing = asyncio.Event()
        flowing.set()
        for source, target in ((client, to_broker), (broker, to_client)):
            task = asyncio.create_task(self._pass(source, target, flowing, asks=source is client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        flowing: asyncio.Event,
        *,
        asks: bool,
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await flowing.wait()
                if asks and b"ConsumerGroups" in data:
                    self._reading.append(flowing)
                target.write(data)
        target.close()


@pytest.fixture
async def proxy(broker: StandIn) -> AsyncIterator[StallingProxy]:
    async with StallingProxy(broker) as running:
        yield running


async def test_every_stalled_partition_is_read_again(
    proxy: StallingProxy, sender: EventHubSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All readers fall silent at once; every event sent meanwhile comes, once. The waits are shortened."""
    for name, value in QUICK.items():
        monkeypatch.setattr(reader, name, value)
    settings = EventHubSettings.model_validate({"EVENTHUB": proxy.connection_string, "EVENTHUB_NAME": HUB})
    log, metrics = EventHubLog(settings, ["relay-0"]), Metrics()
    hub = Hub(Window(seconds=600, max_bytes=10**7, user_events=100), metrics)
    reading = Reader(log, hub, metrics, window=600)
    running = asyncio.create_task(reading.run())

    def come(count: int) -> bool:
        return all(len(hub.window.resume(user, None).frames) == count for user in USERS)

    try:
        await sender.send([(user, body(user, 0)) for user in USERS])
        await until(lambda: come(1))
        assert proxy.stall() == 4
        await sender.send([(user, body(user, number)) for number in (1, 2) for user in USERS])
        await until(lambda: come(3), within=30)
        assert all(metrics.reader_restarts[str(partition)] >= 1 for partition in range(4))
        assert reading.lag() == {}
        assert metrics.events_received == 3 * len(USERS)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await log.close()


@pytest.mark.chaos
@pytest.mark.timeout(180)
async def test_a_relay_notices_by_itself(proxy: StallingProxy, sender: EventHubSender) -> None:
    """The process with its own times: within 45 s of the stall everything has reached its stream."""
    with running_issuer() as issuer:
        relay = RelayProcess(proxy._broker, issuer, EVENTHUB=proxy.connection_string)
        await asyncio.to_thread(relay.start)
        try:
            async with relay.events("u") as events:
                await sender.send([("u", body("u", 0))])
                await anext(events)
                assert proxy.stall() == 4
                await sender.send([("u", body("u", number)) for number in (1, 2, 3)])
                async with asyncio.timeout(45):
                    told = [json.loads((await anext(events)).data) for _ in range(3)]
            async with httpx.AsyncClient() as client:
                page = (await client.get(f"{relay.url}/metrics")).text
        finally:
            relay.stop()
    assert [event["data"]["sequence"] for event in told] == [1, 2, 3]
    assert "relay_reader_restarts_total{" in page
