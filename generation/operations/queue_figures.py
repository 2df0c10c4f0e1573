"""How every queue is doing: what waits, for how long, what is worked on, what was given up, how fast it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from generation.tasks.model import QUEUE_OF
from generation.tasks.run import Transactions
from shared.messages import QUEUES, poison_queue

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_RATE_MINUTES = 5
# Nothing stays in a poison queue: it becomes a record or, if it is a producer's plain JSON, is sent again.
_SETTLED = timedelta(minutes=1)


class Figures(Protocol):
    """What is known of one storage queue."""

    @property
    def length(self) -> int:
        """Messages in it, those being worked on included."""

    @property
    def oldest(self) -> datetime | None:
        """When the first of those that wait was put in."""


class QueueReader(Protocol):
    """Counts messages (generation/providers/storage_queues.py)."""

    async def figures(self, queue: str) -> Figures:
        """See StorageQueueReader.figures."""
        ...


@dataclass(frozen=True, slots=True)
class QueueState:
    """One item of GET /ops/queues.

    Attributes:
        length: messages in the queue, those being worked on included; Azure's count is approximate.
        oldest_age_seconds: how long the first message that is visible has waited; None: none waits.
        poison_count: messages in the poison queue, and records in the poison table that wait for a decision: not sent
            again, nor retried by their task's owner.
        in_flight: tasks that run now.
        rate_per_minute: tasks that ended, on average of the last five minutes.
        passing: of `poison_count`, messages that came to the poison queue just now, or are being settled.
    """

    name: str
    length: int
    oldest_age_seconds: float | None
    poison_count: int
    in_flight: int
    rate_per_minute: float
    passing: int = 0

    @property
    def given_up(self) -> int:
        """What waits for a decision: what alerts look at."""
        return self.poison_count - self.passing

    def view(self) -> dict[str, Any]:
        """As JSON."""
        return {name: value for name, value in asdict(self).items() if name != "passing"}


async def queue_states(database: Transactions, reader: QueueReader, now: datetime) -> list[QueueState]:
    """Every work queue's state.

    Raises:
        UnavailableError: PostgreSQL or the storage account is away.
    """
    names = [name for queue in QUEUES for name in (queue, poison_queue(queue))]
    stored, figures = await asyncio.gather(
        database.run(_stored), asyncio.gather(*(reader.figures(name) for name in names))
    )
    found = dict(zip(names, figures, strict=True))
    return [_state(queue, found[queue], found[poison_queue(queue)], stored[queue], now) for queue in QUEUES]


def metrics(states: list[QueueState]) -> list[dict[str, Any]]:
    """One record per queue and figure, as the log carries them: {metric, queue, value}."""
    return [
        {"metric": f"queue_{name}", "queue": state.name, "value": value or 0}
        for state in states
        for name, value in {**state.view(), "poison_count": state.given_up}.items()
        if name != "name"
    ]


def _state(
    queue: str, figures: Figures, poison: Figures, stored: Mapping[str, Any], now: datetime
) -> QueueState:
    oldest, settling = figures.oldest, poison.oldest
    age = max(0.0, (now - oldest).total_seconds()) if oldest else None
    stays = settling is not None and now - settling > _SETTLED
    return QueueState(
        name=queue,
        length=figures.length,
        oldest_age_seconds=age,
        poison_count=poison.length + stored["poison"],
        in_flight=stored["running"],
        rate_per_minute=round(stored["ended"] / _RATE_MINUTES, 2),
        passing=0 if stays else poison.length,
    )


def _stored(cursor: Cursor) -> dict[str, dict[str, int]]:
    counts = {queue: {"poison": 0, "running": 0, "ended": 0} for queue in QUEUES}
    cursor.execute(
        """select kind, count(*) filter (where status = 'running') as running,
                  count(*) filter (where finished_at > now() - make_interval(mins => %(m)s)) as ended
           from tasks where status = 'running' or finished_at > now() - make_interval(mins => %(m)s)
           group by kind""",
        {"m": _RATE_MINUTES},
    )
    for row in cursor.fetchall():
        counts[QUEUE_OF[row["kind"]]]["running"] += row["running"]
        counts[QUEUE_OF[row["kind"]]]["ended"] += row["ended"]
    cursor.execute(
        """select queue, count(*) as waiting from poison_messages records
           where redriven_at is null and not exists (
               select from tasks where tasks.task_id = records.task_id and status <> 'failed')
           group by queue"""
    )
    for row in cursor.fetchall():
        if row["queue"] in counts:
            counts[row["queue"]]["poison"] = row["waiting"]
    return counts
