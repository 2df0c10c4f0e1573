"""Where a page's product comes from."""

from typing import Any

import pytest

from generation.pages.product import load_product
from generation.pages.requests import PageRequest, Product
from generation.ports import Meter, StructuredRequest
from shared.errors import PermanentError

ANSWER: dict[str, Any] = {
    "name": "데일리 머그",
    "category": "주방용품",
    "price_krw": 18000,
    "description": "손에 잘 잡힙니다.",
    "attributes": [{"name": "용량", "value": "350ml"}],
    "packaging": ["종이"],
}


class Reader:
    """A text model that answers the same, whatever it is asked."""

    def __init__(self, **answer: Any) -> None:
        self.answered = {**ANSWER, **answer}
        self.requests: list[StructuredRequest] = []

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        self.requests.append(request)
        return self.answered


class Service:
    """A product service with one record."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record

    async def product(self, product_id: str) -> dict[str, Any]:
        return self.record


async def read(written: str = "데일리 머그 350ml\n18,000원", **answer: Any) -> Product:
    request = PageRequest(product_data=written)
    return (await load_product(request, None, Reader(**answer), Meter())).product


async def served(record: dict[str, Any]) -> tuple[Product, str | None]:
    known = await load_product(PageRequest(product_id="7"), Service(record), Reader(), Meter())
    return known.product, known.image_url


async def test_a_text_is_read_into_fields() -> None:
    """The model's rows become the product's attributes, in their order."""
    rows = [{"name": "중량", "value": "285g"}, {"name": "용량", "value": "350ml"}]
    product = await read(attributes=rows)
    assert list(product.attributes.items()) == [("중량", "285g"), ("용량", "350ml")]
    assert (product.name, product.price_krw, product.packaging) == ("데일리 머그", 18000, ["종이"])


@pytest.mark.parametrize("name", ["", "   "])
async def test_a_text_without_a_name_goes_by_its_first_line(name: str) -> None:
    """Asking again would give no name either, five deliveries long."""
    assert (await read("  손잡이가 큰 머그\n350ml", name=name)).name == "손잡이가 큰 머그"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"name": "가" * 300}, {"name": "가" * 200}),
        ({"price_krw": -1}, {"price_krw": None}),
        ({"price_krw": 10**12}, {"price_krw": None}),
        ({"category": " "}, {"category": None}),
        ({"category": None}, {"category": None}),
        ({"packaging": ["종이", " ", *["비닐류"] * 40]}, {"packaging": ["종이", *["비닐류"] * 19]}),
        ({"attributes": [{"name": "성분", "value": "가" * 900}]}, {"attributes": {"성분": "가" * 500}}),
        ({"attributes": [{"name": "", "value": "x"}, {"name": "색", "value": " "}]}, {"attributes": {}}),
        (
            {"attributes": [{"name": "색상", "value": "크림"}, {"name": "색상", "value": "차콜"}]},
            {"attributes": {"색상": "크림, 차콜"}},
        ),
    ],
)
async def test_what_no_schema_can_limit_is_cut(answer: dict[str, Any], kept: dict[str, Any]) -> None:
    """A model's answer over our limits costs no further calls and no page."""
    product = await read(**answer)
    assert {name: getattr(product, name) for name in kept} == kept


async def test_a_hundred_attributes_are_the_most() -> None:
    """The first hundred are kept."""
    product = await read(attributes=[{"name": f"속성{n}", "value": str(n)} for n in range(120)])
    assert list(product.attributes) == [f"속성{n}" for n in range(100)]


async def test_nulls_of_the_product_service_mean_unknown() -> None:
    """Many services write what they do not know as null, inside lists and objects too."""
    record = {
        "name": "머그컵",
        "description": None,
        "category": None,
        "price_krw": None,
        "attributes": {"용량": "350ml", "색상": None},
        "packaging": ["종이", None],
        "notice": None,
        "image_url": None,
        "photo": "https://shop.example/a.jpg",
        "unknown": {"deep": None},
    }
    product, photo = await served(record)
    assert product == Product(name="머그컵", attributes={"용량": "350ml"}, packaging=["종이"])
    assert photo == "https://shop.example/a.jpg"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"name": None},
        {"name": 7, "attributes": []},
        {"name": "a", "price_krw": "비쌈"},
        {"name": "a", "attributes": {"b": {}}},
        {"name": ["a"]},
        {"name": "a\u0000"},
    ],
)
async def test_nonsense_of_the_product_service_has_its_code(record: dict[str, Any]) -> None:
    """What cannot be read as a product fails the task for good."""
    with pytest.raises(PermanentError) as caught:
        await served(record)
    assert caught.value.code == "product_service_nonsense"
