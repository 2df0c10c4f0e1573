from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from notifications import outbox
from notifications.publisher import Outgoing, Pace, Publisher, SendError
from shared.errors import UnavailableError

QUICK = Pace(
    lease=0.5, send=0.2, gather=0.0, held=0.01, first_wait=0.005, longest_wait=0.02, rows=50, streams=20
)


class OutboxTable:
    """The outbox in memory; answers the statements of notifications.outbox as PostgreSQL would."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.away = False
        self.transactions = 0
        self._ids = itertools.count(1)
        self._result: list[dict[str, Any]] = []

    async def run[T](self, work: Callable[[Any], T]) -> T:
        """One transaction."""
        await asyncio.sleep(0)
        if self.away:
            raise UnavailableError("no database")
        self.transactions += 1
        return work(self)

    def put(self, stream: str, user: str, count: int = 1) -> None:
        """Commit `count` events of this stream."""
        for _ in range(count):
            number = sum(row["stream"] == stream for row in self.rows)
            row = {"id": next(self._ids), "stream": stream, "user_id": user, "body": f"{stream}:{number}"}
            self.rows.append(row | {"event_id": uuid.uuid4(), "until": 0.0, "published": False, "age": 10.0})

    def execute(self, sql: str, values: Any) -> None:
        """Only the statements of the module under test."""
        if sql == outbox._LOCK:
            return
        if sql == outbox._CLAIM:
            self._result = self._claim(**values)
        elif sql == outbox._HELD:
            held = {row["stream"] for row in self._open() if row["until"] > self._now()}
            self._result = [{"stream": stream} for stream in held & set(values[0])]
        elif sql in {outbox._MARK, outbox._RELEASE, outbox._RENEW}:
            self._change(sql, values)
        elif sql == outbox._ANY_STALE:
            self._result = [{"found": any(row["age"] > values[0] for row in self._open())}]
        elif sql == outbox._STALE:
            streams = dict.fromkeys(row["stream"] for row in self._open() if row["age"] > values[0])
            held = {row["stream"] for row in self._open() if row["until"] > self._now()}
            self._result = [{"stream": name} for name in streams if name not in held][: values[1]]
        else:
            raise AssertionError(sql)

    def fetchone(self) -> dict[str, Any] | None:
        """The last statement's first row."""
        return self._result[0] if self._result else None

    def fetchall(self) -> list[dict[str, Any]]:
        """The last statement's rows, in an order nobody promised."""
        return self._result[::-1]

    def _change(self, sql: str, values: Any) -> None:
        ids = set(values[-1])
        for row in self._open():
            if row["id"] in ids and sql == outbox._RENEW:
                row["until"] = self._now() + values[0] if row["until"] else 0.0
            elif row["id"] in ids:
                row |= {"published": sql == outbox._MARK, "until": 0.0}

    def _claim(self, streams: list[str], limit: int, lease: float) -> list[dict[str, Any]]:
        held = {row["stream"] for row in self._open() if row["until"] > self._now()}
        free = [row for row in self._open() if row["stream"] in streams and row["stream"] not in held]
        for row in free[:limit]:
            row["until"] = self._now() + lease
        return free[:limit]

    def _open(self) -> list[dict[str, Any]]:
        return [row for row in self.rows if not row["published"]]

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class Wire:
    """Event Hubs in memory: can be away, can hang, can take a part."""

    def __init__(self) -> None:
        self.got: list[Outgoing] = []
        self.sends = 0
        self.away = False
        self.hangs = False
        self.takes: int | None = None
        self.refuses: set[bytes] = set()
        self.busy = False

    async def send(self, events: Sequence[Outgoing]) -> None:
        """See EventSender."""
        assert not self.busy, "two sends at once"
        self.busy = True
        try:
            self.sends += 1
            await asyncio.sleep(0)
            if self.hangs:
                await asyncio.Event().wait()
            if self.away:
                raise SendError("away")
            await self._take(events)
        finally:
            self.busy = False

    async def _take(self, events: Sequence[Outgoing]) -> None:
        refused = {position for position, event in enumerate(events) if event[1] in self.refuses}
        limit = len(events) if self.takes is None else self.takes
        delivered = [position for position in range(len(events)) if position not in refused][:limit]
        self.got += [events[position] for position in delivered]
        if len(delivered) < len(events):
            raise SendError("some", delivered=frozenset(delivered), refused=frozenset(refused))

    def of(self, stream: str) -> list[str]:
        """What was sent of this stream, in order."""
        return [body.decode() for _, body in self.got if body.decode().startswith(f"{stream}:")]


