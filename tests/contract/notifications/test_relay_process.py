from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from notifications.eventhubs import EventHubSender
from notifications.publisher import SendError
from shared.errors import UnavailableError
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.relay_process import RelayProcess, body, running_issuer, token


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_issuer() as url:
        yield url


@pytest.fixture
def relay(broker: StandIn, issuer: str) -> Iterator[RelayProcess]:
    running = RelayProcess(broker, issuer)
    running.start()
    yield running
    if running.process.poll() is None:
        running.stop()
    for pipe in (running.process.stdout, running.process.stderr):
        assert pipe is not None
        pipe.close()


@pytest.fixture
async def sender(broker: StandIn) -> AsyncIterator[EventHubSender]:
    made = EventHubSender(hub_settings(broker))
    yield made
    await made.close()


async def send(sender: EventHubSender, user: str, *numbers: int) -> None:
    """Send until Event Hubs has taken them, as the publisher does."""
    left = [(user, body(user, number)) for number in numbers]
    async with asyncio.timeout(30):
        while left:
            try:
                await sender.send(left)
                left = []
            except SendError as error:
                left = [one for position, one in enumerate(left) if position not in error.delivered]
                await asyncio.sleep(0.1)


async def numbers(events: AsyncIterator[object], count: int) -> list[int]:
    async with asyncio.timeout(20):
        return [json.loads((await anext(events)).data)["data"]["sequence"] for _ in range(count)]  # type: ignore[attr-defined]


async def test_from_sender_to_browser(relay: RelayProcess, sender: EventHubSender) -> None:
    """Events of several users travel through the SDK and the broker to their own streams, in order and fast."""
    await sender.ping()
    async with relay.events("u1") as first, relay.events("u2") as second:
        await sender.send([(f"u{1 + n % 2}", body(f"u{1 + n % 2}", n)) for n in range(40)])
        assert await numbers(first, 20) == list(range(0, 40, 2))
        assert await numbers(second, 20) == list(range(1, 40, 2))
        delays = []
        for number in range(40, 60):
            started = time.perf_counter()
            await send(sender, "u1", number)
            assert await numbers(first, 1) == [number]
            delays.append(time.perf_counter() - started)
        assert sorted(delays)[10] < 0.05


async def test_large_batches_are_split_and_oversized_events_refused(sender: EventHubSender) -> None:
    """More than a batch holds goes in several; what no batch holds is named, and the rest is taken."""
    events = [("u", body("u", number, text="x" * 200_000)) for number in range(12)]
    await sender.send(events)
    events[5] = ("u", body("u", 5, text="x" * 2_000_000))
    with pytest.raises(SendError) as raised:
        await sender.send(events)
    assert raised.value.refused == frozenset({5})
    assert len(raised.value.delivered) == 11


async def test_resume_on_another_replica(
    relay: RelayProcess, broker: StandIn, issuer: str, sender: EventHubSender
) -> None:
    """Positions are the same on every replica, also on one that started later."""
    await send(sender, "u", *range(10))
    async with relay.events("u") as events:
        last = [await anext(events) for _ in range(4)][-1]
    other = RelayProcess(broker, issuer, "relay-1")
    other.start()
    try:
        async with other.events("u", last.id) as events:
            await send(sender, "u", 10)
            assert await numbers(events, 7) == [4, 5, 6, 7, 8, 9, 10]
    finally:
        other.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_broker_restart_loses_nothing(
    relay: RelayProcess, broker: StandIn, sender: EventHubSender, number: signal.Signals
) -> None:
    """Streams stay open while the broker is away, and go on where they were."""
    async with relay.events("u") as events:
        await send(sender, "u", 0, 1)
        assert await numbers(events, 2) == [0, 1]
        broker.end(number)
        with pytest.raises(SendError):
            await sender.send([("u", body("u", 99))])
        broker.start()
        await send(sender, "u", 2, 3)
        assert await numbers(events, 2) == [2, 3]
    assert relay.status("/readyz") == 200


