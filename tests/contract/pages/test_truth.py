"""What a page says of itself is true: titles, pictures' words, pictures that are paid for and those that are not."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from generation.tasks.model import TaskKind
from shared.errors import PermanentError
from tests.contract.pages.kitchen import PHOTO_URL, PRODUCT, Kitchen

type Answer = Callable[[Any, Any], Awaitable[dict[str, Any]]]


def planning(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    """The model, with its plans changed."""

    async def changed(request: Any, meter: Any) -> dict[str, Any]:
        filled = await answer(request, meter)
        if request.name == "plan":
            change(filled)
        return filled

    return changed


@pytest.mark.parametrize("planned", ["국내 최고 1위 머그", "3,000명이 고른 머그", "  ", "KC 인증 머그"])
async def test_a_title_that_no_fact_backs_is_the_products_name(kitchen: Kitchen, planned: str) -> None:
    """Titles are copy too: in search results they are all a buyer sees. An empty one is no title."""
    kitchen.text.answer = planning(kitchen.text.answer, lambda plan: plan.update(title=planned))  # type: ignore[assignment, method-assign]
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    assert document.title == PRODUCT["name"]


async def test_a_title_within_the_facts_stays(kitchen: Kitchen) -> None:
    """The figure is in the product's name."""
    planned = "데일리 머그 350ml, 느린 아침"
    kitchen.text.answer = planning(kitchen.text.answer, lambda plan: plan.update(title=planned))  # type: ignore[assignment, method-assign]
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    assert document.title == planned


async def test_only_a_new_picture_shows_the_planned_scene(kitchen: Kitchen) -> None:
    """The words for the scene stand with the scene; the original photo is the product, whatever was planned."""
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    pictures = [image for block in document.blocks for image in block.images.values()]
    assert {image.alt for image in pictures if image.source == "generated"} == {"상품 사진"}
    assert {image.alt for image in pictures if image.source == "upload"} == {PRODUCT["name"]}


async def test_a_scene_that_failed_leaves_no_words_behind(kitchen: Kitchen) -> None:
    """The original stands in, and is not said to show what was never made."""
    kitchen.images.errors = [PermanentError("no", code="image_blocked")] * 9
    row = await kitchen.run(await kitchen.submit())
    document = await kitchen.page(row)
    assert {image.alt for block in document.blocks for image in block.images.values()} == {PRODUCT["name"]}
    failed = {warning["step"].removeprefix("image:") for warning in row["warnings"]}
    shown = {block.template_id for block in document.blocks if block.images}
    assert len(failed) == 3
    assert failed <= shown, "the warning says that the original stands in"


async def test_words_for_a_picture_claim_nothing(kitchen: Kitchen) -> None:
    """They are read aloud and searched like the rest of the copy."""

    def boast(plan: dict[str, Any]) -> None:
        for block in plan["blocks"]:
            block["image_alt"] = "판매 1위 머그 사진"

    kitchen.text.answer = planning(kitchen.text.answer, boast)  # type: ignore[assignment, method-assign]
    document = await kitchen.page(await kitchen.run(await kitchen.submit()))
    assert {image.alt for block in document.blocks for image in block.images.values()} == {PRODUCT["name"]}


async def test_without_a_photo_there_is_no_gallery(kitchen: Kitchen) -> None:
    """A drawn picture is no photo to look at closely: recommended pages do without the block, and say `그림`."""
    with_photo = await kitchen.page(await kitchen.run(await kitchen.submit()))
    assert "gallery" in {block.block_type for block in with_photo.blocks}
    drawn = await kitchen.page(await kitchen.run(await kitchen.submit(product_image_url=None)))
    assert "gallery" not in {block.block_type for block in drawn.blocks}
    assert {image.alt for block in drawn.blocks for image in block.images.values()} == {
        f"{PRODUCT['name']} (그림)"
    }
    little = await kitchen.submit(product={"name": "수제 도마"}, product_image_url=None)
    short = await kitchen.page(await kitchen.run(little))
    assert "gallery" not in {block.block_type for block in short.blocks}, "however short the page is"
    assert short.blocks[-1].block_type == "closing"
    chosen = await kitchen.submit(
        product_image_url=None, template_ids=["gallery-mosaic", "introduction-overlay"]
    )
    document = await kitchen.page(await kitchen.run(chosen))
    assert [block.template_id for block in document.blocks] == ["gallery-mosaic", "introduction-overlay"]


async def test_a_notice_is_copied_whole(kitchen: Kitchen) -> None:
    """What the law wants told stands there word for word, however many rows, whatever the model made of them."""
    notice = {f"고시 항목 {number}": f"그대로 옮길 값 {number}" for number in range(24)}
    notice["모든 성분"] = ", ".join(f"추출물{number}" for number in range(240))
    row = await kitchen.run(await kitchen.submit(product={**PRODUCT, "notice": notice}))
    document = await kitchen.page(row)
    block = next(block for block in document.blocks if block.block_type == "product_notice")
    assert {each["label"]: each["value"] for each in block.slots["rows"]} == notice
    assert [each["label"] for each in block.slots["rows"]] == list(notice)
    assert set(block.facts) >= {fact.id for fact in document.facts if fact.source == "notice"}


