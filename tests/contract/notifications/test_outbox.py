from __future__ import annotations

import asyncio
import itertools
import json
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from notifications import outbox
from notifications.publisher import Outgoing, Pace, Publisher, SendError
from shared.db.pool import Database
from shared.errors import MalformedError, TooLargeError
from shared.events import Event, EventType

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def event(stream: str | None = "t1", number: int = 0, user: str = "u", **data: object) -> Event:
    return Event(
        str(uuid.uuid4()), user, EventType.PROGRESS, stream, datetime.now(UTC), {"sequence": number, **data}
    )


async def put(database: Database, *events: Event) -> None:
    def work(cursor: Cursor) -> None:
        for one in events:
            outbox.add(cursor, one)

    await database.run(work)


async def claim(
    database: Database, *streams: str, limit: int = 100, lease: float = 15.0
) -> list[outbox.OutboxRow]:
    return await database.run(lambda cursor: outbox.claim(cursor, streams, limit, lease))


def sequences(rows: Sequence[outbox.OutboxRow]) -> list[int]:
    return [Event.decode(row.body).data["sequence"] for row in rows]


NAUGHTY = ["\0", "a\0b\\u0000", "\r\n\r\n", "\u2028", "한글 👩‍👧", "\\", '"', "\x7f\x80", "\uffff", "{}", ""]


@pytest.mark.parametrize("text", NAUGHTY)
async def test_what_was_added_is_handed_out(database: Database, text: str) -> None:
    """The event comes back equal, on one line, whatever text it holds."""
    made = event(text=text, nested={"key" + text: [1.5, None, 10**25]})
    await put(database, made)
    (row,) = await claim(database, "t1")
    assert Event.decode(row.body) == made
    assert b"\n" not in row.body
    assert (row.stream, row.user_id) == ("t1", "u")


async def test_event_without_a_task_is_its_own_stream(database: Database) -> None:
    """A message depends on no other event."""
    made = event(None)
    await put(database, made)
    assert outbox.stream_of(made) == made.event_id
    assert len(await claim(database, made.event_id)) == 1


async def test_change_and_event_stand_or_fall_together(database: Database) -> None:
    """A transaction that is rolled back leaves no event."""

    def work(cursor: Cursor) -> None:
        outbox.add(cursor, event())
        raise KeyError

    with pytest.raises(KeyError):
        await database.run(work)
    assert await claim(database, "t1") == []


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (event(text="x" * outbox.MAX_EVENT_BYTES), TooLargeError),
        (event(text="\ud800"), MalformedError),
        (event(user="a\0b"), MalformedError),
    ],
    ids=["large", "surrogate", "nul"],
)
async def test_impossible_events_are_refused(database: Database, made: Event, error: type[Exception]) -> None:
    """What could never be published does not get into the table."""
    with pytest.raises(error):
        await put(database, made)


async def test_claim_is_exclusive_and_in_order(database: Database) -> None:
    """Nobody gets a stream's events while somebody else holds any of them, not even newer ones."""
    await put(database, *(event("t1", number) for number in range(5)), event("t2", 9))
    assert sequences(await claim(database, "t1", limit=3)) == [0, 1, 2]
    assert await claim(database, "t1") == []
    await put(database, event("t1", 5))
    assert sequences(await claim(database, "t1", "t2")) == [9]
    held = await database.run(lambda cursor: outbox.held_streams(cursor, ["t1", "t2", "t3"]))
    assert held == {"t1", "t2"}


async def test_published_and_released_events_free_their_stream(database: Database) -> None:
    """After marking, the next come; after releasing, the same."""
    await put(database, *(event("t1", number) for number in range(4)))
    first = await claim(database, "t1", limit=2)
    await database.run(lambda cursor: outbox.mark_published(cursor, [row.id for row in first]))
    second = await claim(database, "t1")
    assert sequences(second) == [2, 3]
    await database.run(lambda cursor: outbox.release(cursor, [row.id for row in second]))
    assert sequences(await claim(database, "t1")) == [2, 3]


async def test_crashed_publishers_claim_expires(database: Database) -> None:
    """After the lease the events are anybody's."""
    await put(database, event("t1", 0))
    await claim(database, "t1", lease=0.2)
    assert await claim(database, "t1") == []
    await asyncio.sleep(0.25)
    assert sequences(await claim(database, "t1")) == [0]