def expected(stream: str, count: int) -> list[str]:
    return [f"{stream}:{number}" for number in range(count)]


@pytest.fixture
def table() -> OutboxTable:
    return OutboxTable()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def publisher(table: OutboxTable, wire: Wire) -> AsyncIterator[Publisher]:
    running = Publisher(table, wire, pace=QUICK)
    yield running
    await running.close(0.1)


async def test_notified_events_go_out_in_order(table: OutboxTable, wire: Wire, publisher: Publisher) -> None:
    """After notify and flush every event of the stream is sent once, oldest first, and marked."""
    table.put("a", "u1", 3)
    publisher.notify("a")
    assert await publisher.flush("a", 1)
    assert wire.of("a") == expected("a", 3)
    await publisher.close()
    assert all(row["published"] for row in table.rows)


async def test_concurrent_tasks_share_turns(table: OutboxTable, wire: Wire, publisher: Publisher) -> None:
    """Forty tasks that commit together cost a few sends and transactions, not forty."""
    for number in range(20):
        table.put(f"t{number}", f"u{number}", 2)
        publisher.notify(f"t{number}")
    assert all([await publisher.flush(f"t{number}", 1) for number in range(20)])
    assert len(wire.got) == 40
    assert wire.sends <= 2
    assert table.transactions <= 4


async def test_idle_publisher_has_no_task(table: OutboxTable, publisher: Publisher) -> None:
    """Nothing runs in the background while there is nothing to send."""
    table.put("a", "u")
    publisher.notify("a")
    await publisher.flush("a", 1)
    async with asyncio.timeout(1):
        assert publisher._task is not None
        await publisher._task


