from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from notifications.relay import reader
from notifications.relay.hub import Hub
from notifications.relay.incoming import Received
from notifications.relay.log import Deliver, PartitionState, Position
from notifications.relay.metrics import Metrics
from notifications.relay.reader import Reader
from notifications.relay.window import Window
from shared.errors import UnavailableError
from tests.unit.notifications.relay_support import event_body, until

WINDOW = 600.0


class MemoryLog:
    """Event Hubs in memory: partitions of messages, which can be away, stall, or be made anew."""

    def __init__(self, *partitions: str) -> None:
        self.messages: dict[str, list[Received]] = {partition: [] for partition in partitions}
        self.away = False
        self.stalled: set[str] = set()
        self.positions: list[tuple[str, Position]] = []
        self._news = asyncio.Event()

    def append(self, partition: str, count: int = 1, *, age: float = 0.0) -> None:
        """Enqueue events of user `u`."""
        for _ in range(count):
            number = len(self.messages[partition])
            self.messages[partition].append(Received(number, time.time() - age, event_body("u", number)))
        self.wake()

    def wake(self) -> None:
        """Let the receivers look again."""
        self._news.set()
        self._news = asyncio.Event()

    async def partitions(self) -> list[str]:
        """See PartitionedLog."""
        self._check()
        return list(self.messages)

    async def state(self, partition: str) -> PartitionState:
        """See PartitionedLog."""
        self._check()
        messages = self.messages[partition]
        newest = messages[-1] if messages else Received(-1, 0.0, b"")
        return PartitionState(newest.sequence, newest.enqueued_at, not messages)

    async def receive(self, partition: str, position: Position, deliver: Deliver) -> None:
        """See PartitionedLog."""
        self._check()
        self.positions.append((partition, position))
        stalled = partition in self.stalled
        self.stalled.discard(partition)  # the next reader is a healthy one
        after = position if isinstance(position, int) else -1
        while True:
            news = self._news
            since = position.timestamp() if isinstance(position, datetime) else 0.0
            batch = [
                one for one in self.messages[partition] if one.sequence > after and one.enqueued_at > since
            ]
            if batch and not stalled:
                after = batch[-1].sequence
                deliver(batch)
            await news.wait()
            self._check()

    async def close(self) -> None:
        """See PartitionedLog."""

    def _check(self) -> None:
        if self.away:
            raise UnavailableError("away")


class Running:
    """A reader at work on a MemoryLog."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.metrics = Metrics()
        self.hub = Hub(Window(seconds=WINDOW, max_bytes=10**7, user_events=1000), self.metrics)
        self.reader = Reader(log, self.hub, self.metrics, window=WINDOW)

    def seen(self) -> int:
        """How many events user `u` has in the window."""
        return len(self.hub.window.resume("u", None).frames)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits in hundredths of the real ones."""
    for name, value in {
        "_SILENT_AFTER": 0.05,
        "_CHECK_EVERY": 0.01,
        "_STALLED_AFTER": 0.05,
        "_BACKOFF": (0.005, 0.02),
    }.items():
        monkeypatch.setattr(reader, name, value)


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    made = Running(MemoryLog("0", "1"))
    made.log.append("0", 5)
    task = asyncio.create_task(made.reader.run())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def test_ready_once_the_window_is_filled(running: Running) -> None:
    """Not before everything that was there at the start has been read."""
    assert not running.reader.ready()
    await until(running.reader.ready)
    assert running.seen() == 5
    assert isinstance(running.log.positions[0][1], datetime)


async def test_old_events_are_not_waited_for() -> None:
    """What lies before the window is not read, and keeps nobody waiting."""
    made = Running(MemoryLog("0"))
    made.log.append("0", 5, age=WINDOW * 2)
    task = asyncio.create_task(made.reader.run())
    await until(made.reader.ready)
    assert made.seen() == 0
    assert made.hub.window.head("0") == 4
    task.cancel()


async def test_waits_for_a_hub_that_is_away() -> None:
    """A relay that starts before its broker becomes ready when that is there."""
    made = Running(MemoryLog("0"))
    made.log.away = True
    task = asyncio.create_task(made.reader.run())
    await asyncio.sleep(0.05)
    assert not made.reader.ready()
    assert not made.reader.reachable
    made.log.away = False
    await until(made.reader.ready)
    task.cancel()


async def test_outage_resumes_where_it_was(running: Running) -> None:
    """After the broker was away reading goes on by sequence number; nothing is missed, readiness stays."""
    await until(running.reader.ready)
    running.log.away = True
    running.log.append("0", 2)
    await until(lambda: not running.reader.reachable)
    assert running.reader.ready()
    running.log.away = False
    await until(lambda: running.seen() == 7)
    await until(lambda: running.reader.reachable)
    assert ("0", 4) in running.log.positions


async def test_stalled_partition_is_noticed_and_its_reader_restarted(running: Running) -> None:
    """A partition that has more than it delivers gets a new reader."""
    await until(running.reader.ready)
    running.log.stalled.add("1")
    running.log.away = True
    running.log.wake()
    await asyncio.sleep(0.02)
    running.log.away = False
    await until(lambda: [where for where, _ in running.log.positions].count("1") == 2)
    running.log.append("1", 3)
    await until(lambda: running.hub.window.head("1") == 2)
    assert running.metrics.reader_restarts["1"] >= 2
    assert running.reader.lag() == {}


async def test_hub_made_anew_is_read_from_its_start(running: Running) -> None:
    """Lower numbers than before mean a new hub; its events are not taken for old ones."""
    await until(running.reader.ready)
    running.log.messages["0"].clear()
    running.log.append("0", 2)
    await until(lambda: running.hub.window.head("0") == 1)
    assert running.seen() == 2
    assert ("0", "-1") in running.log.positions


async def test_stuck_partition_makes_unready(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that cannot read what others can should not get new streams."""
    monkeypatch.setattr(reader, "_UNREADY_LAG_SECONDS", 0.1)
    await until(running.reader.ready)

    async def deaf(partition: str, position: Position, deliver: Deliver) -> None:
        await asyncio.Event().wait()

    running.log.receive = deaf  # type: ignore[method-assign]
    running.log.away = True
    running.log.wake()
    await asyncio.sleep(0.02)
    running.log.away = False
    running.log.append("0", 1)
    await until(lambda: not running.reader.ready())
    assert running.reader.lag() == {"0": 1}
