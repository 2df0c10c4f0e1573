"""Tasks on a real PostgreSQL: leases, fencing, events, idempotency, cancel, retry, sweep."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.ports import Meter
from generation.tasks import lease, repository
from generation.tasks.limits import Allowance
from generation.tasks.marks import Marks
from generation.tasks.model import Lease, Progress, TaskKind
from generation.tasks.repository import NewTask
from generation.tasks.submit import Submitter
from generation.tasks.sweep import Sweeper
from shared.db.pool import Database
from shared.errors import (
    ConflictError,
    FieldsError,
    LeaseLostError,
    LimitedError,
    NotFoundError,
    TaskCancelledError,
    UnavailableError,
)
from shared.settings import TaskSettings
from shared.times import now
from tests.fakes import FakePublisher, FakeQueues

STALE = 60.0


@pytest.fixture
def queues() -> FakeQueues:
    return FakeQueues()


@pytest.fixture
def submitter(database: Database, queues: FakeQueues) -> Submitter:
    return Submitter(database, queues, FakePublisher(), rate=100, budget=10.0, marks=Marks(database))


async def submit(submitter: Submitter, **more: Any) -> UUID:
    row = await submitter.submit(TaskKind.PAGE, "seller", {"product": {"name": "컵"}}, **more)
    return UUID(str(row["task_id"]))


async def claim(database: Database, task_id: UUID, stale: float = STALE) -> Lease:
    claimed = await database.run(lambda cursor: lease.claim(cursor, task_id, stale))
    assert claimed is not None
    return claimed


async def row_of(database: Database, task_id: UUID) -> dict[str, Any]:
    return await database.run(lambda cursor: repository.get(cursor, task_id, "seller"))


async def events(database: Database, task_id: UUID) -> list[tuple[str, int]]:
    def read(cursor: Any) -> list[tuple[str, int]]:
        cursor.execute("select event from outbox where stream = %s order by id", (str(task_id),))
        return [(row["event"]["type"], row["event"]["data"]["sequence"]) for row in cursor.fetchall()]

    return await database.run(read)


def progress(percent: int) -> Progress:
    return Progress(percent, "plan", 1, 3, "구성했어요")


async def test_submit_stores_row_event_and_message(
    database: Database, submitter: Submitter, queues: FakeQueues
) -> None:
    """A submitted task has its row, its task.queued event and one message that names only the task."""
    task_id = await submit(submitter, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert (await row_of(database, task_id))["status"] == "queued"
    assert await events(database, task_id) == [("task.queued", 1)]
    assert [(queue, str(task_id) in text) for queue, text, _ in queues.sent] == [
        ("generation-requests", True)
    ]
    assert "컵" not in queues.sent[0][1]


async def test_submit_takes_the_row_back_when_the_queue_is_away(
    database: Database, submitter: Submitter, queues: FakeQueues
) -> None:
    """A caller who gets 503 and tries again does not end up with two tasks."""
    queues.away = True
    with pytest.raises(UnavailableError):
        await submit(submitter)
    assert await database.run(lambda cursor: repository.listing(cursor, "seller", 10, None)) == []


async def test_same_idempotency_key_gives_the_same_task(submitter: Submitter, queues: FakeQueues) -> None:
    """The same key and body is one task and one message; another body is a conflict."""
    first = await submit(submitter, idempotency_key="k1")
    assert await submit(submitter, idempotency_key="k1") == first
    assert len(queues.sent) == 1
    with pytest.raises(ConflictError):
        await submitter.submit(TaskKind.PAGE, "seller", {"product": {"name": "접시"}}, idempotency_key="k1")


async def test_an_idempotency_key_belongs_to_its_owner(submitter: Submitter) -> None:
    """Two sellers may use the same key."""
    first = await submit(submitter, idempotency_key="k1")
    other = await submitter.submit(TaskKind.PAGE, "another", {"x": 1}, idempotency_key="k1")
    assert UUID(str(other["task_id"])) != first


@pytest.mark.parametrize("key", ["", "ключ", "a" * 201, "a\nb"])
async def test_an_odd_idempotency_key_is_refused(submitter: Submitter, key: str) -> None:
    """Only 1 to 200 printable ASCII characters are a key."""
    with pytest.raises(FieldsError):
        await submit(submitter, idempotency_key=key)


async def test_a_task_is_claimed_once(database: Database, submitter: Submitter) -> None:
    """While one run is alive, a second message for the same task finds nothing to do."""
    task_id = await submit(submitter)
    assert (await claim(database, task_id)).attempt == 1
    assert await database.run(lambda cursor: lease.claim(cursor, task_id, STALE)) is None


async def test_a_stale_lease_is_taken_over_and_the_old_run_is_fenced(
    database: Database, submitter: Submitter
) -> None:
    """After the heartbeat's limit another run takes over; the old one can write nothing any more."""
    task_id = await submit(submitter)
    old = await claim(database, task_id)
    new = await claim(database, task_id, stale=0.0)
    assert new.attempt == 2
    writes: list[Callable[[Any], None]] = [
        lambda cursor: lease.heartbeat(cursor, old),
        lambda cursor: lease.save_step(cursor, old, "plan", {}, meter=Meter(), progress=progress(50)),
        lambda cursor: lease.complete(cursor, old, {}, [], meter=Meter()),
    ]
    for write in writes:
        with pytest.raises(LeaseLostError):
            await database.run(write)
    assert await database.run(lambda cursor: lease.fail(cursor, old, {"code": "x"})) is False
    assert await database.run(lambda cursor: lease.steps(cursor, task_id)) == {}
    await database.run(lambda cursor: lease.heartbeat(cursor, new))


