"""What is purged, and that every promise holds afterwards (docs/decisions/0015)."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.documents import repository as documents
from generation.images.editing import ImageRequest
from generation.operations.redrive import Redriver, RedriveRequest, record_failed_tasks
from generation.pages import repository as pages
from generation.pages.editing import edit_page
from generation.pages.edits import PageEdit
from generation.pages.render import render_document
from generation.tasks import lease, poison, repository
from generation.tasks.model import TaskKind
from shared.db.pool import Database
from shared.errors import ConflictError, NotFoundError, PermanentError, TransientError
from shared.messages import GENERATION_QUEUE, TaskMessage
from tests.contract.documents.library import Library
from tests.contract.operations.attic import Attic
from tests.contract.pages.kitchen import PHOTO_URL, PRODUCT, Kitchen

YEARS = 1000.0


async def task(database: Database, task_id: UUID) -> dict[str, Any]:
    """GET the seller's task."""
    return await database.run(lambda cursor: repository.get(cursor, task_id, "seller"))


async def is_there(database: Database, task_id: UUID) -> bool:
    """Whether GET finds it."""
    try:
        await task(database, task_id)
    except NotFoundError:
        return False
    return True


async def failed_page(kitchen: Kitchen, code: str = "rate_limited") -> UUID:
    """A page's task that failed after its plan."""
    task_id = await kitchen.submit()
    kitchen.text.errors["block"] = [TransientError("busy", code=code) for _ in range(99)]
    assert (await kitchen.run(task_id, delivery=9))["status"] == "failed"
    kitchen.text.errors["block"] = []
    kitchen.queues.sent.clear()
    return task_id


async def test_an_old_page_is_all_there(kitchen: Kitchen, attic: Attic) -> None:
    """Page, versions, HTML and task read as before; of the steps only the plan is left."""
    page_id = await kitchen.page_id()
    change = PageEdit.model_validate({"base_version": 1, "title": "바꾼 제목"})
    edit = (kitchen.database, kitchen.templates.get_version, kitchen.pictures, page_id, "seller")
    await edit_page(*edit, change)
    before = [await kitchen.stored(page_id, version) for version in (1, 2)]
    made = await task(kitchen.database, UUID(before[0]["task_id"]))
    purged = await attic.purge(YEARS)
    assert purged.finished
    assert purged.rows["task_steps"] >= 8
    assert [await kitchen.stored(page_id, version) for version in (1, 2)] == before
    assert await task(kitchen.database, made["task_id"]) == made
    assert await attic.steps(made["task_id"]) == {"plan"}
    listed = await kitchen.database.run(lambda cursor: pages.versions(cursor, page_id, "seller"))
    assert [row["version"] for row in listed] == [2, 1]
    assert "바꾼 제목" in await render_document(pages.document_of(before[1]), kitchen.templates.get_version)


async def test_an_old_page_can_be_worked_on(kitchen: Kitchen, attic: Attic) -> None:
    """Edited, rolled back, one block written anew in one call with the brief it was planned with."""
    page_id = await kitchen.page_id()
    first = [request.data for request in kitchen.text.requests if request.name == "block"][1]
    await attic.purge(YEARS)
    change = PageEdit.model_validate({"base_version": 1, "title": "바꾼 제목"})
    await edit_page(
        kitchen.database, kitchen.templates.get_version, kitchen.pictures, page_id, "seller", change
    )
    assert await kitchen.database.run(lambda cursor: pages.roll_back(cursor, page_id, "seller", 1)) == 3
    calls = len(kitchen.text.requests)
    request = {"page_id": str(page_id), "block_id": "b2"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.BLOCK, request))
    assert (row["status"], row["result"]["version"], len(kitchen.text.requests)) == (
        "completed",
        4,
        calls + 1,
    )
    assert kitchen.text.requests[-1].data["block"]["brief"] == first["block"]["brief"]


