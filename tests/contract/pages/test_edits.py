"""Editing a stored page: new versions, conflicts, rollback, feedback, one block anew."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.images.normalise import normalise
from generation.images.store import keep
from generation.pages import repository
from generation.pages.editing import edit_page
from generation.pages.edits import Feedback, PageEdit
from generation.tasks.model import TaskKind
from shared.errors import ConflictError, FieldsError, NotFoundError
from tests.contract.pages.kitchen import PRODUCT, Kitchen
from tests.fakes import picture


async def edit(kitchen: Kitchen, page_id: UUID, **change: Any) -> dict[str, Any]:
    """PATCH the page."""
    body = PageEdit.model_validate({"base_version": 1, **change})
    return await edit_page(
        kitchen.database, kitchen.templates.get_version, kitchen.pictures, page_id, "seller", body
    )


def order(page: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in page["blocks"]]


async def test_blocks_are_reordered_and_removed(kitchen: Kitchen) -> None:
    """The list given is the new order; what is not in it is gone; the old version stays."""
    page_id = await kitchen.page_id()
    before = order(await kitchen.stored(page_id))
    wanted = before[::-1][:-1]
    after = await edit(kitchen, page_id, blocks=[{"block_id": block_id} for block_id in wanted])
    assert (after["version"], order(after)) == (2, wanted)
    assert order(await kitchen.stored(page_id, 1)) == before


async def test_slot_values_are_replaced_one_by_one(kitchen: Kitchen) -> None:
    """Only the named values change; nothing is paid for."""
    page_id = await kitchen.page_id()
    page = await kitchen.stored(page_id)
    calls = len(kitchen.text.requests)
    blocks: list[dict[str, Any]] = [{"block_id": block_id} for block_id in order(page)]
    blocks[0]["slots"] = {"headline": "새 제목"}
    after = await edit(kitchen, page_id, blocks=blocks)
    assert after["blocks"][0]["slots"] == {**page["blocks"][0]["slots"], "headline": "새 제목"}
    assert after["blocks"][1:] == page["blocks"][1:]
    assert len(kitchen.text.requests) == calls


async def test_a_stale_base_version_is_a_conflict(kitchen: Kitchen) -> None:
    """Somebody was faster: nothing is stored."""
    page_id = await kitchen.page_id()
    await edit(kitchen, page_id, title="하나")
    with pytest.raises(ConflictError):
        await edit(kitchen, page_id, title="둘")
    assert (await kitchen.stored(page_id))["title"] == "하나"


@pytest.mark.parametrize("blocks", [None, [{"block_id": "b1", "slots": {"headline": 5}}]])
async def test_a_base_version_that_is_not_current_is_a_conflict_first(
    kitchen: Kitchen, blocks: list[dict[str, Any]] | None
) -> None:
    """Also one that is not there yet, and whatever else is wrong: the editor must read the page again anyway."""
    page_id = await kitchen.page_id()
    await edit(kitchen, page_id, title="하나")
    for base_version in (1, 99):
        with pytest.raises(ConflictError):
            await edit(kitchen, page_id, base_version=base_version, title="둘", blocks=blocks)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"blocks": [{"block_id": "b99"}]}, "blocks.0.block_id"),
        ({"blocks": [{"block_id": "b1"}, {"block_id": "b1"}]}, "blocks.1.block_id"),
        ({"blocks": [{"block_id": "b1", "slots": {"headline": 5}}]}, "blocks.0.slots.headline"),
        ({"blocks": [{"block_id": "b1", "slots": {"headline": "가" * 500}}]}, "blocks.0.slots.headline"),
        ({"blocks": [{"block_id": "b1", "slots": {"no_such": "x"}}]}, "blocks.0.slots.no_such"),
        ({"blocks": [{"block_id": "b1", "images": {"no_such": None}}]}, "blocks.0.images.no_such"),
        (
            {"blocks": [{"block_id": "b1", "images": {"hero": {"image_id": str(uuid4())}}}]},
            "blocks.0.images.hero.image_id",
        ),
        ({"theme": {"accent": "red"}}, "accent"),
    ],
)
async def test_what_does_not_fit_is_named(kitchen: Kitchen, change: dict[str, Any], field: str) -> None:
    """Unknown blocks, slots, pictures; values over their limit; colours that are none."""
    page_id = await kitchen.page_id()
    with pytest.raises(FieldsError) as caught:
        await edit(kitchen, page_id, **change)
    assert any(field in issue.loc for issue in caught.value.issues), caught.value.issues
    assert (await kitchen.stored(page_id))["version"] == 1


async def test_an_own_picture_takes_a_place(kitchen: Kitchen) -> None:
    """An uploaded picture can replace any other; somebody else's cannot."""
    page_id = await kitchen.page_id()
    ids = {}
    for owner in ("seller", "another"):
        ids[owner] = uuid4()
        await keep(
            normalise(picture(colour=(1, 2, 3))),
            owner=owner,
            source="upload",
            image_id=ids[owner],
            db=kitchen.database,
            assets=kitchen.assets,
        )
    with pytest.raises(FieldsError):
        await edit(
            kitchen,
            page_id,
            blocks=[{"block_id": "b1", "images": {"hero": {"image_id": str(ids["another"])}}}],
        )
    after = await edit(
        kitchen, page_id, blocks=[{"block_id": "b1", "images": {"hero": {"image_id": str(ids["seller"])}}}]
    )
    hero = after["blocks"][0]["images"]["hero"]
    assert (hero["image_id"], hero["alt"]) == (str(ids["seller"]), PRODUCT["name"])