async def test_a_step_is_stored_with_its_event_and_cost(database: Database, submitter: Submitter) -> None:
    """One transaction holds the result, the progress event and the cost; the percentage never falls."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    meter = Meter(usd=0.02, input_tokens=10, output_tokens=5, images=1)
    for key, percent in (("plan", 40), ("block:1", 30)):
        save = partial(lease.save_step, lease=held, key=key, result={"value": key}, meter=meter)
        await database.run(partial(save, progress=progress(percent)))
    row = await row_of(database, task_id)
    assert (row["percent"], float(row["usd"]), row["images"]) == (40, 0.04, 2)
    assert await events(database, task_id) == [("task.queued", 1), ("task.progress", 2), ("task.progress", 3)]
    assert set(await database.run(lambda cursor: lease.steps(cursor, task_id))) == {"plan", "block:1"}


async def test_complete_ends_the_task_once(database: Database, submitter: Submitter) -> None:
    """There is one completed event, and nothing can follow it."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    await database.run(lambda cursor: lease.complete(cursor, held, {"page_id": "p"}, [], meter=Meter()))
    with pytest.raises(LeaseLostError):
        await database.run(lambda cursor: lease.complete(cursor, held, {"page_id": "p"}, [], meter=Meter()))
    assert [kind for kind, _ in await events(database, task_id)] == ["task.queued", "task.completed"]
    assert (await row_of(database, task_id))["percent"] == 100


async def test_cancel_stops_the_run_and_cannot_be_repeated(database: Database, submitter: Submitter) -> None:
    """A cancelled task's run is told so at its next write; a finished task cannot be cancelled."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    await database.run(lambda cursor: repository.cancel(cursor, task_id, "seller"))
    with pytest.raises(TaskCancelledError):
        await database.run(lambda cursor: lease.heartbeat(cursor, held))
    with pytest.raises(ConflictError):
        await database.run(lambda cursor: repository.cancel(cursor, task_id, "seller"))
    assert [kind for kind, _ in await events(database, task_id)] == ["task.queued", "task.cancelled"]


async def test_retry_keeps_stored_steps_and_percentage(
    database: Database, submitter: Submitter, queues: FakeQueues
) -> None:
    """A failed task goes back to its queue with what it had; a running one cannot."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    with pytest.raises(ConflictError):
        await submitter.retry(task_id, "seller")
    await database.run(
        lambda cursor: lease.save_step(cursor, held, "plan", {"v": 1}, meter=Meter(), progress=progress(40))
    )
    assert await database.run(lambda cursor: lease.fail(cursor, held, {"code": "x"}))
    await submitter.retry(task_id, "seller")
    again = await claim(database, task_id)
    row = await row_of(database, task_id)
    assert (again.attempt, row["percent"], row["error"], len(queues.sent)) == (2, 40, None, 2)
    assert set(await database.run(lambda cursor: lease.steps(cursor, task_id))) == {"plan"}


