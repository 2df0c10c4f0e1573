"""Documents on a real PostgreSQL: taken in, embedded once, replaced, deleted, in order."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from generation.documents import repository
from generation.documents.requests import Document
from shared.errors import ConflictError, LimitedError, NotFoundError, PermanentError, TransientError
from shared.messages import EMBEDDING_QUEUE
from tests.contract.documents.library import Library

LONG = " ".join(f"{number}번째 문장은 조금 길게 이어지는 상품 이야기입니다." for number in range(3000))


async def test_a_document_is_embedded(library: Library) -> None:
    """Task, chunks, cost, and a row that says search finds it."""
    row = await library.keep("1", "배송은 이틀 걸립니다. 교환은 7일 안에 됩니다.")
    assert (row["status"], row["kind"]) == ("completed", "embedding")
    assert row["result"] == {
        "post_id": "1",
        "version": row["result"]["version"],
        "chunks": 1,
        "superseded": False,
    }
    assert float(row["usd"]) > 0
    assert await library.texts("1") == ["배송은 이틀 걸립니다. 교환은 7일 안에 됩니다."]
    view = await library.database.run(lambda cursor: repository.view(cursor, "seller", "1"))
    assert (view["status"], view["chunks"], view["error"]) == ("completed", 1, None)


async def test_the_message_names_only_the_task(library: Library) -> None:
    """The content stays in its row (claim check); so do the steps' vectors until the task ends, and no longer."""
    task_id = await library.submit("1", "배송은 이틀 걸립니다.")
    [(queue, text, _)] = library.queues.sent
    assert queue == EMBEDDING_QUEUE
    assert "배송" not in text
    row = await library.run(task_id)
    assert "배송" not in str(row["request"])
    assert await library.rows("select * from task_steps") == []


async def test_the_same_content_again_is_the_same_task(library: Library) -> None:
    """Neither before nor after it ran is anything paid or written twice."""
    first = await library.submit("1", "배송은 이틀 걸립니다.")
    assert await library.submit("1", "배송은 이틀 걸립니다.") == first
    await library.run(first)
    await library.run(first)
    assert await library.submit("1", " 배송은 이틀 걸립니다.\n") == first
    assert len(library.embeddings.calls) == len(library.queues.sent) == 1


async def test_an_update_replaces_all_chunks(library: Library) -> None:
    """Nothing of the old content is found any more; until then the old one is."""
    await library.keep("1", LONG)
    assert len(await library.texts("1")) > 100
    task_id = await library.submit("1", "이제는 짧은 글입니다.")
    assert len(await library.texts("1")) > 100
    await library.run(task_id)
    assert await library.texts("1") == ["이제는 짧은 글입니다."]


async def test_a_long_document_is_embedded_in_batches(library: Library) -> None:
    """Few calls, each within the limits; progress rises with each."""
    row = await library.keep("1", LONG)
    assert row["done"] == row["total"] == len(library.embeddings.calls) > 1
    assert all(len(call) <= 128 for call in library.embeddings.calls)
    assert sum(map(len, library.embeddings.calls)) == row["result"]["chunks"]


async def test_a_batch_that_was_paid_for_is_kept(library: Library) -> None:
    """After a failure only what is missing is asked for."""
    task_id = await library.submit("1", LONG)
    library.embeddings.errors = [TransientError("busy", code="rate_limited")] * 3
    row = await library.run(task_id)
    assert row["status"] == "queued"
    failed = len(library.embeddings.calls)
    row = await library.run(task_id, delivery=2)
    assert row["status"] == "completed"
    assert len(library.embeddings.calls) - failed == 1


async def test_an_older_task_does_not_overwrite(library: Library) -> None:
    """The first version's task runs after the second's: nothing is paid, nothing changes."""
    old = await library.submit("1", "옛 글입니다.")
    new = await library.submit("1", "새 글입니다.")
    await library.run(new)
    row = await library.run(old)
    assert (row["status"], row["result"]["superseded"]) == ("completed", True)
    assert await library.texts("1") == ["새 글입니다."]
    assert len(library.embeddings.calls) == 1


