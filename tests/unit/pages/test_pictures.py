"""Which pictures stand where on a page, those of a list's items included."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.facts import Fact
from generation.images.pictures import KeptImage
from generation.images.records import Source
from generation.pages.assemble import place
from generation.pages.document import PageBlock, PageDocument, PlacedImage
from generation.pages.edits import PageEdit, edited
from generation.pages.plan import Plan, PlannedBlock, hold_to
from generation.pages.render import render_document
from generation.pages.requests import PageOptions, Product
from generation.pages.selection import Brief, Selection, picture_ratio, picture_slots
from generation.templates.library_files import read_library
from generation.templates.models import Origin, Template
from generation.templates.theme import THEMES
from shared.errors import FieldsError

LIBRARY = read_library().by_id
PHOTOS = LIBRARY["key_features-photos"]
WORDS: dict[Source, str] = {"generated": "창가의 머그", "upload": "머그", "drawn": "머그 (그림)"}


def image(source: Source = "upload") -> KeptImage:
    """A picture in the store."""
    image_id = uuid4()
    return KeptImage(
        image_id=image_id,
        url=f"https://assets.example/{image_id}.jpg",
        s3_key=f"{image_id}.jpg",
        width=1200,
        height=900,
        source=source,
    )


def copy(items: int = 3) -> dict[str, Any]:
    """What is written in the block, with so many features."""
    return {
        "headline": "볼수록 좋은 점",
        "items": [{"title": f"특징 {n}", "body": f"설명 {n}"} for n in range(items)],
    }


def page(block: PageBlock) -> PageDocument:
    """A page of that block alone."""
    facts = [Fact(id="F1", name="상품명", value="머그", source="name")]
    return PageDocument(title="머그", theme=THEMES["forest"].as_json(), blocks=[block], facts=facts)


def block(images: dict[str, PlacedImage], items: int = 3) -> PageBlock:
    """A block of features with these pictures."""
    return PageBlock(
        block_id="b1",
        block_type=PHOTOS.block_type,
        template_id=PHOTOS.template_id,
        template_version=PHOTOS.version,
        slots=copy(items),
        images=images,
        facts=[],
    )


def change(document: PageDocument, pictures: dict[UUID, KeptImage], **edit: Any) -> dict[str, PlacedImage]:
    """The block's pictures after an edit of it."""
    body = PageEdit.model_validate({"base_version": 1, "blocks": [{"block_id": "b1", **edit}]})
    templates = {(PHOTOS.template_id, PHOTOS.version): PHOTOS}
    return edited(document, body, templates, pictures).blocks[0].images


def test_a_list_has_as_many_places_as_it_must_have_items() -> None:
    """More may come, but a picture made for them might never be shown."""
    assert (picture_slots(PHOTOS), picture_ratio(PHOTOS)) == (2, "4:3")


@pytest.mark.parametrize(
    ("template_id", "places", "ratio"), [("gallery-mosaic", 3, "16:10"), ("introduction-poster", 1, "1:1")]
)
def test_pictures_outside_of_lists_are_places_too(template_id: str, places: int, ratio: str) -> None:
    """Each is one, and a new picture has the shape of the first."""
    template = LIBRARY[template_id]
    assert (picture_slots(template), picture_ratio(template)) == (places, ratio)


def test_a_template_without_pictures_has_no_place() -> None:
    """Its lists have none either."""
    assert picture_slots(LIBRARY["faq-list"]) == 0


def test_the_plan_may_ask_for_a_picture_of_a_feature() -> None:
    """The list's pictures count as places."""
    brief = Brief(
        Product(name="머그"),
        (),
        Selection((PHOTOS,), THEMES["forest"], keep_all=True, pictures=True, origin=Origin(), why={}),
        PageOptions(images=1),
    )
    planned = PlannedBlock(
        template_id=PHOTOS.template_id,
        brief="",
        fact_ids=[],
        image_prompt="On a window sill",
        image_alt="창가의 머그",
        why="",
    )
    assert hold_to(Plan(title="머그", blocks=[planned]), brief).blocks == [planned]


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (False, {"items.0.photo": "generated"}),
        (True, {"items.0.photo": "generated", "items.1.photo": "upload"}),
    ],
)
def test_the_scene_stands_with_the_first_feature(fill: bool, expected: dict[str, str]) -> None:
    """The photo with the second where it is not on the page yet; nothing is shown twice."""
    placed = place(PHOTOS, copy(), image("generated"), image(), WORDS, fill=fill)
    assert {key: one.source for key, one in placed.items()} == expected
    assert placed["items.0.photo"].alt == "창가의 머그"


async def test_the_page_shows_it() -> None:
    """One picture for each that was placed, none where there is none."""
    placed = place(PHOTOS, copy(), image("generated"), image(), WORDS, fill=True)

    async def version(_template_id: str, _version: int) -> Template:
        return PHOTOS

    html = await render_document(page(block(placed)), version)
    assert html.count("<img") == 2
    assert all(one.url in html for one in placed.values())


def test_an_own_picture_takes_a_place_in_a_list() -> None:
    """The seller shows each feature himself."""
    mine = image()
    after = change(
        page(block({})),
        {mine.image_id: mine},
        images={"items.2.photo": {"image_id": str(mine.image_id), "alt": "손잡이"}},
    )
    assert {key: (one.image_id, one.alt) for key, one in after.items()} == {
        "items.2.photo": (mine.image_id, "손잡이")
    }


def test_a_picture_leaves_with_its_item() -> None:
    """Of three features two are left, and their pictures; saying so of the third's is no mistake."""
    three = {f"items.{n}.photo": PlacedImage.of(image(), "머그") for n in range(3)}
    for images in ({}, {"items.2.photo": None}):
        after = change(page(block(three)), {}, slots={"items": copy(2)["items"]}, images=images)
        assert list(after) == ["items.0.photo", "items.1.photo"]


@pytest.mark.parametrize("key", ["items.3.photo", "items.photo", "items.0.title", "items.0"])
def test_there_is_no_picture_beyond_the_list(key: str) -> None:
    """The place is named in the error."""
    mine = image()
    with pytest.raises(FieldsError) as caught:
        change(page(block({})), {mine.image_id: mine}, images={key: {"image_id": str(mine.image_id)}})
    assert [issue.loc for issue in caught.value.issues] == [f"blocks.0.images.{key}"]


@pytest.mark.parametrize("items", [5, "text", None, [1, None], {"0": {}}])
def test_values_that_are_no_list_are_named_and_nothing_breaks(items: Any) -> None:
    """The pictures of what cannot be read are none."""
    with pytest.raises(FieldsError) as caught:
        change(page(block({})), {}, slots={"items": items})
    assert {issue.loc.split(".")[3] for issue in caught.value.issues} == {"items"}
