"""Clients that never read are cut in time, cost a bounded amount of memory, and are not felt by the others."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

import pytest

from notifications.eventhubs import EventHubSender
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.crowd import gathered
from tests.contract.notifications.relay_process import RelayProcess, body, running_issuer, token
from tests.contract.notifications.test_crowd import until_metric

log = logging.getLogger(__name__)

MIB = 1024 * 1024
FULL = [pytest.mark.chaos, pytest.mark.timeout(300)]
type Start = Callable[..., RelayProcess]


@pytest.fixture
def start(broker: StandIn) -> Iterator[Start]:
    """Starts relays; stops them at the end."""
    with running_issuer() as issuer, ExitStack() as stack:

        def started(group: str = "relay-0", **settings: str) -> RelayProcess:
            relay = RelayProcess(broker, issuer, group, RELAY_CONNECTIONS_PER_USER="100000", **settings)
            relay.start()
            stack.callback(relay.stop)
            return relay

        yield started


@pytest.fixture
async def sender(broker: StandIn) -> AsyncIterator[EventHubSender]:
    made = EventHubSender(hub_settings(broker), timeout=20)
    await made.ping()
    yield made
    await made.close()


def tokens(count: int) -> dict[str, str]:
    """Users and their tokens."""
    return {f"deaf{number}": token(f"deaf{number}") for number in range(count)}


@pytest.mark.parametrize("seconds", [2.0, pytest.param(10.0, marks=FULL)])
async def test_frozen_clients_are_cut_in_time(start: Start, sender: EventHubSender, seconds: float) -> None:
    """A client that takes nothing is cut when its time is up, however little waits for it; not before."""
    relay = start(RELAY_FROZEN_SECONDS=str(seconds), RELAY_QUEUE_BYTES=str(8 * MIB))
    users = tokens(4)
    async with gathered(relay.port, "deaf", 20, users), relay.events("reader") as reader:
        await until_metric(relay, "relay_streams_open", 21)
        for number in range(12):
            await sender.send([(user, body(user, number, text="x" * 30_000)) for user in users])
        began = time.monotonic()
        await until_metric(relay, 'relay_streams_ended_total{reason="frozen"}', 20, within=seconds + 10)
        assert seconds - 1.5 <= time.monotonic() - began <= seconds + 1.5
        await sender.send([("reader", body("reader", 1))])
        assert json.loads((await anext(reader)).data)["data"]["sequence"] == 1


async def test_memory_is_bounded(start: Start, sender: EventHubSender) -> None:
    """Forty clients that never read are sent a megabyte each: what waits for them stays within their queues."""
    limits = {"RELAY_QUEUE_BYTES": "65536", "RELAY_WINDOW_BYTES": str(MIB), "RELAY_FROZEN_SECONDS": "60"}
    relay = start(**limits)
    users = tokens(40)
    await sender.send([(user, body(user, 0, text="x" * 30_000)) for user in users])  # what is set up once
    async with gathered(relay.port, "deaf", 40, users):
        await until_metric(relay, "relay_streams_open", 40)
        before = resident(relay)
        for number in range(35):
            await sender.send([(user, body(user, number, text="x" * 30_000)) for user in users])
        await until_metric(relay, 'relay_streams_ended_total{reason="slow"}', 40)
        grown = resident(relay) - before
    log.info("grown by %.1f MiB", grown / MIB)
    # 40 queues of 64 KiB, a window of 1 MiB, what is on its way from Event Hubs; unbounded it would be over 40.
    assert grown < 16 * MIB


def resident(relay: RelayProcess) -> int:
    """Bytes of its most resident memory so far."""
    status = Path(f"/proc/{relay.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


class Latencies(asyncio.Protocol):
    """A healthy client that notes how old each event is when it comes, in seconds."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.seen: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        transport.write(self._head)  # type: ignore[attr-defined]  # a TCP client makes Transports

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; an event is one segment here."""
        now = time.time()
        self.seen += [now - float(sent) for sent in re.findall(rb'"sent":([0-9.]+)', data)]


async def listeners(relay: RelayProcess, users: list[str]) -> list[Latencies]:
    """One healthy client for each user."""
    loop = asyncio.get_running_loop()
    made = []
    for user in users:
        path = f"/api/notifications/stream/{user}?from=now"
        client = Latencies(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(user)}\r\n\r\n".encode()
        )
        await loop.create_connection(partial(_same, client), "127.0.0.1", relay.port)
        made.append(client)
    return made


def _same(client: Latencies) -> Latencies:
    return client


def p99(clients: list[Latencies]) -> float:
    """Of all their events."""
    return statistics.quantiles((one for client in clients for one in client.seen), n=100)[98]


@pytest.mark.chaos
@pytest.mark.timeout(300)
async def test_the_others_do_not_feel_it(start: Start, sender: EventHubSender) -> None:
    """The p99 of healthy clients beside 400 frozen ones is within a tenth of that on a relay without them.

    Two relays read the same events at the same time; only one has the frozen clients, which it cuts and which are
    replaced all the time. Median of five rounds; a millisecond is what the clock of a busy machine is worth.
    """
    alone, beside = start("relay-0"), start("relay-1", RELAY_FROZEN_SECONDS="2")
    healthy, deaf = [f"h{number}" for number in range(20)], tokens(20)
    rounds = []
    for _ in range(5):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(gathered(beside.port, "deaf", 400, deaf))
            with_, without = await listeners(beside, healthy), await listeners(alone, healthy)
            await asyncio.sleep(0.5)
            for number in range(150):
                events = [(user, body(user, number, sent=time.time())) for user in healthy]
                flood = [
                    (user, body(user, number, text="x" * 10_000)) for user in list(deaf)[number % 10 :: 10]
                ]
                await sender.send([*events, *flood])
                await asyncio.sleep(0.02)
            await asyncio.sleep(1)
            rounds.append((p99(without), p99(with_)))
            assert {len(client.seen) for client in (*with_, *without)} >= {150}
    for without_them, with_them in rounds:
        log.info("p99 without %.1f ms, with frozen clients %.1f ms", without_them * 1000, with_them * 1000)
    ratio = statistics.median((with_them - 0.001) / without_them for without_them, with_them in rounds)
    assert ratio <= 1.1
