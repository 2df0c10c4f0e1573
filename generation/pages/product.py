"""Where a page's product comes from: the request, a seller's free text, or the product service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter, ValidationError

from generation.pages.requests import PageRequest, Product
from generation.ports import Meter, ProductSource, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed, most_tokens
from shared.errors import PermanentError, TransientError


class KnownProduct(BaseModel):
    """The product, and the photo's address if the product service names one."""

    model_config = ConfigDict(frozen=True)

    product: Product
    image_url: str | None = None


async def load_product(
    request: PageRequest, products: ProductSource | None, text: TextModel, meter: Meter
) -> KnownProduct:
    """The request's product.

    Raises:
        PermanentError: `product_service_unset`, `product_service_nonsense`, or the service's or model's own.
        TransientError: the service's or the model's own.
    """
    if request.product is not None:
        return KnownProduct(product=request.product)
    if request.product_id is not None:
        return await _from_service(request.product_id, products)
    return KnownProduct(product=await _from_text(request.product_data or "", text, meter))


async def _from_service(product_id: str, products: ProductSource | None) -> KnownProduct:
    if products is None:
        raise PermanentError("PRODUCT_SERVICE_URL is not set", code="product_service_unset")
    record = await products.product(product_id)
    try:
        product = Product.model_validate(_without_nulls(record))
    except ValidationError as error:
        raise PermanentError(str(error), code="product_service_nonsense") from error
    return KnownProduct(product=product, image_url=_photo_url(record))


def _without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what is null: so other services write what they do not know."""
    return {name: _known(value) for name, value in record.items() if value is not None}


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if each is not None}
    return [each for each in value if each is not None] if isinstance(value, list) else value


def _photo_url(record: dict[str, Any]) -> str | None:
    for name in ("image_url", "product_image_url", "photo"):
        try:
            return str(TypeAdapter(HttpUrl).validate_python(record.get(name)))
        except ValidationError:
            continue  # absent, or a file name we cannot fetch: the page does without
    return None


async def _from_text(written: str, text: TextModel, meter: Meter) -> Product:
    request = StructuredRequest(
        name="facts",
        system=prompt("facts"),
        data={"product_data": written},
        schema=_SCHEMA,
        # All of the text comes back, in other places: a Korean character is a token at most.
        max_tokens=most_tokens(2000 + len(written)),
    )
    answer = await text.answer(request, meter)
    try:
        return Product.model_validate(_fitted(answer, written))
    except (ValidationError, KeyError, TypeError) as error:
        raise TransientError(str(error), code="answer_off_schema") from error


def _fitted(answer: dict[str, Any], written: str) -> dict[str, Any]:
    """The answer within a product's limits, which a schema cannot state: asking again would give the same."""
    price = answer["price_krw"]
    return {
        "name": answer["name"].strip()[:_NAME] or written.strip().splitlines()[0][:_NAME],
        "category": (answer["category"] or "").strip()[:_SHORT] or None,
        "price_krw": price if price is not None and 0 <= price <= _PRICE else None,
        "description": answer["description"][:_DESCRIPTION],
        "attributes": dict(list(_pairs(answer["attributes"]).items())[:_ATTRIBUTES]),
        "packaging": [each[:_SHORT] for each in answer["packaging"] if each.strip()][:_PACKAGING],
    }


def _pairs(rows: list[dict[str, str]]) -> dict[str, str]:
    """Rows as names and values; what a name was given twice stands in one value."""
    pairs: dict[str, str] = {}
    for row in rows:
        name, value = row["name"].strip()[:_SHORT], row["value"].strip()
        if name and value and value not in (known := pairs.get(name, "")):
            pairs[name] = f"{known}, {value}".removeprefix(", ")[:_SHORT]
    return pairs


# The limits of requests.Product.
_NAME, _SHORT, _DESCRIPTION, _ATTRIBUTES, _PACKAGING, _PRICE = 200, 500, 20_000, 100, 20, 10_000_000_000
_TEXT = {"type": "string"}
_SCHEMA = closed(
    {
        "name": _TEXT,
        "category": {"type": ["string", "null"]},
        "price_krw": {"type": ["integer", "null"]},
        "description": _TEXT,
        "attributes": {"type": "array", "items": closed({"name": _TEXT, "value": _TEXT})},
        "packaging": {"type": "array", "items": _TEXT},
    }
)
