"""Where a page's product comes from: the request, a seller's free text, or the product service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter, ValidationError

from generation.pages.requests import PageRequest, Product
from generation.ports import Meter, ProductSource, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed
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
        product = Product.model_validate(record)
    except ValidationError as error:
        raise PermanentError(str(error), code="product_service_nonsense") from error
    return KnownProduct(product=product, image_url=_photo_url(record))


def _photo_url(record: dict[str, Any]) -> str | None:
    for name in ("image_url", "product_image_url", "photo"):
        try:
            return str(TypeAdapter(HttpUrl).validate_python(record.get(name)))
        except ValidationError:
            continue  # absent, or a file name we cannot fetch: the page does without
    return None


async def _from_text(written: str, text: TextModel, meter: Meter) -> Product:
    request = StructuredRequest(
        name="facts", system=prompt("facts"), data={"product_data": written}, schema=_SCHEMA
    )
    answer = await text.answer(request, meter)
    try:
        pairs = {row["name"]: row["value"] for row in answer["attributes"]}
        return Product.model_validate({**answer, "attributes": pairs})
    except (ValidationError, KeyError, TypeError) as error:
        raise TransientError(str(error), code="answer_off_schema") from error


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