async def test_concurrent_claimers_take_turns(database: Database) -> None:
    """Threads that claim the same streams in different orders never deadlock and never share an event."""
    streams = [f"t{number}" for number in range(12)]
    await put(database, *(event(stream, number) for number in range(3) for stream in streams))
    barrier = threading.Barrier(4)

    def work(order: list[str]) -> list[outbox.OutboxRow]:
        barrier.wait(5)
        return database.run_sync(lambda cursor: outbox.claim(cursor, order, 1000, 15))

    orders = [streams, streams[::-1], streams[6:] + streams[:6], sorted(streams)]
    results = await asyncio.gather(*(asyncio.to_thread(work, order) for order in orders))
    rows = list(itertools.chain(*results))
    assert len(rows) == len({row.id for row in rows}) == 36
    for result in results:
        for stream in {row.stream for row in result}:
            assert sequences([row for row in result if row.stream == stream]) == [0, 1, 2]


async def test_stale_streams_are_old_and_free(database: Database) -> None:
    """The sweep finds what is old and unclaimed, oldest first."""
    await put(database, event("old", 0), event("held", 0), event("older", 0))

    def age(cursor: Cursor) -> None:
        cursor.execute(
            "update outbox set created_at = now() - interval '10 s' where stream in ('old', 'held')"
        )
        cursor.execute("update outbox set created_at = now() - interval '20 s' where stream = 'older'")

    await database.run(age)
    await claim(database, "held")
    await put(database, event("young", 0), event("old", 1))
    assert await database.run(lambda cursor: outbox.stale_streams(cursor, 5, 10)) == ["old", "older"]
    assert await database.run(lambda cursor: outbox.stale_streams(cursor, 15, 10)) == ["older"]
    assert await database.run(lambda cursor: outbox.stale_streams(cursor, 5, 1)) == ["old"]
    oldest = await database.run(outbox.oldest_age)
    assert oldest is not None
    assert 19 < oldest < 30


async def test_purge_removes_only_what_was_published(database: Database) -> None:
    """Old published events go, a limited number at a time; waiting ones stay for ever."""
    await put(database, *(event("t1", number) for number in range(5)))
    rows = await claim(database, "t1", limit=4)
    await database.run(lambda cursor: outbox.mark_published(cursor, [row.id for row in rows]))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert await database.run(lambda cursor: outbox.purge(cursor, soon - timedelta(hours=1))) == 0
    assert await database.run(lambda cursor: outbox.purge(cursor, soon, 3)) == 3
    assert await database.run(lambda cursor: outbox.purge(cursor, soon)) == 1
    assert sequences(await claim(database, "t1")) == [4]


async def test_empty_outbox(database: Database) -> None:
    """Nothing there is an answer too."""
    assert await claim(database) == []
    assert await claim(database, "nobody") == []
    assert await database.run(outbox.oldest_age) is None
    assert await database.run(lambda cursor: outbox.stale_streams(cursor, 0, 5)) == []


class Flaky:
    """A sender that fails every third time after taking half; remembers what it took."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._calls = 0

    async def send(self, events: Sequence[Outgoing]) -> None:
        """See EventSender."""
        self._calls += 1
        await asyncio.sleep(0.001)
        half = len(events) // 2 if self._calls % 3 == 0 else len(events)
        self._taken += [body for _, body in events[:half]]
        if half < len(events):
            raise SendError("flaky", delivered=frozenset(range(half)))


async def test_publishers_on_one_database_keep_order(database: Database) -> None:
    """Three publishers with failing connections send every event once, each stream in order."""
    taken: list[bytes] = []
    pace = Pace(held=0.01, first_wait=0.005, longest_wait=0.02, gather=0.001, rows=20)
    publishers = [Publisher(database, Flaky(taken), pace=pace) for _ in range(3)]
    for number in range(30):
        await put(database, *(event(f"t{stream}", number) for stream in range(4)))
        for stream in range(4):
            publishers[(number + stream) % 3].notify(f"t{stream}")
    for publisher in publishers:
        assert all([await publisher.flush(f"t{stream}", 10) for stream in range(4)])
        await publisher.close()
    for stream in range(4):
        numbers = [
            json.loads(body)["data"]["sequence"]
            for body in taken
            if json.loads(body)["subject"] == f"t{stream}"
        ]
        assert numbers == list(range(30))
    assert await database.run(outbox.oldest_age) is None