async def test_a_change_while_embedding_wins(library: Library) -> None:
    """The run that was overtaken writes nothing."""
    library.embeddings.gate = asyncio.Event()
    slow = asyncio.create_task(library.run(await library.submit("1", "옛 글입니다.")))
    await until(lambda: library.embeddings.calls)
    new = await library.submit("1", "새 글입니다.")
    library.embeddings.gate.set()
    assert (await slow)["result"]["superseded"] is True
    assert await library.texts("1") == []
    await library.run(new)
    assert await library.texts("1") == ["새 글입니다."]


async def test_deletion_wins_over_a_late_write(library: Library) -> None:
    """Deleted while it was being embedded: it stays deleted; taken in again, it is back."""
    library.embeddings.gate = asyncio.Event()
    slow = asyncio.create_task(library.run(await library.submit("1", "글입니다.")))
    await until(lambda: library.embeddings.calls)
    assert await library.delete("1")
    library.embeddings.gate.set()
    assert (await slow)["result"]["superseded"] is True
    assert await library.search("글입니다") == []
    with pytest.raises(NotFoundError):
        await library.database.run(lambda cursor: repository.view(cursor, "seller", "1"))
    await library.keep("1", "글입니다.")
    assert await library.texts("1") == ["글입니다."]


async def test_a_number_goes_on_after_a_deletion(library: Library) -> None:
    """Version 2 is deleted: it and the first stay so, the third is a new document; 404 takes no numbers away."""
    await library.keep("1", "글입니다.", version=2)
    assert await library.delete("1")
    for version in (1, 2):
        with pytest.raises(ConflictError):
            await library.submit("1", "글입니다.", version=version)
    await library.keep("1", "새 글입니다.", version=3)
    assert await library.texts("1") == ["새 글입니다."]
    assert not await library.delete("2")
    await library.keep("2", "글입니다.", version=1)
    assert await library.texts("2") == ["글입니다."]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1), (3, 2, 1), (1, 3, 2)])
async def test_versions_of_the_producer_decide(library: Library, order: tuple[int, ...]) -> None:
    """In whatever order they come, the newest stays."""
    for version in order:
        with contextlib.suppress(ConflictError):
            await library.keep("1", f"{version}판입니다.", version=version)
    assert await library.texts("1") == ["3판입니다."]


async def test_the_same_content_with_a_newer_version_moves_the_version(library: Library) -> None:
    """A, then A again as version 3, then B as version 2: B is old, though A was embedded before it."""
    first = await library.submit("1", "가", version=1)
    assert await library.submit("1", "가", version=3) == first
    with pytest.raises(ConflictError):
        await library.submit("1", "나", version=2)
    await library.run(first)
    assert await library.texts("1") == ["가"]


async def test_back_to_what_it_was(library: Library) -> None:
    """A, B, A at once: whatever order the tasks run in, A stays."""
    tasks = [await library.submit("1", text) for text in ("가", "나", "가")]
    assert len(set(tasks)) == 3
    for task_id in reversed(tasks):
        await library.run(task_id)
    assert await library.texts("1") == ["가"]


async def test_owners_are_apart(library: Library) -> None:
    """Two owners use the same post_id; neither sees, replaces, finds or deletes the other's."""
    await library.keep("1", "하나의 배송 안내", "one")
    await library.keep("1", "둘의 배송 안내", "two")
    assert [hit.text for hit in await library.search("배송 안내", "one")] == ["하나의 배송 안내"]
    assert await library.search("배송 안내", "three") == []
    assert not await library.delete("1", "three")
    assert await library.delete("1", "one")
    assert [hit.text for hit in await library.search("배송 안내", "two")] == ["둘의 배송 안내"]


