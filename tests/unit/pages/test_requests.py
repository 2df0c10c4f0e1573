"""What a seller may ask for."""

from typing import Any

import pytest
from pydantic import BaseModel

from generation.pages.edits import PageEdit, Regenerate
from generation.pages.requests import PageRequest
from shared.errors import FieldsError
from shared.http import validated

PRODUCT = {"name": "머그컵"}


def named(body: dict[str, Any]) -> set[str]:
    """The fields the answer names."""
    with pytest.raises(FieldsError) as caught:
        validated(PageRequest, body)
    return {issue.loc for issue in caught.value.issues}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"product_data", "product", "product_id"}),
        ({"product": PRODUCT, "product_id": "1"}, {"product", "product_id"}),
        (
            {"product": PRODUCT, "product_data": "x", "product_id": "1"},
            {"product", "product_data", "product_id"},
        ),
        (
            {"product": PRODUCT, "product_image_url": "https://a.example/b.jpg", "image_id": "0" * 32},
            {"product_image_url", "image_id"},
        ),
        (
            {"product": PRODUCT, "template_ids": ["a"], "template_set_id": "b"},
            {"template_ids", "template_set_id"},
        ),
        ({"product": PRODUCT, "template_ids": ["a", "a"]}, {"template_ids"}),
        ({"product": {}}, {"product.name"}),
        ({"product": {"name": " "}}, {"product.name"}),
        ({"product": {"name": "a\u0000b"}}, {"product.name"}),
        ({"product": {"name": "x" * 201}}, {"product.name"}),
        ({"product": {"name": "a", "price_krw": -1}}, {"product.price_krw"}),
        ({"product": PRODUCT, "product_image_url": "ftp://a.example/b"}, {"product_image_url"}),
        ({"product": PRODUCT, "product_image_url": "not a url"}, {"product_image_url"}),
        ({"product": PRODUCT, "image_id": "x"}, {"image_id"}),
        ({"product": PRODUCT, "options": {"images": 7}}, {"options.images"}),
        ({"product": PRODUCT, "options": {"colour": "red"}}, {"options.colour"}),
        ({"product": PRODUCT, "unknown": 1}, {"unknown"}),
        ({"product_data": ""}, {"product_data"}),
        ({"product": "a cup"}, {"product"}),
    ],
)
def test_bad_fields_are_named(body: dict[str, Any], fields: set[str]) -> None:
    """Missing, contradictory and wrong fields are each in the answer by path."""
    assert named(body) == fields


def test_a_product_keeps_what_the_seller_wrote() -> None:
    """Numbers as attribute values become text; fields we do not know are left out."""
    body = {"product": {**PRODUCT, "attributes": {"용량": 350}, "photo": "a.jpg"}, "options": {"images": 0}}
    request = validated(PageRequest, body)
    assert request.product is not None
    assert request.product.attributes == {"용량": "350"}
    assert request.options.images == 0


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (PageEdit, {"base_version": 1, "title": " \t "}, "title"),
        (Regenerate, {"instruction": "   "}, "instruction"),
    ],
)
def test_blank_words_are_no_words(kind: type[BaseModel], body: dict[str, Any], field: str) -> None:
    """A page without a title, and a wish that says nothing, are refused like empty ones."""
    with pytest.raises(FieldsError) as caught:
        validated(kind, body)
    assert [issue.loc for issue in caught.value.issues] == [field]


def test_words_of_slots_are_kept_as_they_are() -> None:
    """Only a title is stripped: white space in a slot is the editor's own."""
    edit = PageEdit.model_validate(
        {"base_version": 1, "title": " 머그 ", "blocks": [{"block_id": "b1", "slots": {"body": " 한 줄\n"}}]}
    )
    assert edit.title == "머그"
    assert edit.blocks
    assert edit.blocks[0].slots == {"body": " 한 줄\n"}