async def test_frozen_broker_is_given_up_and_comes_back(relay: RelayProcess, broker: StandIn) -> None:
    """A broker that hangs makes a send fail in time; nothing is lost when it goes on."""
    sender = EventHubSender(hub_settings(broker), timeout=1.0)
    async with relay.events("u") as events:
        await send(sender, "u", 0)
        assert await numbers(events, 1) == [0]
        broker.process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(SendError):
            await sender.send([("u", body("u", 99))])
        with pytest.raises(UnavailableError):
            await sender.ping()
        assert time.monotonic() - started < 4
        broker.process.send_signal(signal.SIGCONT)
        await send(sender, "u", 1)
        async with asyncio.timeout(20):
            while await numbers(events, 1) != [1]:
                pass  # the send that was given up may have arrived after all: the event_id tells the relay
    await sender.close()


async def test_relay_starts_before_its_broker(broker: StandIn, issuer: str, sender: EventHubSender) -> None:
    """Alive but not ready until the window is filled; no stream is granted before."""
    await send(sender, "u", 0, 1, 2)
    await sender.close()
    broker.end(signal.SIGTERM)
    relay = RelayProcess(broker, issuer)
    relay.start(ready=False)
    try:
        assert relay.status("/readyz") == 503
        with pytest.raises(httpx.HTTPStatusError):
            async with relay.events("u"):
                pass
        broker.start()
        await asyncio.to_thread(relay.wait, "/readyz")
        async with relay.events("u") as events:
            assert await numbers(events, 3) == [0, 1, 2]
    finally:
        relay.stop()


async def test_hub_made_anew_resets(broker: StandIn, relay: RelayProcess, sender: EventHubSender) -> None:
    """When the broker's sequence numbers start over, streams are told instead of going silent."""
    import shutil

    async with relay.events("u") as events:
        await send(sender, "u", *range(20))
        await numbers(events, 20)
        folder = broker._command[broker._command.index("--data") + 1]
        broker.end(signal.SIGKILL)
        shutil.rmtree(folder)
        broker.start()
        async with asyncio.timeout(40):
            assert (await anext(events)).event == "reset"
        await send(sender, "u", 100)
        assert await numbers(events, 1) == [100]


async def test_bearer_and_owner_are_required(relay: RelayProcess) -> None:
    """From outside: 401 without a token, 403 for another user's stream, as problems."""
    url = f"{relay.url}/api/notifications/stream/u"
    async with httpx.AsyncClient() as client:
        nobody = await client.get(url)
        other = await client.get(url, headers={"Authorization": f"Bearer {token('v')}"})
    assert (nobody.status_code, other.status_code) == (401, 403)
    assert nobody.headers["content-type"] == other.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_drains_and_exits_cleanly(relay: RelayProcess, number: signal.Signals) -> None:
    """Open streams are ended within the grace period; status 0, nothing on stdout, JSON lines on stderr."""
    async with relay.events("u") as events, relay.events("u") as others:
        stopping = asyncio.create_task(asyncio.to_thread(relay.stop, number))
        started = time.monotonic()
        for stream in (events, others):
            with pytest.raises((StopAsyncIteration, httpx.RemoteProtocolError)):
                await anext(stream)
        status, out, errors = await stopping
    assert time.monotonic() - started < 6
    assert (status, out) == (0, "")
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["message"] for line in lines][-1] == "relay stopped"


async def test_it_writes_no_file(broker: StandIn, issuer: str, sender: EventHubSender) -> None:
    """Where not one byte can be written to a file, as on a read-only file system, it serves and stops as always."""
    relay = RelayProcess(broker, issuer, PYTHONDONTWRITEBYTECODE="1")
    # A file's size is limited to nothing: a write raises, or the signal SIGXFSZ ends the process.
    await asyncio.to_thread(relay.start, under=["sh", "-c", 'ulimit -f 0; exec "$@"', "sh"])
    async with relay.events("u") as events:
        await send(sender, "u", 1)
        assert await numbers(events, 1) == [1]
    status, _, log = relay.stop()
    assert status == 0, log
    assert "Traceback" not in log


def test_missing_settings_are_named(broker: StandIn, issuer: str) -> None:
    """A relay without its settings says which, without their values, and exits with 2."""
    relay = RelayProcess(broker, issuer, STREAM_TICKET_SECRET="short")
    with pytest.raises(AssertionError):
        relay.start()
    assert relay.process.returncode == 2
