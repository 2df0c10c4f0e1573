"""The operators' view of the queues, and sending again what was given up, on a real PostgreSQL."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.operations import poison_records
from generation.operations.queue_figures import metrics, queue_states
from generation.operations.redrive import Redriver, RedriveRequest, known_queue, record_failed_tasks
from generation.tasks import poison
from shared.errors import NotFoundError, PermanentError, TransientError, UnavailableError
from shared.messages import EMBEDDING_QUEUE, QUEUES, TaskMessage, poison_queue
from tests.contract.documents.library import Library

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class FakeFigures:
    length: int
    oldest: datetime | None


class FakeReader:
    """Queues with so many messages."""

    def __init__(self, **lengths: int) -> None:
        self._lengths = lengths

    async def figures(self, queue: str) -> FakeFigures:
        length = self._lengths.get(queue.replace("-", "_"), 0)
        return FakeFigures(length, NOW - timedelta(seconds=90) if length else None)


@pytest.fixture
def redriver(library: Library) -> Redriver:
    return Redriver(library.database, library.queues, library.publisher)


async def failed(library: Library, post_id: str = "1", code: str = "model_unavailable") -> UUID:
    """A task that failed."""
    error = PermanentError("no", code=code)
    library.embeddings.errors = [error]
    row = await library.keep(post_id, f"글 {post_id}입니다.")
    assert row["status"] == "failed"
    library.queues.sent.clear()
    return UUID(str(row["task_id"]))


async def given_up(library: Library, task_id: UUID) -> UUID:
    """Its record."""
    poison_id, message = uuid4(), TaskMessage(task_id=task_id)
    await library.database.run(
        lambda cursor: poison.fail_and_record(cursor, poison_id, EMBEDDING_QUEUE, message, 60)
    )
    return poison_id


async def aged(library: Library, minutes: int) -> None:
    """As if that much time had passed."""
    for table, column in (("poison_messages", "created_at"), ("tasks", "finished_at")):
        sql = f"update {table} set {column} = {column} - make_interval(mins => %s) returning 1"  # noqa: S608  our own names
        await library.rows(sql, minutes)


async def test_every_queue_is_shown(library: Library) -> None:
    """Length, age, what was given up in queue and table, what runs, what ended lately."""
    await library.keep("1", "글입니다.")
    await given_up(library, await failed(library, "2"))
    reader = FakeReader(embedding_requests=3, embedding_requests_poison=2)
    states = {state.name: state for state in await queue_states(library.database, reader, NOW)}
    assert set(states) == set(QUEUES)
    assert states[EMBEDDING_QUEUE].view() == {
        "name": EMBEDDING_QUEUE,
        "length": 3,
        "oldest_age_seconds": 90.0,
        "poison_count": 3,
        "in_flight": 0,
        "rate_per_minute": 0.4,
    }
    assert states["image-requests"].oldest_age_seconds is None
    records = metrics(list(states.values()))
    assert {"metric": "queue_poison_count", "queue": EMBEDDING_QUEUE, "value": 3} in records
    assert len(records) == 5 * len(QUEUES)


async def test_a_task_is_redriven(library: Library, redriver: Redriver) -> None:
    """Queued again with a message; the record keeps its reason and says when; a second time moves nothing."""
    task_id = await failed(library)
    await given_up(library, task_id)
    done = await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())
    assert (done.moved, done.skipped) == (1, 0)
    [(queue, text, _)] = library.queues.sent
    assert (queue, TaskMessage.decode(text.encode()).task_id) == (EMBEDDING_QUEUE, task_id)
    [record] = await library.poisoned()
    assert (record["code"], record["redriven_at"] is None) == ("model_unavailable", False)
    assert (await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())).moved == 0
    assert (await library.run(task_id))["status"] == "completed"


async def test_some_are_redriven(library: Library, redriver: Redriver) -> None:
    """The oldest so many, or those named; others wait."""
    ids = [await given_up(library, await failed(library, str(number))) for number in range(5)]
    assert (await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest(limit=2))).moved == 2
    assert (await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest(ids=[ids[4], uuid4()]))).moved == 1
    waiting = {row["poison_id"] for row in await library.poisoned() if row["redriven_at"] is None}
    assert waiting == {str(ids[2]), str(ids[3])}
    assert (await redriver.redrive("image-requests", RedriveRequest())).moved == 0


async def test_a_producers_message_is_redriven_as_it_was(library: Library, redriver: Redriver) -> None:
    """Its body goes back; what is still wrong with it will be found again."""
    body = json.dumps({"schema_version": 9})
    await library.drain(body, encoded=True)
    assert (await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())).moved == 1
    assert library.queues.sent == [(EMBEDDING_QUEUE, body, 0.0)]


async def test_what_needs_it_no_more_is_skipped(library: Library, redriver: Redriver) -> None:
    """A task its owner has retried meanwhile, and one that is gone."""
    task_id = await failed(library)
    await given_up(library, task_id)
    await given_up(library, uuid4())
    await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest(limit=1))
    await library.run(task_id)
    await given_up(library, task_id)
    done = await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())
    assert (done.moved, done.skipped) == (0, 2)
    assert (await library.task(task_id))["status"] == "completed"


async def test_with_the_queue_away_nothing_is_lost(library: Library, redriver: Redriver) -> None:
    """A message waits as before; a task is queued, and the sweeper sends it."""
    await library.drain("nonsense!", encoded=True)
    task_id = await failed(library)
    await given_up(library, task_id)
    library.queues.away = True
    with pytest.raises(UnavailableError):
        await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())
    assert [row["redriven_at"] for row in await library.poisoned()] == [None, None]
    [waiting] = [row["poison_id"] for row in await library.poisoned() if row["task_id"]]
    await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest(ids=[waiting]))
    assert (await library.task(task_id))["status"] == "queued"


async def test_transient_failures_are_redriven_once_with_delay(library: Library, redriver: Redriver) -> None:
    """Not at once, not twice, and never what another try cannot help."""
    task_id = await failed(library)
    hopeless = await failed(library, "2", "quota_exhausted")
    assert await redriver.redrive_transient() == 0
    await aged(library, 11)
    assert await redriver.redrive_transient() == 1
    assert [TaskMessage.decode(text.encode()).task_id for _, text, _ in library.queues.sent] == [task_id]
    library.embeddings.errors = [TransientError("busy", code="rate_limited")] * 9
    assert (await library.run(task_id, delivery=9))["status"] == "failed"
    await aged(library, 11)
    assert await redriver.redrive_transient() == 0
    assert (await library.task(hopeless))["status"] == "failed"
    assert sorted((row["code"], row["redriven_at"] is None) for row in await library.poisoned()) == [
        ("model_unavailable", False),
        ("quota_exhausted", True),
        ("rate_limited", True),
    ]


async def test_what_an_operator_can_mend_waits_for_one(library: Library, redriver: Redriver) -> None:
    """Tasks that failed for want of credit have a record at once, once; a user's own mistake has none."""
    task_id = await failed(library, "1", "quota_exhausted")
    await failed(library, "2", "photo_too_small")
    for _ in range(2):
        await library.database.run(record_failed_tasks)
    [record] = await library.poisoned()
    assert (record["task_id"], record["code"], record["attempts"]) == (str(task_id), "quota_exhausted", 1)
    assert "step" in record["reason"]
    done = await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())
    assert (done.moved, done.skipped) == (1, 0)
    assert (await library.run(task_id))["status"] == "completed"


async def test_records_are_listed(library: Library) -> None:
    """Newest first, with what failed, where and how often; page by page."""
    for number in range(3):
        await given_up(library, await failed(library, str(number)))

    def page(limit: int, before: tuple[str, str] | None = None) -> Any:
        return library.database.run(
            lambda cursor: poison_records.listing(cursor, EMBEDDING_QUEUE, limit, before)
        )

    first = await page(2)
    rest = await page(2, (first[-1]["created_at"], first[-1]["poison_id"]))
    assert len({row["poison_id"] for row in [*first, *rest]}) == 3
    assert first[0].keys() == {
        *("poison_id", "task_id", "code", "reason", "attempts", "body", "created_at", "redriven_at")
    }
    assert (first[0]["attempts"], first[0]["redriven_at"]) == (1, None)


def test_queues_are_named_by_either_name() -> None:
    """Its own or its poison queue's."""
    assert {known_queue(name) for queue in QUEUES for name in (queue, poison_queue(queue))} == set(QUEUES)
    with pytest.raises(NotFoundError):
        known_queue("other")