async def test_blocks_go_after_a_month(kitchen: Kitchen, attic: Attic) -> None:
    """Their text is a version of the page; until then the task can be read, without its step after a week."""
    page_id = await kitchen.page_id()
    block = await kitchen.submit_kind(TaskKind.BLOCK, {"page_id": str(page_id), "block_id": "b1"})
    await kitchen.run(block)
    await attic.purge(6)
    assert await attic.steps(block) == {"copy"}
    await attic.purge(29)
    assert (await attic.steps(block), await is_there(kitchen.database, block)) == (set(), True)
    assert (await attic.purge(31)).rows == {"tasks": 1}
    assert not await is_there(kitchen.database, block)
    assert (await kitchen.stored(page_id))["version"] == 2


async def test_a_changed_picture_stays_to_be_found(kitchen: Kitchen, attic: Attic) -> None:
    """Only the task says where the picture is."""
    request = ImageRequest.model_validate({"image_url": PHOTO_URL, "prompt": "brighter"})
    image = await kitchen.submit_kind(TaskKind.IMAGE, request.model_dump(mode="json", exclude_none=True))
    row = await kitchen.run(image)
    await attic.purge(YEARS)
    assert (await task(kitchen.database, image))["result"] == row["result"]
    assert await attic.steps(image) == set()


async def test_keys_do_not_expire(kitchen: Kitchen, library: Library, attic: Attic) -> None:
    """The same request gives the same task, another one 409, whatever became of the task."""
    page_id = await kitchen.page_id()
    block = {"page_id": str(page_id), "block_id": "b1"}
    made = await kitchen.submitter.submit(TaskKind.BLOCK, "seller", block, idempotency_key="block")
    await kitchen.run(UUID(str(made["task_id"])))
    body = {"product": PRODUCT}
    cancelled = await kitchen.submitter.submit(TaskKind.PAGE, "seller", body, idempotency_key="page")
    await kitchen.database.run(
        lambda cursor: repository.cancel(cursor, UUID(str(cancelled["task_id"])), "seller")
    )
    await attic.purge(YEARS)
    for kind, request, key, before in (
        (TaskKind.BLOCK, block, "block", made),
        (TaskKind.PAGE, body, "page", cancelled),
    ):
        again = await kitchen.submitter.submit(kind, "seller", request, idempotency_key=key)
        assert again["task_id"] == before["task_id"]
        with pytest.raises(ConflictError):
            await kitchen.submitter.submit(kind, "seller", {**request, "x": 1}, idempotency_key=key)


async def test_a_failure_can_be_retried_for_ninety_days(kitchen: Kitchen, attic: Attic) -> None:
    """From its first unfinished step: nothing that was stored is paid for again."""
    task_id = await failed_page(kitchen)
    steps = await attic.steps(task_id)
    assert "plan" in steps
    await attic.purge(89)
    assert await attic.steps(task_id) == steps
    plans = kitchen.text.count("plan")
    await kitchen.submitter.retry(task_id, "seller")
    assert (await kitchen.run(task_id))["status"] == "completed"
    assert kitchen.text.count("plan") == plans


async def test_a_failure_goes_after_ninety_days_with_its_record(kitchen: Kitchen, attic: Attic) -> None:
    """Until then an operator can send it again."""
    task_id, other = await failed_page(kitchen), await failed_page(kitchen)
    await kitchen.database.run(record_failed_tasks)
    assert await attic.count("poison_messages") == 2
    await attic.purge(89)
    redriver = Redriver(kitchen.database, kitchen.queues, kitchen.publisher)
    done = await redriver.redrive(GENERATION_QUEUE, RedriveRequest(limit=1))
    assert (done.moved, done.skipped) == (1, 0)
    [sent] = [TaskMessage.decode(text.encode()).task_id for _, text, _ in kitchen.queues.sent]
    left = other if sent == task_id else task_id
    assert (await attic.purge(91)).rows == {"tasks": 1, "poison_messages": 2}
    assert not await is_there(kitchen.database, left)
    assert (await task(kitchen.database, sent))["status"] == "queued"


async def test_what_is_unfinished_is_never_purged(kitchen: Kitchen, attic: Attic) -> None:
    """Queued, running, or failed and queued again: however old, with every step."""
    queued, running, again = await kitchen.submit(), await kitchen.submit(), await failed_page(kitchen)
    held = await kitchen.database.run(lambda cursor: lease.claim(cursor, running, 60))
    assert held is not None
    await kitchen.submitter.retry(again, "seller")
    await attic.rows(
        "update tasks set created_at = now() - interval '9 years', started_at = now() - interval '9 years'"
    )
    before = await attic.rows("select * from tasks order by task_id")
    steps = await attic.steps(again)
    assert (await attic.purge(YEARS)).rows.keys() <= {"daily_usage"}
    assert await attic.rows("select * from tasks order by task_id") == before
    assert (await attic.steps(again), {row["status"] for row in before}) == (steps, {"queued", "running"})
    assert (await kitchen.run(queued))["status"] == "completed"


