"""A page quotes the customers of its own product: not those of another size or model, nor any text with its letter."""

import pytest

from generation.documents.measures import contradict
from generation.documents.retrieval import related_facts
from generation.pages.requests import Product
from generation.ports import Meter
from tests.contract.documents.library import Library


@pytest.mark.parametrize(
    ("name", "title", "another"),
    [
        ("전동 드릴 18V", "전동 드릴 20V 후기", True),
        ("전동 드릴 20V", "전동 드릴 20 v 보증", False),
        ("데일리 머그 350ml", "데일리 머그 500mL 후기", True),
        ("데일리 머그 0.35L", "데일리 머그 350ml 후기", False),
        ("데일리 머그 350ml", "데일리 머그 세척", False),
        ("데일리 머그", "데일리 머그 500ml 후기", False),
        ("데일리 머그 350ml", "데일리 머그 350ml와 500ml의 차이", False),
        ("무선 청소기 V10", "무선 청소기 V15 후기", True),
        ("무선 청소기 V10", "v10 후기", False),
        ("보습 크림 50ml", "보습 크림 3개월 후기 2", False),
    ],
)
def test_measures_tell_products_apart(name: str, title: str, another: bool) -> None:
    """Of the same sort and none in common: it is another one."""
    assert contradict(name, title) is another


async def facts(library: Library, name: str) -> list[str]:
    """The texts a page of a product of this name may use."""
    product = Product.model_validate({"name": name})
    found = await related_facts(library.database, library.embeddings, "seller", product, Meter())
    return sorted(value for _, value in found)


async def test_another_size_is_another_product(library: Library) -> None:
    """Its reviews stay away, though they share every word; what names no size is everybody's."""
    await library.keep("1", "소음이 적어요.", title="전동 드릴 18V 후기", kind="review")
    await library.keep("2", "배터리가 오래 가요.", title="전동 드릴 20V 후기", kind="review")
    await library.keep("3", "보증은 2년입니다.", title="전동 드릴 보증", kind="faq")
    assert await facts(library, "전동 드릴 18V") == ["보증은 2년입니다.", "소음이 적어요."]


async def test_a_name_of_one_letter_is_not_in_every_text(library: Library) -> None:
    """By letters alone nothing is about it."""
    await library.keep("1", "반품 정책은 책상에도 같습니다.", kind="faq")
    assert await facts(library, "책") == []