async def test_the_theme_is_changed_in_part(kitchen: Kitchen) -> None:
    """One colour changes, the others stay."""
    page_id = await kitchen.page_id()
    before = (await kitchen.stored(page_id))["theme"]
    after = (await edit(kitchen, page_id, theme={"accent": "#7a3b12"}))["theme"]
    assert after == {**before, "accent": "#7a3b12"}


async def test_rollback_makes_a_new_version(kitchen: Kitchen) -> None:
    """History only grows; a version that never was is 404."""
    page_id = await kitchen.page_id()
    title = (await kitchen.stored(page_id))["title"]
    await edit(kitchen, page_id, title="바꾼 제목")
    version = await kitchen.database.run(lambda cursor: repository.roll_back(cursor, page_id, "seller", 1))
    page = await kitchen.stored(page_id)
    assert (version, page["version"], page["title"]) == (3, 3, title)
    with pytest.raises(NotFoundError):
        await kitchen.database.run(lambda cursor: repository.roll_back(cursor, page_id, "seller", 9))
    listed = await kitchen.database.run(lambda cursor: repository.versions(cursor, page_id, "seller"))
    assert [(row["version"], row["reason"]) for row in listed] == [
        (3, "rolled back to 1"),
        (2, "edited"),
        (1, "generated"),
    ]


async def test_one_block_anew_is_one_call(kitchen: Kitchen) -> None:
    """The model is asked once, with the instruction; the other blocks and the pictures stay."""
    page_id = await kitchen.page_id()
    before = await kitchen.stored(page_id)
    calls = len(kitchen.text.requests)
    request = {"page_id": str(page_id), "block_id": "b2", "instruction": "더 짧게"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.BLOCK, request))
    assert row["status"] == "completed"
    assert row["result"] == {"page_id": str(page_id), "block_id": "b2", "version": 2}
    assert len(kitchen.text.requests) == calls + 1
    assert kitchen.text.requests[-1].data["instruction"] == "더 짧게"
    after = await kitchen.stored(page_id)
    assert [block for block in after["blocks"] if block["block_id"] != "b2"] == [
        block for block in before["blocks"] if block["block_id"] != "b2"
    ]