async def test_a_document_keeps_the_task_that_embedded_it(library: Library, attic: Attic) -> None:
    """The same content again gives that task, pays and writes nothing; the document reads as before."""
    row = await library.keep("1", "찬물에 손으로 빨아 주세요.")
    seen = await library.database.run(lambda cursor: documents.view(cursor, "seller", "1"))
    await attic.purge(YEARS)
    again = await library.submit("1", "찬물에 손으로 빨아 주세요.")
    assert str(again) == str(row["task_id"])
    assert len(library.embeddings.calls) == 1
    after = await library.database.run(lambda cursor: documents.view(cursor, "seller", "1"))
    same = ("status", "task_id", "chunks", "content", "embedded_at")
    assert {name: after[name] for name in same} == {name: seen[name] for name in same}


async def test_a_document_that_failed_says_so(library: Library, attic: Attic) -> None:
    """Its error is the task's."""
    library.embeddings.errors = [PermanentError("no", code="quota_exhausted")]
    await library.keep("1", "찬물에 손으로 빨아 주세요.")
    await attic.purge(YEARS)
    seen = await library.database.run(lambda cursor: documents.view(cursor, "seller", "1"))
    assert (seen["status"], seen["error"]["code"]) == ("failed", "quota_exhausted")


async def test_tasks_of_contents_that_are_gone_go(library: Library, attic: Attic) -> None:
    """Replaced, deleted; also when that came after the purge had passed them: it comes again after a day."""
    first, deleted = [await library.keep(post_id, "첫 글입니다.") for post_id in ("1", "2")]
    await library.database.run(lambda cursor: documents.delete(cursor, "seller", "2", deleted["finished_at"]))
    assert (await attic.purge(31, batch=1)).rows == {"tasks": 1}
    second = await library.keep("1", "둘째 글입니다.")
    assert (await attic.purge(31.9, batch=1)).rows == {}
    assert (await attic.purge(32.1, batch=1)).rows == {"tasks": 1}
    ids = [str(row["task_id"]) for row in await attic.rows("select task_id from tasks")]
    assert ids == [str(second["task_id"])] != [str(first["task_id"])]


async def test_records_that_wait_for_a_decision_stay(attic: Attic, kitchen: Kitchen) -> None:
    """A message nobody decided on stays for good; one sent again goes, and one whose task needs it no more."""
    waiting, sent, settled = uuid4(), uuid4(), uuid4()
    task_id = await failed_page(kitchen)

    def fill(cursor: Any) -> None:
        for poison_id in (waiting, sent):
            poison.record(cursor, poison_id, GENERATION_QUEUE, "{", code="malformed", reason="no JSON")
        poison.fail_and_record(cursor, settled, GENERATION_QUEUE, TaskMessage(task_id=task_id), 60)
        cursor.execute("update poison_messages set redriven_at = now() where poison_id = %s", (str(sent),))

    await kitchen.database.run(fill)
    await kitchen.submitter.retry(task_id, "seller")
    assert (await attic.purge(YEARS)).rows["poison_messages"] == 1
    await kitchen.run(task_id)
    assert (await attic.purge(YEARS + 2)).rows["poison_messages"] == 1
    [left] = await attic.rows("select poison_id from poison_messages")
    assert str(left["poison_id"]) == str(waiting)


async def test_days_of_money_are_kept_for_more_than_a_year(attic: Attic) -> None:
    """Today's above all: budgets read it."""
    await attic.rows(
        """insert into daily_usage (owner, day, usd)
           select 'seller', (now() at time zone 'Asia/Seoul')::date - days, 1
           from unnest(array[0, 1, 399, 400, 401, 500]) as days"""
    )
    assert (await attic.purge(0)).rows == {"daily_usage": 2}
    assert await attic.count("daily_usage") == 4