@pytest.mark.parametrize("images", [1, 3, 6])
@pytest.mark.parametrize(
    "template_ids",
    [
        ["introduction-overlay"],
        ["introduction-overlay", "introduction-split", "faq-list"],
        ["introduction-overlay", "faq-list", "specification-photo", "story-origin", "story-scene"],
    ],
)
async def test_a_seller_who_chose_the_blocks_gets_the_pictures(
    kitchen: Kitchen, template_ids: list[str], images: int
) -> None:
    """As many as were asked for and have a place; all that are paid for are shown, the photo where one is left."""
    row = await kitchen.run(await kitchen.submit(template_ids=template_ids, options={"images": images}))
    document = await kitchen.page(row)
    places = sum(template_id != "faq-list" for template_id in template_ids)
    sources = [image.source for block in document.blocks for image in block.images.values()]
    assert sources.count("generated") == row["images"] == len(kitchen.images.prompts) == min(images, places)
    assert sources.count("upload") >= (images < places)


@pytest.mark.parametrize("category", ["food", "electronics", "living", "beauty", "fashion"])
async def test_a_recommended_page_shows_the_real_photo_too(kitchen: Kitchen, category: str) -> None:
    """However many pictures are asked for, and none is paid for that is not shown."""
    row = await kitchen.run(await kitchen.submit(category_id=category, options={"images": 6}))
    document = await kitchen.page(row)
    sources = [image.source for block in document.blocks for image in block.images.values()]
    assert "upload" in sources
    assert sources.count("generated") == row["images"] == len(kitchen.images.prompts) > 0


async def test_a_scene_planned_in_korean_is_translated(kitchen: Kitchen) -> None:
    """The image model gets English, whatever the plan holds; a repeated run pays for neither again."""

    def in_korean(plan: dict[str, Any]) -> None:
        for block in plan["blocks"]:
            block["image_prompt"] = block["image_prompt"] and "아침 햇살이 드는 식탁 위"

    kitchen.text.answer = planning(kitchen.text.answer, in_korean)  # type: ignore[assignment, method-assign]
    kitchen.text.errors["block"] = [PermanentError("no", code="model_refused")]
    task_id = await kitchen.submit()
    await kitchen.run(task_id)
    await kitchen.submitter.retry(task_id, "seller")
    row = await kitchen.run(task_id)
    assert (row["status"], row["percent"]) == ("completed", 100)
    assert kitchen.text.count("translate") == len(kitchen.images.prompts) == 3
    assert all("english 글" in told and "햇살" not in told for told in kitchen.images.prompts)


async def test_a_change_is_what_its_owner_asks_for(kitchen: Kitchen) -> None:
    """POST image may change the product itself or add a person: nothing in the prompt forbids what is asked."""
    body = {"image_url": PHOTO_URL, "prompt": "paint the mug blue, held by a person"}
    await kitchen.run(await kitchen.submit_kind(TaskKind.IMAGE, body))
    told = kitchen.images.prompts[0]
    assert "paint the mug blue, held by a person" in told
    assert "no people" not in told
    assert "Keep the product itself exactly as it is" not in told


async def test_what_an_unplanned_block_would_have_stated_is_stated_elsewhere(kitchen: Kitchen) -> None:
    """The table of all attributes leaves to other blocks only what blocks of this page say."""

    def without_cautions(plan: dict[str, Any]) -> None:
        plan["blocks"] = [
            block for block in plan["blocks"] if not block["template_id"].startswith("cautions")
        ]

    kitchen.text.answer = planning(kitchen.text.answer, without_cautions)  # type: ignore[assignment, method-assign]
    product = {**PRODUCT, "attributes": {"용량": "350ml", "보관방법": "서늘한 곳", "주의": "뜨거움"}}
    await kitchen.run(await kitchen.submit(product=product, template_set_id=None, category_id="beauty"))
    offered = {
        template["template_id"]
        for request in kitchen.text.requests
        if request.name == "plan"
        for template in request.data["templates"]
    }
    assert "cautions-list" in offered
    written = [request.data for request in kitchen.text.requests if request.name == "block"]
    (table,) = [data for data in written if data["block"]["block_type"] == "specification"]
    assert {"보관방법", "주의"} <= {fact["name"] for fact in table["facts"]}
    assert [data["block"]["place"] for data in written] == list(range(1, len(written) + 1))


async def test_nobody_is_quoted_who_wrote_nothing(kitchen: Kitchen) -> None:
    """Reviews that were chosen and do not exist are left out and warned of, in a second run too; real ones stay."""
    chosen = ["introduction-overlay", "reviews-quotes", "faq-list"]
    kitchen.text.errors["block"] = [PermanentError("no", code="model_refused")]
    task_id = await kitchen.submit(template_ids=chosen)
    await kitchen.run(task_id)
    await kitchen.submitter.retry(task_id, "seller")
    row = await kitchen.run(task_id)
    assert [(warning["code"], warning["text"]) for warning in row["warnings"]] == [
        ("no_reviews", "고객 후기")
    ]
    document = await kitchen.page(row)
    assert [block.template_id for block in document.blocks] == ["introduction-overlay", "faq-list"]
    kitchen.documents = [("고객 후기: 김**", "매일 씁니다. 가볍습니다.")]
    row = await kitchen.run(await kitchen.submit(template_ids=chosen))
    assert row["warnings"] == []
    assert [block.template_id for block in (await kitchen.page(row)).blocks] == chosen