async def test_a_failed_task_is_replaced_by_a_new_one(library: Library) -> None:
    """The same document once more is another try."""
    library.embeddings.errors = [PermanentError("no credit", code="quota_exhausted")]
    row = await library.keep("1", "글입니다.")
    assert (row["status"], row["error"]["code"]) == ("failed", "quota_exhausted")
    view = await library.database.run(lambda cursor: repository.view(cursor, "seller", "1"))
    assert (view["status"], view["error"]["code"]) == ("failed", "quota_exhausted")
    assert (await library.keep("1", "글입니다."))["status"] == "completed"


async def test_with_the_queue_away_a_document_is_accepted(library: Library) -> None:
    """The row is there and not marked as enqueued: the sweeper's; a repetition finds it."""
    library.queues.away = True
    task_id = await library.submit("1", "글입니다.")
    assert (await library.task(task_id))["enqueued_at"] is None
    library.queues.away = False
    assert await library.submit("1", "글입니다.") == task_id


async def test_a_stopping_worker_hands_back(library: Library) -> None:
    """Cancelled in the middle: queued at once, the message sent at once, what was stored not paid again."""
    task_id = await library.submit("1", LONG)
    gate = asyncio.Event()
    asked = library.embeddings.embed

    async def first_then_wait(texts: Any, meter: Any) -> Any:
        if len(library.embeddings.calls) > 0:
            await gate.wait()
        return await asked(texts, meter)

    library.embeddings.embed = first_then_wait  # type: ignore[method-assign]  # the fake, made to wait
    library.queues.sent.clear()
    work = asyncio.create_task(library.run(task_id))
    await until_stored(library, task_id)
    work.cancel()
    assert (await work)["status"] == "queued"
    assert [(queue, delay) for queue, _, delay in library.queues.sent] == [(EMBEDDING_QUEUE, 0.0)]
    gate.set()
    before = len(library.embeddings.calls)
    row = await library.run(task_id)
    assert row["status"] == "completed"
    assert len(library.embeddings.calls) - before == row["total"] - 1


async def test_a_repeated_key_with_another_document_is_a_conflict(library: Library) -> None:
    """Idempotency-Key: the same request gives its task, another 409."""
    document = Document(post_id="1", title="글", content="내용")
    row = await library.documents.submit("seller", document, idempotency_key="k")
    again = await library.documents.submit("seller", document, idempotency_key="k")
    assert row["task_id"] == again["task_id"]
    other = Document(post_id="2", title="글", content="내용")
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        await library.documents.submit("seller", other, idempotency_key="k")


async def test_budgets_hold_and_repetitions_are_never_limited(library: Library) -> None:
    """A user without money left is refused a new document, not one that is there."""
    first = await library.submit("1", "글입니다.")
    await library.rows(
        "insert into daily_usage values ('seller', (now() at time zone 'Asia/Seoul')::date, 99) returning owner"
    )
    assert await library.submit("1", "글입니다.") == first
    with pytest.raises(LimitedError):
        await library.submit("2", "다른 글입니다.")
    assert await library.rows("select * from documents where post_id = '2'") == []


async def test_deleted_rows_are_forgotten_at_last(library: Library) -> None:
    """After the time any message could still come, the row goes too."""
    await library.keep("1", "글입니다.")
    later = datetime.now(UTC) + repository.KEEP_DELETED
    assert await library.delete("1")
    assert await library.database.run(lambda cursor: repository.forget_deleted(cursor, later)) == 1
    assert await library.rows("select * from documents") == []


async def until(condition: Any) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  the fake has no event for it
            await asyncio.sleep(0.01)


async def until_stored(library: Library, task_id: UUID) -> None:
    """Wait for the task's first stored step."""
    async with asyncio.timeout(10):
        while not await library.rows(  # noqa: ASYNC110  only the database knows
            "select * from task_steps where task_id = %s", str(task_id)
        ):
            await asyncio.sleep(0.02)