async def test_a_block_anew_knows_its_place_and_its_sellers_wishes(kitchen: Kitchen) -> None:
    """Brief, tone, marketplace and place on the page are those it was first written with."""
    options = {"tone": "차분하게", "marketplace": "coupang"}
    row = await kitchen.run(await kitchen.submit(options=options))
    page_id = UUID(row["result"]["page_id"])
    first = [request.data for request in kitchen.text.requests if request.name == "block"][1]
    await kitchen.run(await kitchen.submit_kind(TaskKind.BLOCK, {"page_id": str(page_id), "block_id": "b2"}))
    again = kitchen.text.requests[-1].data
    assert again["options"] == first["options"] == options
    assert again["product"]["category"] == PRODUCT["category"]
    assert (again["block"]["brief"], again["block"]["place"]) == (first["block"]["brief"], 2)


async def test_claims_of_a_block_anew_are_warned_of(kitchen: Kitchen) -> None:
    """One call is all it costs, so nothing is rewritten; what no fact backs is on the task and on the block."""
    page_id = await kitchen.page_id()
    answer = kitchen.text.answer

    async def boasting(request: Any, meter: Any) -> dict[str, Any]:
        filled = await answer(request, meter)
        filled["slots"]["headline"] = "국내 최초 머그"
        return filled

    kitchen.text.answer = boasting  # type: ignore[method-assign]
    calls = len(kitchen.text.requests)
    row = await kitchen.run(
        await kitchen.submit_kind(TaskKind.BLOCK, {"page_id": str(page_id), "block_id": "b1"})
    )
    assert row["status"] == "completed"
    assert [(warning["code"], warning["text"]) for warning in row["warnings"]] == [
        ("unbacked_claim", "국내 최초")
    ]
    assert len(kitchen.text.requests) == calls + 1
    assert [finding["text"] for finding in (await kitchen.stored(page_id))["blocks"][0]["findings"]] == [
        "국내 최초"
    ]


async def test_an_edit_made_meanwhile_is_not_lost(kitchen: Kitchen) -> None:
    """The new copy goes onto the version that is current when it is ready; a removed block fails the task."""
    page_id = await kitchen.page_id()
    blocks = order(await kitchen.stored(page_id))
    task_id = await kitchen.submit_kind(TaskKind.BLOCK, {"page_id": str(page_id), "block_id": "b2"})
    gone_id = await kitchen.submit_kind(TaskKind.BLOCK, {"page_id": str(page_id), "block_id": blocks[-1]})
    kept = [{"block_id": block_id} for block_id in blocks[:-1]]
    await edit(kitchen, page_id, title="그 사이", blocks=kept)
    assert (await kitchen.run(task_id))["result"]["version"] == 3
    assert (await kitchen.stored(page_id))["title"] == "그 사이"
    row = await kitchen.run(gone_id)
    assert (row["status"], row["error"]["code"]) == ("failed", "block_gone")


async def test_feedback_is_kept_with_the_version(kitchen: Kitchen) -> None:
    """Only the owner's pages take it."""
    page_id = await kitchen.page_id()
    feedback = Feedback(rating=5, comment="좋아요")
    await kitchen.database.run(lambda cursor: repository.add_feedback(cursor, page_id, "seller", feedback))
    with pytest.raises(NotFoundError):
        await kitchen.database.run(
            lambda cursor: repository.add_feedback(cursor, page_id, "another", feedback)
        )

    def read(cursor: Any) -> list[tuple[int, int, str]]:
        cursor.execute(
            "select version, rating, comment from page_feedback where page_id = %s", (str(page_id),)
        )
        return [tuple(row.values()) for row in cursor.fetchall()]

    assert await kitchen.database.run(read) == [(1, 5, "좋아요")]


async def test_an_editors_claim_is_found_too(kitchen: Kitchen) -> None:
    """Copy a person writes is checked like the model's; the edit is stored all the same."""
    page_id = await kitchen.page_id()
    blocks: list[dict[str, Any]] = [
        {"block_id": block_id} for block_id in order(await kitchen.stored(page_id))
    ]
    blocks[0]["slots"] = {"headline": "세계 최고 머그"}
    after = await edit(kitchen, page_id, blocks=blocks)
    assert [finding["code"] for finding in after["blocks"][0]["findings"]] == ["superlative"]