async def test_outage_keeps_order_and_loses_nothing(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """Events made while Event Hubs is away follow in order when it is back, each once."""
    wire.away = True
    for _ in range(5):
        table.put("a", "u1")
        table.put("b", "u2")
        publisher.notify("a")
        publisher.notify("b")
        await asyncio.sleep(0.005)
    assert not await publisher.flush("a", 0.02)
    wire.away = False
    assert await publisher.flush("a", 2)
    assert await publisher.flush("b", 2)
    assert (wire.of("a"), wire.of("b")) == (expected("a", 5), expected("b", 5))


async def test_database_away_after_send_sends_nothing_twice(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """What was sent but could not be marked is marked later, not sent again by this process."""
    table.put("a", "u")
    original = wire.send

    async def send_then_lose_database(events: Sequence[Outgoing]) -> None:
        await original(events)
        table.away = True

    wire.send = send_then_lose_database  # type: ignore[method-assign]
    publisher.notify("a")
    await publisher.flush("a", 1)
    table.put("a", "u")
    publisher.notify("a")
    await asyncio.sleep(0.05)
    wire.send = original  # type: ignore[method-assign]
    table.away = False
    assert await publisher.flush("a", 1)
    assert wire.of("a") == expected("a", 2)


async def test_partial_send_repeats_only_the_rest(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """What Event Hubs took before it failed is not sent again."""
    table.put("a", "u", 4)
    wire.takes = 2
    publisher.notify("a")
    assert await publisher.flush("a", 1)
    assert wire.of("a") == expected("a", 4)


async def test_refused_event_does_not_block_its_stream(
    table: OutboxTable, wire: Wire, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    """An event that will never be taken is recorded and set aside; later ones go out."""
    table.put("a", "u", 3)
    wire.refuses.add(b"a:1")
    publisher.notify("a")
    assert await publisher.flush("a", 1)
    assert wire.of("a") == ["a:0", "a:2"]
    assert "refused" in caplog.text


async def test_hanging_send_is_given_up(table: OutboxTable, wire: Wire, publisher: Publisher) -> None:
    """A broker that neither takes nor refuses does not hold the publisher for ever."""
    wire.hangs = True
    table.put("a", "u", 2)
    publisher.notify("a")
    assert not await publisher.flush("a", 0.3)
    wire.hangs = False
    assert await publisher.flush("a", 2)
    assert wire.of("a") == expected("a", 2)


async def test_unexpected_failure_is_recorded_and_retried(
    table: OutboxTable, wire: Wire, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in a sender does not silence the publisher."""
    table.put("a", "u")
    original = wire.send

    async def broken(events: Sequence[Outgoing]) -> None:
        wire.send = original  # type: ignore[method-assign]
        raise KeyError("oops")

    wire.send = broken  # type: ignore[method-assign]
    publisher.notify("a")
    assert await publisher.flush("a", 1)
    assert wire.of("a") == expected("a", 1)
    assert "publisher failed" in caplog.text


async def test_stream_held_elsewhere_waits_its_turn(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """While another publisher holds a stream's older events, the newer ones wait; then they follow."""
    table.put("a", "u", 2)
    other = table._claim(["a"], 1, 60)
    publisher.notify("a")
    assert not await publisher.flush("a", 0.05)
    assert wire.got == []
    other[0] |= {"published": True, "until": 0.0}
    assert await publisher.flush("a", 1)
    assert wire.of("a") == ["a:1"]


async def test_two_publishers_keep_order(table: OutboxTable, wire: Wire) -> None:
    """Two processes told of the same streams send each event once and in order."""
    wires = [Wire(), Wire()]
    pair = [Publisher(table, end, pace=QUICK) for end in wires]
    for index in range(30):
        table.put(f"s{index % 3}", "u")
        pair[index % 2].notify(f"s{index % 3}")
        await asyncio.sleep(0)
    for publisher in pair:
        for stream in ("s0", "s1", "s2"):
            assert await publisher.flush(stream, 2)
        await publisher.close()
    both = [body for end in wires for body in end.got]
    assert len(both) == len(set(both)) == 30
    assert all(
        end.of(stream) == sorted(end.of(stream), key=_number)
        for end in wires
        for stream in ("s0", "s1", "s2")
    )


def _number(body: str) -> int:
    return int(body.split(":")[1])


async def test_sweep_sends_what_a_crash_left(table: OutboxTable, wire: Wire, publisher: Publisher) -> None:
    """Streams nobody announced are found, in batches, and the number sent is told."""
    for number in range(45):
        table.put(f"t{number}", f"u{number % 7}", 2)
    assert await publisher.sweep() == 90
    assert all(wire.of(f"t{number}") == expected(f"t{number}", 2) for number in range(45))


async def test_sweep_leaves_young_and_held_events(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """What was just written belongs to its own process, what is claimed to its holder."""
    table.put("young", "u")
    table.rows[0]["age"] = 1.0
    table.put("held", "u")
    table._claim(["held"], 1, 60)
    assert await publisher.sweep() == 0
    assert wire.got == []


async def test_sweep_waits_out_a_dead_publishers_claim(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """What a crashed process had claimed goes out in the sweep that found it, right after its lease."""
    table.put("a", "u", 2)
    table._claim(["a"], 2, QUICK.lease)
    assert await publisher.sweep() == 2
    assert wire.of("a") == expected("a", 2)


async def test_claim_lasts_as_long_as_its_send(table: OutboxTable, wire: Wire) -> None:
    """A send longer than a lease is not overtaken: nobody else gets the stream meanwhile."""
    pace = replace(QUICK, lease=0.09, send=5.0)
    wire.hangs = True
    publisher = Publisher(table, wire, pace=pace)
    table.put("a", "u")
    publisher.notify("a")
    for _ in range(20):
        await asyncio.sleep(0.02)
        assert table._claim(["a"], 1, 60) == []
    await publisher.close(0.01)
    assert len(table._claim(["a"], 1, 60)) == 1


async def test_sweep_ends_while_event_hubs_is_away(
    table: OutboxTable, wire: Wire, publisher: Publisher
) -> None:
    """The timer's call returns in time; what it announced goes out when Event Hubs is back."""
    wire.away = True
    for number in range(30):
        table.put(f"t{number}", "u")
    async with asyncio.timeout(2):
        assert await publisher.sweep() == 0


async def test_close_sends_what_was_announced(table: OutboxTable, wire: Wire) -> None:
    """A process that ends takes its last events to the hub, and ignores later calls."""
    publisher = Publisher(table, wire, pace=QUICK)
    table.put("a", "u", 3)
    publisher.notify("a")
    await publisher.close()
    assert wire.of("a") == expected("a", 3)
    publisher.notify("a")
    assert publisher._task is None or publisher._task.done()


async def test_close_gives_back_what_it_could_not_send(table: OutboxTable, wire: Wire) -> None:
    """Nothing stays claimed by a process that has ended in order."""
    wire.hangs = True
    publisher = Publisher(table, wire, pace=QUICK)
    table.put("a", "u")
    publisher.notify("a")
    await asyncio.sleep(0.05)
    await publisher.close(0.01)
    assert [row["until"] for row in table.rows] == [0.0]