async def test_other_peoples_tasks_do_not_exist(database: Database, submitter: Submitter) -> None:
    """Reading, cancelling and retrying somebody else's task is 404."""
    task_id = await submit(submitter)
    for action in (repository.get, repository.cancel, repository.requeue):
        with pytest.raises(NotFoundError):
            await database.run(partial(action, task_id=task_id, owner="another"))


async def test_the_sweep_enqueues_what_a_crash_left(
    database: Database, submitter: Submitter, queues: FakeQueues
) -> None:
    """Stored but never enqueued, and running without a heartbeat: enqueued again, once."""
    silent, unsent, alive = [await submit(submitter) for _ in range(3)]
    await claim(database, silent)
    await claim(database, alive)

    def age(cursor: Any) -> None:
        cursor.execute(
            "update tasks set heartbeat_at = now() - interval '2 min', enqueued_at = now() - interval '2 min' "
            "where task_id = %s",
            (str(silent),),
        )
        cursor.execute(
            "update tasks set enqueued_at = null, created_at = now() - interval '1 min' where task_id = %s",
            (str(unsent),),
        )

    await database.run(age)
    queues.sent.clear()
    sweeper = Sweeper(database, queues, FakePublisher(), TaskSettings(TASK_STALE_SECONDS=STALE))
    assert await sweeper.sweep() == 2
    assert {text.split('"task_id":"')[1][:36] for _, text, _ in queues.sent} == {str(silent), str(unsent)}
    assert await sweeper.sweep() == 0


async def test_lists_are_newest_first_and_paged(database: Database, submitter: Submitter) -> None:
    """A cursor of (created_at, id) leads through all tasks without holes or repeats."""
    made = [await submit(submitter) for _ in range(5)]
    seen: list[str] = []
    before = None
    while page := await database.run(partial(repository.listing, owner="seller", limit=2, before=before)):
        seen += [str(row["task_id"]) for row in page]
        before = (page[-1]["created_at"].isoformat(), str(page[-1]["task_id"]))
    assert seen == [str(task_id) for task_id in reversed(made)]


async def test_an_unknown_task_is_nothing_to_do(database: Database) -> None:
    """A message whose task was withdrawn claims nothing."""
    assert await database.run(lambda cursor: lease.claim(cursor, uuid4(), STALE)) is None


async def test_a_task_that_kills_its_workers_is_given_up(
    database: Database, submitter: Submitter, queues: FakeQueues
) -> None:
    """After as many crashes as a message has deliveries the task fails, and its message is kept with the reason."""
    settings = TaskSettings(TASK_STALE_SECONDS=1e-6, TASK_MAX_DEQUEUE_COUNT=2)
    sweeper = Sweeper(database, queues, FakePublisher(), settings)
    task_id = await submit(submitter)
    await database.run(lambda cursor: repository.mark_enqueued(cursor, task_id))
    for _ in range(3):
        await claim(database, task_id, stale=0.0)
    assert await sweeper.sweep() == 1
    row = await row_of(database, task_id)
    assert (row["status"], row["error"]["code"]) == ("failed", "worker_lost")

    def kept(cursor: Any) -> tuple[str, str, int]:
        cursor.execute(
            "select code, queue, attempts from poison_messages where task_id = %s", (str(task_id),)
        )
        found = cursor.fetchone()
        return found["code"], found["queue"], found["attempts"]

    assert await database.run(kept) == ("worker_lost", "generation-requests", 3)


