"""What the outbox promises when a publisher dies or Event Hubs is away: everything arrives, in order, soon."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from notifications import outbox
from notifications.eventhubs import EventHubSender
from notifications.publisher import Publisher
from shared.db.pool import Database
from shared.events import Event, EventType
from shared.settings import DatabaseSettings
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import HUB, hub_settings
from tests.contract.notifications.relay_process import ROOT, RelayProcess, running_issuer
from tests.unit.notifications.relay_support import until

TIMER = 4.0  # seconds between two runs of the timer `sweep`; tests/unit/app/test_index.py has its schedule
PROMISED = 5.0  # seconds after recovery in which a crashed process's events are delivered
LATE = 1.0  # by which a busy test machine may miss that
# A publisher as a process of its own: writes three events, announces them if told to, and stays.
CHILD = """
import asyncio, sys
from notifications import outbox
from notifications.eventhubs import EventHubSender
from notifications.publisher import Publisher
from shared.db.connect import connector
from shared.db.pool import Database
from shared.events import Event
from shared.settings import DatabaseSettings, EventHubSettings

async def main():
    database = Database(connector(DatabaseSettings()), size=2)
    publisher = Publisher(database, EventHubSender(EventHubSettings()))
    events = [Event.decode(line.encode()) for line in sys.argv[2:]]
    def write(cursor):
        for event in events:
            outbox.add(cursor, event)
    await database.run(write)
    if sys.argv[1] == "announce":
        publisher.notify(outbox.stream_of(events[0]))
    print("committed", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def relay(broker: StandIn) -> Iterator[RelayProcess]:
    with running_issuer() as issuer:
        running = RelayProcess(broker, issuer, RELAY_USER_EVENTS="100000", RELAY_QUEUE_EVENTS="100000")
        running.start()
        yield running
        running.stop()


@pytest.fixture
async def publisher(database: Database, broker: StandIn) -> AsyncIterator[Publisher]:
    """One with the application's own times."""
    sender = EventHubSender(hub_settings(broker))
    running = Publisher(database, sender)
    yield running
    await running.close()
    await sender.close()


def event(user: str, task: str, number: int) -> Event:
    """A task's progress."""
    return Event(str(uuid.uuid4()), user, EventType.PROGRESS, task, datetime.now(UTC), {"sequence": number})


async def story(stream: AsyncIterator[object], count: int) -> list[tuple[str, int]]:
    """(task, sequence) of the next events."""
    told = []
    for _ in range(count):
        data = json.loads((await anext(stream)).data)  # type: ignore[attr-defined]
        told.append((data["subject"], data["data"]["sequence"]))
    return told


async def claimed(database: Database) -> None:
    """Wait until some publisher holds events."""

    def held(cursor: object) -> bool:
        cursor.execute("select count(*) as held from outbox where claimed_until > now()")  # type: ignore[attr-defined]
        return bool(cursor.fetchone()["held"])  # type: ignore[attr-defined]

    async def some_are() -> bool:
        return await database.run(held)

    await until(some_are)


@contextmanager
def away(broker: StandIn, how: str) -> Iterator[None]:
    """The broker killed and started again, or frozen and thawed."""
    if how == "killed":
        broker.end(signal.SIGKILL)
    else:
        broker.process.send_signal(signal.SIGSTOP)
    yield
    if how == "killed":
        broker.start()
    else:
        broker.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("moment", ["committed", "claimed"])
async def test_crash_between_commit_and_publish(
    relay: RelayProcess,
    broker: StandIn,
    database: Database,
    postgres: DatabaseSettings,
    publisher: Publisher,
    moment: str,
) -> None:
    """A process killed after its commit, or with its events claimed and half sent: delivered 5 s later at most."""
    events = [event("u", "t", number) for number in range(1, 4)]
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": postgres.url.get_secret_value(),
        "EVENTHUB": broker.connection_string,
        "EVENTHUB_NAME": HUB,
    }
    announce = "announce" if moment == "claimed" else "keep"
    async with relay.events("u") as stream:
        with away(broker, "frozen"):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-c", CHILD, announce, *(one.encode().decode() for one in events),
                cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert child.stdout is not None
            assert await child.stdout.readline() == b"committed\n"
            if moment == "claimed":
                await claimed(database)
            child.kill()
            await child.wait()
        recovered = time.monotonic()
        timer = asyncio.create_task(_timer(publisher))
        async with asyncio.timeout(20):
            assert await story(stream, 3) == [("t", 1), ("t", 2), ("t", 3)]
        assert time.monotonic() - recovered <= PROMISED + LATE
        timer.cancel()


async def _timer(publisher: Publisher) -> None:
    while True:
        await asyncio.gather(publisher.sweep(), asyncio.sleep(TIMER))


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        ("killed", 2.0),
        pytest.param("killed", 60.0, marks=[pytest.mark.chaos, pytest.mark.timeout(240)]),
        pytest.param("frozen", 60.0, marks=[pytest.mark.chaos, pytest.mark.timeout(240)]),
    ],
)
async def test_event_hubs_away(
    relay: RelayProcess, broker: StandIn, database: Database, publisher: Publisher, how: str, seconds: float
) -> None:
    """Changes go on meanwhile; afterwards every event arrives once, the backlog in the order it was written."""
    writer = _Writer(database, publisher)
    async with relay.events("a") as first, relay.events("b") as second:
        await writer.write_for(0.5)
        with away(broker, how):
            await writer.write_for(seconds)
        await writer.write_for(0.5)
        async with asyncio.timeout(60):
            seen = [
                await story(stream, len(writer.written[user]))
                for user, stream in (("a", first), ("b", second))
            ]
    assert seen == [writer.written["a"], writer.written["b"]]

    async def all_marked() -> bool:
        return await database.run(outbox.oldest_age) is None

    await until(all_marked)


class _Writer:
    """Commits events of three tasks of two users, ten times a second, and announces each."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.written: dict[str, list[tuple[str, int]]] = {"a": [], "b": []}
        self._database = database
        self._publisher = publisher
        self._numbers: dict[str, int] = {}

    async def write_for(self, seconds: float) -> None:
        """Go on for so long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for user in self.written:
                for task in range(3):
                    await self._write(user, f"{user}{task}")
            await asyncio.sleep(0.1)

    async def _write(self, user: str, task: str) -> None:
        number = self._numbers[task] = self._numbers.get(task, 0) + 1
        made = event(user, task, number)
        await self._database.run(lambda cursor: outbox.add(cursor, made))
        self._publisher.notify(task)
        self.written[user].append((task, number))
