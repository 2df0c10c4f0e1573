"""Thousands of clients of one relay: it stops in time, and those who say nothing, half or stop reading hurt no one."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notifications.eventhubs import EventHubSender
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.crowd import gathered
from tests.contract.notifications.relay_process import RelayProcess, body, running_issuer, token
from tests.unit.notifications.relay_support import until

GRACE = 3.0
CLOSING = 3.0  # beside the grace: readers and Event Hubs are let go; infra/modules/relay-app.bicep allows 15
FULL = [pytest.mark.chaos, pytest.mark.timeout(300)]
CROWDS = [1_000, pytest.param(10_000, marks=FULL)]


@pytest.fixture
def relay(broker: StandIn) -> Iterator[RelayProcess]:
    settings = {"RELAY_CONNECTIONS_PER_USER": "100000", "RELAY_GRACE_SECONDS": str(GRACE)}
    with running_issuer() as issuer:
        running = RelayProcess(broker, issuer, **settings)
        running.start()
        yield running
        if running.process.poll() is None:
            running.stop()


def descriptors(relay: RelayProcess) -> int:
    """How many files and sockets it has open."""
    return len(list(Path(f"/proc/{relay.process.pid}/fd").iterdir()))


async def metric(relay: RelayProcess, name: str) -> float:
    """A sample of /metrics, 0 when there is none."""
    async with httpx.AsyncClient() as client:
        page = (await client.get(f"{relay.url}/metrics", timeout=20)).text
    samples = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    return float(samples.get(name, 0))


async def until_metric(relay: RelayProcess, name: str, value: float, within: float = 20) -> None:
    """Wait until a sample has exactly this value."""

    async def reached() -> bool:
        await asyncio.sleep(0.1)
        return await metric(relay, name) == value

    await until(reached, within)


async def stopped(relay: RelayProcess) -> float:
    """SIGTERM, and how long the exit takes; it must be an orderly one."""
    started = time.monotonic()
    status, _, log = await asyncio.to_thread(relay.stop, signal.SIGTERM)
    assert status == 0, log
    assert "relay stopped" in log
    return time.monotonic() - started


@pytest.mark.parametrize("count", CROWDS)
async def test_stops_in_time_with_a_crowd(relay: RelayProcess, count: int) -> None:
    """Every client is sent away with a `retry:`, spread over the grace period; then the process ends."""
    async with gathered(relay.port, "stream", count, {"u": token("u")}) as crowd:
        assert await metric(relay, "relay_streams_open") == count
        assert await stopped(relay) <= GRACE + CLOSING
        fate = await crowd.fate()
    assert fate["statuses"] == {"200": count}
    assert fate["told_to_return"] == len(fate["ended"]) == count
    middle = fate["ended"][count // 10 : -count // 10]
    assert middle[-1] - middle[0] >= GRACE / 2


@pytest.mark.parametrize("count", CROWDS)
@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_stops_in_time_when_clients_vanish(
    relay: RelayProcess, broker: StandIn, count: int, how: str
) -> None:
    """A crowd killed during the drain, or frozen, a tenth of it with full buffers, holds nothing up."""
    users = {f"u{number}": token(f"u{number}") for number in range(10)}
    sender = EventHubSender(hub_settings(broker))
    async with gathered(relay.port, "deaf" if how == "frozen" else "stream", count, users) as crowd:
        await until_metric(relay, "relay_streams_open", count)
        if how == "frozen":
            for number in range(8):
                await sender.send([("u0", body("u0", number, text="x" * 30_000))])
            await until_metric(relay, "relay_events_sent_total", 8 * count // 10)
        stopping = asyncio.create_task(stopped(relay))
        if how == "killed":
            await asyncio.sleep(GRACE / 4)
            crowd.process.kill()
        assert await stopping <= GRACE + CLOSING
    await sender.close()


@pytest.mark.parametrize("count", CROWDS)
async def test_killed_crowd_leaves_nothing(relay: RelayProcess, count: int) -> None:
    """When thousands of clients are gone at once, so are their streams and descriptors."""
    before = descriptors(relay)
    async with gathered(relay.port, "stream", count, {"u": token("u")}) as crowd:
        assert descriptors(relay) >= before + count - 5  # probes come and go
        crowd.process.kill()
        await until_metric(relay, "relay_streams_open", 0)
    await until(lambda: descriptors(relay) <= before + 2, 10)


@pytest.mark.parametrize("count", CROWDS)
async def test_those_who_never_ask_are_sent_away(relay: RelayProcess, broker: StandIn, count: int) -> None:
    """While a crowd is silent, half through or slow with a request, others are served; then it is gone."""
    before = descriptors(relay)
    sender = EventHubSender(hub_settings(broker))
    await sender.ping()
    users = {"u": token("u")}
    async with (
        gathered(relay.port, "silent", count // 2, users) as silent,
        gathered(relay.port, "half", count // 4, users) as half,
        gathered(relay.port, "slow", count // 4, users) as slow,
    ):
        began = time.time()
        async with asyncio.timeout(20), relay.events("v") as events:
            await sender.send([("v", body("v", 1))])
            await anext(events)
        await until(lambda: descriptors(relay) <= before + 10, 20)
        fates = [await crowd.fate() for crowd in (silent, half, slow)]
    assert [fate["statuses"] for fate in fates] == [{}, {"408": count // 4}, {"408": count // 4}]
    assert all(fate["ended"][-1] <= began + 13 for fate in fates)
    await sender.close()