async def test_an_abandoned_message_does_not_fail_a_living_run(
    database: Database, submitter: Submitter
) -> None:
    """While a worker's heartbeat is fresh, a poisoned message of the same task changes nothing."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    assert not await database.run(
        lambda cursor: lease.abandon(cursor, task_id, {"code": "worker_lost"}, STALE)
    )
    await database.run(lambda cursor: lease.heartbeat(cursor, held))


async def test_a_repeated_store_counts_once(database: Database, submitter: Submitter) -> None:
    """When the answer to a commit was lost and the store is repeated: one cost, one event."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    save = partial(lease.save_step, lease=held, key="plan", result={}, meter=Meter(usd=0.5))
    for _ in range(2):
        await database.run(partial(save, progress=progress(10)))
    assert float((await row_of(database, task_id))["usd"]) == 0.5
    assert [kind for kind, _ in await events(database, task_id)] == ["task.queued", "task.progress"]


async def test_two_stores_at_once_count_once(database: Database, submitter: Submitter) -> None:
    """A try that was given up may still be at work when the next one comes: one cost, one event, no error."""
    task_id = await submit(submitter)
    held = await claim(database, task_id)

    def save(cursor: Any) -> None:
        lease.save_step(cursor, held, "plan", {}, meter=Meter(usd=0.5), progress=progress(10))
        cursor.execute("select pg_sleep(0.3)")  # the other one waits for this row now

    await asyncio.gather(database.run(save), database.run(save))
    assert float((await row_of(database, task_id))["usd"]) == 0.5
    assert [kind for kind, _ in await events(database, task_id)] == ["task.queued", "task.progress"]


async def test_a_user_who_asks_too_often_waits(database: Database, queues: FakeQueues) -> None:
    """The third task within a minute gets 429 with when a place frees; others are not touched."""
    submitter = Submitter(database, queues, FakePublisher(), rate=2, budget=1.0, marks=Marks(database))
    for _ in range(2):
        await submit(submitter)
    with pytest.raises(LimitedError) as caught:
        await submit(submitter)
    assert 0 < caught.value.retry_after <= 60
    await submitter.submit(TaskKind.PAGE, "another", {"x": 1})


async def test_a_user_who_has_spent_the_days_budget_waits_until_midnight(
    database: Database, queues: FakeQueues
) -> None:
    """What steps cost is counted on the day; at the budget new tasks are refused."""
    submitter = Submitter(database, queues, FakePublisher(), rate=100, budget=1.0, marks=Marks(database))
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    save = partial(lease.save_step, lease=held, key="plan", result={}, meter=Meter(usd=1.0))
    await database.run(partial(save, progress=progress(10)))
    with pytest.raises(LimitedError) as caught:
        await submit(submitter)
    assert caught.value.code == "budget_used"
    assert 0 < caught.value.retry_after <= 24 * 3600


async def test_a_retry_waits_for_the_budget_too(database: Database, queues: FakeQueues) -> None:
    """A failed task of a user who has spent the day's budget stays failed, and nothing is sent."""
    submitter = Submitter(database, queues, FakePublisher(), rate=100, budget=1.0, marks=Marks(database))
    task_id = await submit(submitter)
    held = await claim(database, task_id)
    await database.run(partial(lease.add_cost, lease=held, meter=Meter(usd=1.0)))
    await database.run(partial(lease.fail, lease=held, error={"code": "rate_limited"}))
    sent = len(queues.sent)
    with pytest.raises(LimitedError) as caught:
        await submitter.retry(task_id, "seller")
    assert caught.value.code == "budget_used"
    assert (await row_of(database, task_id))["status"] == "failed"
    assert len(queues.sent) == sent


async def test_a_task_stored_twice_is_one_task(database: Database) -> None:
    """The same statement again, because its answer was lost, finds the task it made, and one event tells of it."""
    task = NewTask(uuid4(), TaskKind.PAGE, f"user-{uuid4()}", {}, "0")
    room = Allowance((TaskKind.PAGE,), 1, 1.0, now())  # for one: its own row is no reason to refuse
    first = await database.run(lambda cursor: repository.create(cursor, task, room), autocommit=True)
    again = await database.run(lambda cursor: repository.create(cursor, task, room), autocommit=True)
    assert first[1]
    assert again[1]
    assert str(again[0]["task_id"]) == str(task.task_id)

    def events(cursor: Any) -> int:
        cursor.execute("select count(*) as n from outbox where stream = %s", (str(task.task_id),))
        return int(cursor.fetchone()["n"])

    assert await database.run(events) == 1
