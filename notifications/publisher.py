"""Sends the outbox to Event Hubs: right after each commit, and again on the timer for what was left behind.

One background task serves every task of the process: it claims the streams that changed since its last turn in
one transaction (which also marks what the turn before has sent), sends them, and turns again. So the busier the
process, the more events share one claim and one send.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from notifications import outbox
from notifications.outbox import OutboxRow
from shared.errors import TransientError, UnavailableError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

logger = logging.getLogger(__name__)

type Outgoing = tuple[str, bytes]


class Transactions(Protocol):
    """What of shared.db.pool.Database is needed here."""

    async def run[T](self, work: Callable[[Cursor], T]) -> T:
        """Run `work` in one transaction."""


class EventSender(Protocol):
    """Takes events to Event Hubs."""

    async def send(self, events: Sequence[Outgoing]) -> None:
        """Send (user id, body) pairs, the order kept for each user.

        Raises:
            SendError: some were not taken.
        """


class SendError(UnavailableError):
    """Event Hubs did not take everything.

    Attributes:
        delivered: positions in the sent sequence that were taken.
        refused: positions that Event Hubs will never take.
    """

    def __init__(
        self, message: str, *, delivered: frozenset[int] = frozenset(), refused: frozenset[int] = frozenset()
    ) -> None:
        super().__init__(message, code="event_hubs_unavailable")
        self.delivered = delivered
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Pace:
    """The publisher's times in seconds and its sizes.

    Attributes:
        lease: how long a claim lasts unless it is renewed; after a crash another publisher waits that long.
        send: longest time of one send; the claim is renewed meanwhile.
        gather: pause between two turns under load, so that events share a turn.
        held: pause before asking again for a stream another publisher holds.
        first_wait: first pause after a failure; it doubles up to `longest_wait`, with jitter.
        longest_wait: see `first_wait`.
        rows: most events in one turn.
        streams: most streams in one turn.
    """

    lease: float = 3.0
    send: float = 8.0
    gather: float = 0.015
    held: float = 0.25
    first_wait: float = 0.1
    longest_wait: float = 3.0
    rows: int = 500
    streams: int = 500


class Publisher:
    """Publishes outbox events of this process (`notify`) and of crashed ones (`sweep`).

    Args:
        database: where the outbox is.
        sender: where the events go.
        pace: times and sizes.
    """

    def __init__(self, database: Transactions, sender: EventSender, *, pace: Pace | None = None) -> None:
        self._database = database
        self._sender = sender
        self._pace = pace or Pace()
        self._dirty: dict[str, None] = {}
        self._turning: set[str] = set()
        self._unmarked: list[int] = []
        self._claimed: list[int] = []
        self._task: asyncio.Task[None] | None = None
        self._turned = asyncio.Event()
        self._failures = 0
        self._closed = False
        self.published = 0

    def notify(self, stream: str) -> None:
        """Say that a transaction with events of this stream has committed; returns at once.

        After `close` it does nothing: the sweep of another process will find the events.
        """
        if self._closed:
            return
        self._dirty[stream] = None
        if self._task is None or self._task.done():
            # In a context of its own: it serves every trace of the process, not that of who comes first.
            self._task = asyncio.create_task(self._work(), name="outbox-publisher", context=Context())

    async def flush(self, stream: str, timeout: float) -> bool:  # noqa: ASYNC109  the answer is a bool, not an error
        """Wait until this process has nothing of `stream` left to send; False when `timeout` seconds passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while stream in self._dirty or stream in self._turning:
                    await self._turned.wait()
        return stream not in self._dirty and stream not in self._turning

    async def sweep(self, older_than: float = 1.0) -> int:
        """Publish what nobody has for `older_than` seconds; how many events went out meanwhile.

        Waits out the claims of a publisher that may have crashed. Ends when nothing is left, when the last batch
        could not be sent (the timer comes again), or when claims last longer than a lease: their holder lives.

        Raises:
            UnavailableError: the database is away.
        """
        before = self.published
        patient_until = time.monotonic() + self._pace.lease + self._pace.held
        while not self._closed:
            streams, held = await self._database.run(lambda cursor: self._stale(cursor, older_than))
            done = self.published
            for stream in streams:
                self.notify(stream)
            sent = await asyncio.gather(*(self.flush(stream, self._pace.send) for stream in streams))
            if held and time.monotonic() < patient_until:
                await asyncio.sleep(self._pace.held)
            elif not streams or not all(sent) or self.published == done:
                break
        return self.published - before

    def _stale(self, cursor: Cursor, older_than: float) -> tuple[list[str], bool]:
        """Streams to publish, or whether there are only such that somebody holds."""
        streams = outbox.stale_streams(cursor, older_than, self._pace.streams)
        return streams, not streams and outbox.any_stale(cursor, older_than)

    async def close(self, grace: float = 5.0) -> None:
        """Send what was announced, for at most `grace` seconds, and give back what could not be sent."""
        self._closed = True
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=grace)
            self._task.cancel()
            await asyncio.wait([self._task])
        with suppress(UnavailableError):
            await self._settle()

    async def _work(self) -> None:
        while self._dirty or self._unmarked:
            try:
                pause = await self._turn()
                self._failures = 0
            except TransientError as error:
                pause = self._backoff(error)
            except Exception:
                # A mistake of ours must not silence every later event: recorded, and tried again like an outage.
                logger.exception("the outbox publisher failed")
                pause = self._backoff(UnavailableError("unexpected failure"))
            if self._dirty or self._unmarked:
                await asyncio.sleep(pause)

    async def _turn(self) -> float:
        """Mark the last turn's events, claim and send the next; how long to pause now."""
        streams = list(self._dirty)[: self._pace.streams]
        for stream in streams:
            del self._dirty[stream]
        self._turning.update(streams)
        try:
            rows, held = await self._claim(streams)
            await self._send(rows)
        except BaseException:
            # Also when cancelled: these streams still have something to send.
            self._dirty.update(dict.fromkeys(streams))
            raise
        finally:
            self._turning.difference_update(streams)
            self._announce()
        self._dirty.update(dict.fromkeys(held))
        if len(rows) == self._pace.rows:
            self._dirty.update(dict.fromkeys(streams))
        return self._pace.held if held and not rows else (self._pace.gather if self._dirty else 0.0)

    async def _claim(self, streams: Sequence[str]) -> tuple[list[OutboxRow], set[str]]:
        marked = list(self._unmarked)

        def work(cursor: Cursor) -> tuple[list[OutboxRow], set[str]]:
            if marked:
                outbox.mark_published(cursor, marked)
            rows = outbox.claim(cursor, streams, self._pace.rows, self._pace.lease)
            empty = set(streams) - {row.stream for row in rows}
            return rows, outbox.held_streams(cursor, sorted(empty))

        rows, held = await self._database.run(work)
        del self._unmarked[: len(marked)]
        self._claimed = [row.id for row in rows]
        return rows, held

    async def _send(self, rows: Sequence[OutboxRow]) -> None:
        if not rows:
            return
        delivered: frozenset[int] = frozenset()
        holding = asyncio.create_task(self._hold([row.id for row in rows]))
        try:
            await asyncio.wait_for(
                self._sender.send([(row.user_id, row.body) for row in rows]), self._pace.send
            )
            delivered = frozenset(range(len(rows)))
        except SendError as error:
            delivered = error.delivered
            if error.refused:
                delivered |= self._set_aside(rows, error.refused)
            raise
        except TimeoutError as error:
            raise UnavailableError("Event Hubs does not answer in time.") from error
        finally:
            holding.cancel()
            self._note(rows, delivered)
            if len(delivered) < len(rows):
                await self._give_back()

    async def _hold(self, ids: list[int]) -> None:
        """Renew a claim until cancelled: the lease is short, so that a crash costs little, and a send may be long."""
        while True:
            await asyncio.sleep(self._pace.lease / 3)
            with suppress(UnavailableError):  # at worst another publisher sends them too, under the same ids
                await self._database.run(lambda cursor: outbox.renew(cursor, ids, self._pace.lease))

    def _set_aside(self, rows: Sequence[OutboxRow], refused: frozenset[int]) -> frozenset[int]:
        # Never to be taken: recorded here, and out of the way of the stream's later events.
        for position in refused:
            logger.error("event refused by Event Hubs", extra={"outbox_id": rows[position].id})
        return refused

    def _note(self, rows: Sequence[OutboxRow], delivered: frozenset[int]) -> None:
        self._unmarked += [row.id for position, row in enumerate(rows) if position in delivered]
        self._claimed = [row.id for position, row in enumerate(rows) if position not in delivered]
        self.published += len(delivered)

    async def _give_back(self) -> None:
        claimed, self._claimed = self._claimed, []
        with suppress(UnavailableError):  # their lease ends by itself
            await self._database.run(lambda cursor: outbox.release(cursor, claimed))

    async def _settle(self) -> None:
        marked, claimed = self._unmarked, self._claimed
        self._unmarked, self._claimed = [], []
        if marked:
            await self._database.run(lambda cursor: outbox.mark_published(cursor, marked))
        if claimed:
            await self._database.run(lambda cursor: outbox.release(cursor, claimed))

    def _backoff(self, error: TransientError) -> float:
        if self._failures == 0:
            logger.warning("events cannot be published for now: %s", error.message)
        longest = min(self._pace.longest_wait, self._pace.first_wait * 2.0**self._failures)
        self._failures = min(self._failures + 1, 30)
        return random.uniform(longest / 2, longest)  # noqa: S311  jitter needs no cryptography

    def _announce(self) -> None:
        self._turned.set()
        self._turned = asyncio.Event()
