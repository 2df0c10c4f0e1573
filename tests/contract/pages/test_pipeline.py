"""The page pipeline on a real PostgreSQL with the real template library; models, bucket and downloads are fakes."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from generation.images.normalise import normalise
from generation.images.store import keep
from generation.pages import repository as pages
from generation.pages.render import render_document
from generation.tasks import repository as tasks
from shared.db.pool import Database
from shared.errors import PermanentError, TransientError
from shared.settings import TaskSettings
from tests.contract.pages.kitchen import PHOTO_URL, Kitchen
from tests.fakes import picture


async def test_a_page_is_made_from_product_and_photo(kitchen: Kitchen) -> None:
    """At least six blocks of different templates, the original photo and new pictures, rendered as one document."""
    row = await kitchen.run(await kitchen.submit())
    assert (row["status"], row["percent"], row["warnings"], row["error"]) == ("completed", 100, [], None)
    document = await kitchen.page(row)
    assert len({block.template_id for block in document.blocks}) == len(document.blocks) >= 6
    sources = [image.source for block in document.blocks for image in block.images.values()]
    assert {"upload", "generated"} <= set(sources)
    html = await render_document(document, kitchen.templates.get_version)
    assert html.startswith("<!doctype html>")
    for block in document.blocks:
        for image in block.images.values():
            assert image.url in html
    assert float(row["usd"]) == pytest.approx(
        0.001 * len(kitchen.text.requests) + 0.04 * len(kitchen.images.prompts)
    )


async def test_a_list_of_features_shows_the_new_picture(kitchen: Kitchen) -> None:
    """The scene planned for the block stands with its first feature, the photo with the second: no other shows it."""
    wanted = ["introduction-poster", "key_features-photos"]
    document = await kitchen.page(
        await kitchen.run(await kitchen.submit(template_ids=wanted, options={"images": 2}))
    )
    poster, features = (
        {key: image.source for key, image in block.images.items()} for block in document.blocks
    )
    assert set(poster.values()) == {"generated"}
    assert features == {"items.0.photo": "generated", "items.1.photo": "upload"}
    html = await render_document(document, kitchen.templates.get_version)
    assert html.count("<img") == 3


async def test_facts_that_do_not_exist_are_not_cited(kitchen: Kitchen) -> None:
    """A fact id the model invented never reaches the page."""
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    known = {fact.id for fact in document.facts}
    assert {fact_id for block in document.blocks for fact_id in block.facts} <= known


async def test_a_second_run_pays_for_nothing_again(kitchen: Kitchen) -> None:
    """What was stored before a failure is taken from the store when the task is retried."""
    kitchen.text.errors["block"] = [PermanentError("no", code="model_refused")]
    task_id = await kitchen.submit()
    row = await kitchen.run(task_id)
    assert (row["status"], row["error"]["code"]) == ("failed", "model_refused")
    blocks, pictures = kitchen.text.count("block"), len(kitchen.images.prompts)
    await kitchen.submitter.retry(task_id, "seller")
    row = await kitchen.run(task_id)
    assert row["status"] == "completed"
    assert (kitchen.text.count("plan"), kitchen.text.count("vision")) == (1, 1)
    assert kitchen.text.count("block") == blocks + 1
    assert len(kitchen.images.prompts) == pictures


async def test_a_transient_error_is_retried_within_the_step(kitchen: Kitchen) -> None:
    """One rate limit costs one more call, not the page."""
    kitchen.text.errors["plan"] = [TransientError("slow down", retry_after=0.01)]
    row = await kitchen.run(await kitchen.submit())
    assert row["status"] == "completed"
    assert kitchen.text.count("plan") == 2


async def test_an_exhausted_step_gives_the_task_back_with_a_delay(kitchen: Kitchen) -> None:
    """The message returns with a delay; the last delivery fails the task with a code."""
    kitchen.text.errors["plan"] = [TransientError("503", code="text_unavailable", retry_after=0.01)] * 4
    task_id = await kitchen.submit()
    kitchen.queues.sent.clear()
    row = await kitchen.run(task_id)
    assert row["status"] == "queued"
    assert [(queue, '"delivery":2' in text) for queue, text, _ in kitchen.queues.sent] == [
        ("generation-requests", True)
    ]
    row = await kitchen.run(task_id, delivery=2)
    assert (row["status"], row["error"]["code"]) == ("failed", "text_unavailable")
    assert row["error"]["message"]
    assert row["error"]["message_en"]


@pytest.mark.parametrize(
    ("url_gives", "code"),
    [
        (PermanentError("gone", code="photo_not_found"), "photo_not_found"),
        (b"not a picture", "photo_not_an_image"),
        (PermanentError("private", code="photo_url_forbidden"), "photo_url_forbidden"),
        (TransientError("refused", code="photo_unreachable", retry_after=0.01), "photo_unreachable"),
    ],
)
async def test_a_bad_photo_becomes_a_warning(kitchen: Kitchen, url_gives: Any, code: str) -> None:
    """The page completes with a drawn picture and a warning that names the reason; nothing is generated from it."""
    kitchen.downloads.contents[PHOTO_URL] = url_gives
    row = await kitchen.run(await kitchen.submit())
    assert row["status"] == "completed"
    assert [(warning["code"], warning["step"]) for warning in row["warnings"]] == [(code, "photo")]
    document = await kitchen.page(row)
    assert {image.source for block in document.blocks for image in block.images.values()} == {"drawn"}
    assert kitchen.images.prompts == []


async def test_failing_images_leave_the_original(kitchen: Kitchen) -> None:
    """Every new picture fails: the original stands in, one warning each."""
    kitchen.images.errors = [PermanentError("403", code="image_blocked")] * 3
    row = await kitchen.run(await kitchen.submit())
    assert row["status"] == "completed"
    assert {warning["code"] for warning in row["warnings"]} == {"image_blocked"}
    document = await kitchen.page(row)
    assert {image.source for block in document.blocks for image in block.images.values()} == {"upload"}


async def test_a_page_without_any_photo(kitchen: Kitchen) -> None:
    """A product without a photo gets a page with a drawn picture and no warning: nothing is missing."""
    row = await kitchen.run(await kitchen.submit(product_image_url=None))
    assert (row["status"], row["warnings"]) == ("completed", [])


async def test_an_uploaded_image_is_used(kitchen: Kitchen, database: Database) -> None:
    """image_id stands for the photo."""
    image_id = UUID(int=7)
    await keep(
        normalise(picture()),
        owner="seller",
        source="upload",
        image_id=image_id,
        db=database,
        assets=kitchen.assets,
    )
    row = await kitchen.run(await kitchen.submit(product_image_url=None, image_id=str(image_id)))
    document = await kitchen.page(row)
    assert image_id in {image.image_id for block in document.blocks for image in block.images.values()}


async def test_chosen_templates_keep_their_order(kitchen: Kitchen) -> None:
    """template_ids are all on the page, in their order, whatever the plan says."""
    chosen = ["faq-list", "introduction-poster", "story-letter"]
    row = await kitchen.run(await kitchen.submit(template_ids=chosen))
    document = await kitchen.page(row)
    assert [block.template_id for block in document.blocks] == chosen


async def test_a_page_is_not_completed_with_an_unreadable_picture(kitchen: Kitchen) -> None:
    """A new picture that cannot be read back sends the task back; the next run makes that picture again."""
    put = kitchen.assets.put

    async def losing(key: str, content: bytes, content_type: str) -> None:
        await put(key, content, content_type)
        if len(kitchen.images.prompts) == 3:
            kitchen.assets.hidden.add(key)

    kitchen.assets.put = losing  # type: ignore[method-assign]
    task_id = await kitchen.submit()
    assert (await kitchen.run(task_id))["status"] == "queued"
    kitchen.assets.hidden.clear()
    kitchen.assets.put = put  # type: ignore[method-assign]
    assert (await kitchen.run(task_id, delivery=2))["status"] == "completed"
    assert 3 < len(kitchen.images.prompts) <= 6
    assert kitchen.text.count("plan") == 1


async def test_free_text_is_sorted_into_facts(kitchen: Kitchen) -> None:
    """product_data is read by one call and becomes facts."""
    row = await kitchen.run(await kitchen.submit(product=None, product_data="머그컵 350ml 팝니다"))
    assert row["status"] == "completed"
    assert kitchen.text.count("facts") == 1


async def test_a_cancelled_task_stops(kitchen: Kitchen, database: Database) -> None:
    """A task cancelled while a call is in flight ends cancelled, with no page."""
    kitchen.settings = TaskSettings(TASK_HEARTBEAT_SECONDS=0.05)
    reached = asyncio.Event()
    answer = kitchen.text.answer

    async def slow(request: Any, meter: Any) -> dict[str, Any]:
        if request.name == "plan":
            reached.set()
            await asyncio.sleep(60)
        return await answer(request, meter)

    kitchen.text.answer = slow  # type: ignore[method-assign]
    task_id = await kitchen.submit()
    running = asyncio.create_task(kitchen.run(task_id))
    await reached.wait()
    await database.run(lambda cursor: tasks.cancel(cursor, task_id, "seller"))
    row = await asyncio.wait_for(running, 5)
    assert (row["status"], row["result"]) == ("cancelled", None)


async def test_two_deliveries_at_once_make_one_page(kitchen: Kitchen) -> None:
    """The same message twice at the same time: one run works, the other stops."""
    task_id = await kitchen.submit()
    await asyncio.gather(kitchen.run(task_id), kitchen.run(task_id))
    assert kitchen.text.count("plan") == 1
    listed = await kitchen.database.run(lambda cursor: pages.listing(cursor, "seller", 10, None))
    assert len(listed) == 1


async def test_a_mistake_of_ours_does_not_lose_the_task(kitchen: Kitchen) -> None:
    """An unexpected exception gives the task back; on the last delivery it fails with internal_error."""

    async def broken(request: Any, meter: Any) -> dict[str, Any]:
        raise KeyError("oops")

    kitchen.text.answer = broken  # type: ignore[method-assign]
    task_id = await kitchen.submit(product_image_url=None)
    assert (await kitchen.run(task_id))["status"] == "queued"
    row = await kitchen.run(task_id, delivery=2)
    assert (row["status"], row["error"]["code"]) == ("failed", "internal_error")


async def test_a_claim_without_a_fact_is_rewritten_once(kitchen: Kitchen) -> None:
    """The model is told what no fact backs; when it then keeps to the facts, nothing is left to warn of."""
    answer = kitchen.text.answer

    async def boasting(request: Any, meter: Any) -> dict[str, Any]:
        filled = await answer(request, meter)
        if request.name == "block" and "headline" in filled["slots"] and "findings" not in request.data:
            filled["slots"]["headline"] = "국내 최초 999ml 머그"
        return filled

    kitchen.text.answer = boasting  # type: ignore[method-assign]
    row = await kitchen.run(await kitchen.submit())
    assert (row["status"], row["warnings"]) == ("completed", [])
    told = [request.data["findings"] for request in kitchen.text.requests if "findings" in request.data]
    assert told
    assert {finding["code"] for finding in told[0]} >= {"number", "superlative"}
    document = await kitchen.page(row)
    assert all(block.findings == [] for block in document.blocks)


async def test_what_remains_is_shown(kitchen: Kitchen) -> None:
    """A model that insists: the page completes, each claim is a warning and stands on its block; one rewrite only."""
    answer = kitchen.text.answer

    async def insisting(request: Any, meter: Any) -> dict[str, Any]:
        filled = await answer(request, meter)
        if request.name == "block" and request.data["block"]["block_type"] == "introduction":
            filled["slots"]["headline"] = "국내 최초 머그"
        return filled

    kitchen.text.answer = insisting  # type: ignore[method-assign]
    row = await kitchen.run(await kitchen.submit())
    assert row["status"] == "completed"
    assert {(warning["code"], warning["step"]) for warning in row["warnings"]} == {
        ("unbacked_claim", "block:1")
    }
    document = await kitchen.page(row)
    assert [finding.text for finding in document.blocks[0].findings]
    asked = [request for request in kitchen.text.requests if request.name == "block"]
    assert sum(request.data["block"]["block_type"] == "introduction" for request in asked) == 2


async def test_the_sellers_documents_become_facts(kitchen: Kitchen) -> None:
    """What they say about the product is numbered like everything else that is known."""
    kitchen.documents = [("자주 묻는 질문: 세척", "식기세척기에 넣어도 됩니다.")]
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    assert [fact.value for fact in document.facts if fact.source == "document"] == [
        "식기세척기에 넣어도 됩니다."
    ]


async def test_the_sellers_order_is_kept(kitchen: Kitchen) -> None:
    """Attributes and the legal notice stand in the order they were given, in a second run too."""
    attributes = {"원산지": "에티오피아", "중량": "200g", "로스팅": "라이트", "고도": "1,950m", "가": "나"}
    notice = {
        "식품의 유형": "커피",
        "생산자 및 소재지": "상상로스터스",
        "원재료명": "커피원두",
        "제조연월일": "개별 표기",
    }
    kitchen.text.errors["block"] = [PermanentError("no", code="model_refused")]
    product = {"name": "원두", "attributes": attributes, "notice": notice}
    task_id = await kitchen.submit(product=product)
    await kitchen.run(task_id)
    await kitchen.submitter.retry(task_id, "seller")
    document = await kitchen.page(await kitchen.run(task_id))
    for source, given in (("attribute", attributes), ("notice", notice)):
        assert [(fact.name, fact.value) for fact in document.facts if fact.source == source] == [
            *given.items()
        ]
