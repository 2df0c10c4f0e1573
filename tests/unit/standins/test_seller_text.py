from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.pages.requests import Product
from local.standins.copywriting.seller_text import Listing, read_listing
from tests.unit.standins.prompts import ask, closed, problems

MAT = (
    "반려견 노즈워크 매트 팝니다. 크기는 50 x 50cm이고 펠트로 만들었어요. 세탁망에 넣어 찬물에 빨 수 있습니다. "
    "주머니가 24개 있어서 간식을 숨길 수 있어요. 가격은 27,000원입니다."
)
TEXT = {"type": "string"}
#: as `generation/pages/product.py` asks
SCHEMA = closed(
    name=TEXT,
    category={"type": ["string", "null"]},
    price_krw={"type": ["integer", "null"]},
    description=TEXT,
    attributes={"type": "array", "items": closed(name=TEXT, value=TEXT)},
    packaging={"type": "array", "items": TEXT},
)


def _fields(text: str) -> Any:
    answer = ask("chat", "facts", {"product_data": text}, SCHEMA)
    assert problems(answer, SCHEMA) == []
    return answer


def test_a_sellers_text_is_sorted_into_the_fields_asked_for() -> None:
    """Name, price, attribute and description, word for word; what is not said is null or empty."""
    assert _fields(MAT) == {
        "name": "반려견 노즈워크 매트",
        "category": None,
        "price_krw": 27000,
        "description": "펠트로 만들었어요. 세탁망에 넣어 찬물에 빨 수 있습니다. "
        "주머니가 24개 있어서 간식을 숨길 수 있어요.",
        "attributes": [{"name": "크기", "value": "50 x 50cm"}],
        "packaging": [],
    }


def test_a_list_of_pairs_is_read_as_well() -> None:
    """`이름: 값` by line or in one line, with bullets; a greeting is passed over."""
    text = (
        "안녕하세요!\n상품명: 도마\n- 소재: 월넛\n- 무게: 1.8kg, 크기: 40 x 25cm\n분류: 주방용품\n"
        "가격: 39,000원\n종이 상자와 에어캡으로 포장해 보내 드려요."
    )
    listing = read_listing(text)
    assert (listing.name, listing.category, listing.price_krw) == ("도마", "주방용품", 39000)
    assert listing.attributes == (("소재", "월넛"), ("무게", "1.8kg"), ("크기", "40 x 25cm"))
    assert listing.packaging == ("종이 상자", "에어캡")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("수제 딸기잼을 판매합니다.", "수제 딸기잼"),
        ("이 제품은 이중 진공 텀블러입니다. 가볍습니다.", "이중 진공 텀블러"),
        ("무쇠 프라이팬 24cm\n오래 씁니다.", "무쇠 프라이팬 24cm"),
        ("린넨 셔츠 소재는 린넨 100%이고 사이즈는 S, M, L입니다.", "린넨 셔츠"),
        ("제주 감귤 5kg 팔아요 무료배송!", "제주 감귤 5kg"),
        ("컵", "컵"),
    ],
)
def test_the_name_is_what_is_sold(text: str, name: str) -> None:
    """The words before 팝니다, 판매합니다, 입니다; else the first line."""
    assert read_listing(text).name == name


@pytest.mark.parametrize(
    ("text", "won"),
    [
        ("가격은 27,000원입니다.", 27000),
        ("정가 50,000원, 할인가 39,000원", 39000),
        ("배송비 3,000원, 가격 12,000원", 12000),
        ("컵 2만 4천원에 드려요", 24000),
        ("귤 3만5천원", 35000),
        ("배송비 3,000원입니다.", None),
        ("값을 정하지 못했습니다. 원목입니다.", None),
        ("1" * 5000 + "원", None),
    ],
)
def test_the_price_is_the_one_asked_for_the_product(text: str, won: int | None) -> None:
    """Not the fee, not the former price; null where none is said."""
    assert read_listing(text).price_krw == won


def _said(listing: Listing) -> list[str]:
    pairs = [each for pair in listing.attributes for each in pair]
    return [
        *listing.name.split(),
        listing.category or "",
        *listing.description.split(),
        *pairs,
        *listing.packaging,
    ]


_PIECES = st.sampled_from(
    (
        *(
            "머그컵 팝니다. ",
            "크기는 8cm이고 ",
            "도자기로 만들었어요. ",
            "소재: 도자기\n",
            "용량은 350ml입니다. ",
        ),
        *(
            "12,000원. ",
            "무게는 1.2kg이에요. ",
            "\n- ",
            "종이로 포장합니다. ",
            "안녕하세요. ",
            "https://example.com/a:b ",
        ),
        *(":", "는 ", "만 원", "  "),
    )
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=12), min_size=1, max_size=12).map("".join))
def test_nothing_is_said_that_is_not_in_the_text(text: str) -> None:
    """Every word of every field stands in the text, and the product's own checks take the answer."""
    listing = read_listing(text)
    squeezed = re.sub(r"\s", "", text)
    if squeezed:
        for words in _said(listing):
            assert re.sub(r"\s", "", words).rstrip(".") in squeezed
    fields = _fields(text)
    pairs = {row["name"]: row["value"] for row in fields["attributes"]}
    if text.isprintable():
        Product.model_validate({**fields, "attributes": pairs})


def test_lines_without_a_full_stop_do_not_run_together() -> None:
    """Each is a statement of its own."""
    listing = read_listing("제주 햇감귤 5kg\n당도 높은 것만 골라요\n무농약 아님\n신선해요.")
    assert listing.description == "당도 높은 것만 골라요\n무농약 아님\n신선해요."
