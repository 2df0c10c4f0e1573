"""Redriving in bad company: what fails again at once, what no queue takes, a queue that is away; what alerts see."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from generation.operations import poison_records
from generation.operations.queue_figures import metrics, queue_states
from generation.operations.redrive import Redriver, RedriveRequest, record_failed_tasks
from generation.tasks import poison
from generation.tasks import repository as tasks
from shared.errors import PermanentError
from shared.messages import EMBEDDING_QUEUE
from tests.contract.documents.library import Library
from tests.contract.documents.test_operations import FakeFigures
from tests.fakes import FakeQueues

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


async def record(library: Library, body: str) -> UUID:
    """A message that was no document."""
    poison_id = uuid4()
    await library.database.run(
        lambda cursor: poison.record(cursor, poison_id, EMBEDDING_QUEUE, body, code="malformed", reason="no")
    )
    return poison_id


async def failed(library: Library, post_id: str) -> UUID:
    """A task that failed for want of credit."""
    library.embeddings.errors = [PermanentError("no", code="quota_exhausted")]
    task_id = UUID(str((await library.keep(post_id, f"글 {post_id}입니다."))["task_id"]))
    library.queues.sent.clear()
    return task_id


class FailingAgain(FakeQueues):
    """What is sent comes back as a new record at once."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        await super().send(queue, text, delay=delay)
        await record(self._library, text)


async def test_what_fails_again_is_not_sent_again(library: Library) -> None:
    """Redriving everything sends each once, also while records come back as fast as they go."""
    for number in range(101):
        await record(library, str(number))
    queues = FailingAgain(library)
    done = await Redriver(library.database, queues, library.publisher).redrive(
        EMBEDDING_QUEUE, RedriveRequest()
    )
    assert (done.moved, done.skipped, len(queues.sent)) == (101, 0, 101)


async def test_what_no_queue_takes_does_not_keep_others_back(library: Library) -> None:
    """64 KiB of plain text, which base64 makes too large: it stays, the next one is sent."""
    large = await record(library, "x" * 60_000)
    await record(library, json.dumps({"user_id": "seller"}))
    redriver = Redriver(library.database, library.queues, library.publisher)
    done = await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest())
    assert (done.moved, done.skipped, len(library.queues.sent)) == (1, 1, 1)
    waiting = [row["poison_id"] for row in await library.poisoned() if row["redriven_at"] is None]
    assert waiting == [str(large)]


async def test_a_task_that_could_not_be_sent_waits_for_the_sweeper(library: Library) -> None:
    """It is not taken for one whose message is in the queue: that would be missed only after ten minutes."""
    task_id = await failed(library, "1")
    await library.rows("update tasks set created_at = created_at - interval '1 hour' returning 1")
    library.queues.away = True
    done = await Redriver(library.database, library.queues, library.publisher).redrive(
        EMBEDDING_QUEUE, RedriveRequest()
    )
    assert (done.moved, library.publisher.notified[-1]) == (1, str(task_id))
    stale = await library.database.run(lambda cursor: tasks.stale(cursor, 60.0, 10))
    assert [str(row["task_id"]) for row in stale] == [str(task_id)]


class PoisonQueue:
    """Two messages in the poison queue, the first since so long; None: it is hidden."""

    def __init__(self, age: float | None) -> None:
        self._oldest = None if age is None else NOW - timedelta(seconds=age)

    async def figures(self, queue: str) -> FakeFigures:
        return FakeFigures(2, self._oldest) if queue.endswith("-poison") else FakeFigures(0, None)


async def test_what_passes_through_the_poison_queue_wakes_nobody(library: Library) -> None:
    """A producer's plain JSON lies there for seconds; only what stays there is told to the alert."""
    told: dict[float | None, tuple[int, Any]] = {}
    for age in (10.0, None, 90.0):
        [*_, state] = await queue_states(library.database, PoisonQueue(age), NOW)
        [*values] = [each["value"] for each in metrics([state]) if each["metric"] == "queue_poison_count"]
        told[age] = (state.view()["poison_count"], values)
    assert told == {10.0: (2, [0]), None: (2, [0]), 90.0: (2, [2])}


async def test_what_is_discarded_waits_no_more(library: Library) -> None:
    """Once, of its own queue; the record stays and says by whom; a failed task's is not made anew."""
    task_id = await failed(library, "1")
    await library.database.run(record_failed_tasks)
    ids = [await record(library, "x"), *(UUID(row["poison_id"]) for row in await library.poisoned())]

    def discard(queue: str) -> int:
        return library.database.run_sync(lambda cursor: poison_records.discard(cursor, queue, ids, "op"))

    assert [discard(queue) for queue in ("image-requests", EMBEDDING_QUEUE, EMBEDDING_QUEUE)] == [0, 2, 0]
    await library.database.run(record_failed_tasks)
    rows = await library.poisoned()
    assert len(rows) == 2
    assert all(row["redriven_at"] and row["reason"].endswith("; discarded by op") for row in rows)
    assert (await library.task(task_id))["status"] == "failed"
    redriver = Redriver(library.database, library.queues, library.publisher)
    assert (await redriver.redrive(EMBEDDING_QUEUE, RedriveRequest(ids=ids))).moved == 0


async def test_a_task_its_owner_has_retried_waits_for_nobody(library: Library) -> None:
    """Its record is kept, and counts no more."""
    reader = PoisonQueue(None)
    task_id = await failed(library, "1")
    await library.database.run(
        lambda cursor: poison.record(
            cursor, uuid4(), EMBEDDING_QUEUE, "{}", code="worker_lost", reason="no", task_id=task_id
        )
    )
    await record(library, "nonsense")
    assert (await queue_states(library.database, reader, NOW))[-1].given_up == 2
    await library.database.run(lambda cursor: tasks.requeue(cursor, task_id, "seller"))
    assert (await queue_states(library.database, reader, NOW))[-1].given_up == 1
