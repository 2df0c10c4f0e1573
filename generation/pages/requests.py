"""What a seller may ask for, checked field by field."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from generation.fields import (
    NOT_BLANK,
    NUMBER,
    OR_NUMBER,
    FieldConflict,
    ShortText,
    Text,
    WebAddress,
    exactly_one,
    missing,
)


def _price(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and not (value.isascii() and value.isdecimal())):
        message = "must be a whole number of won"
        raise ValueError(message)
    return value


_Words = Annotated[ShortText, Field(json_schema_extra=OR_NUMBER)]
_Price = Annotated[
    int,
    Field(
        ge=0, le=10_000_000_000, json_schema_extra={"type": ["integer", "string"], "pattern": "^[0-9]{1,10}$"}
    ),
    BeforeValidator(_price),
]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")


class Product(BaseModel):
    """A product as its seller describes it; fields we do not know are left out."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True)

    name: Annotated[Text, Field(min_length=1, max_length=200, json_schema_extra=NOT_BLANK | OR_NUMBER)]
    description: Annotated[Text, Field(max_length=20_000, json_schema_extra=OR_NUMBER)] = ""
    category: _Words | None = None
    price_krw: _Price | None = None
    attributes: Annotated[dict[ShortText, _Words], Field(max_length=100)] = {}
    packaging: Annotated[list[_Words], Field(max_length=20)] = []
    notice: Annotated[
        dict[ShortText, Annotated[Text, Field(max_length=2000, json_schema_extra=OR_NUMBER)]],
        Field(max_length=60),
    ] = {}


class PageOptions(_Request):
    """How the page is to be made."""

    images: Annotated[int, Field(ge=0, le=6), NUMBER] = 3
    language: Literal["ko"] = "ko"
    tone: Annotated[Text, Field(max_length=100)] | None = None
    marketplace: Literal["coupang", "smartstore", "11st", "gmarket"] | None = None


class PageRequest(_Request):
    """POST /generation/display-list: one source of facts, at most one photo and one choice of templates."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                exactly_one("product_data", "product", "product_id"),
                {"anyOf": [missing("product_image_url"), missing("image_id")]},
                {"anyOf": [missing("template_set_id"), missing("template_ids")]},
            ]
        }
    )

    product_data: (
        Annotated[Text, Field(min_length=1, max_length=20_000, json_schema_extra=NOT_BLANK)] | None
    ) = None
    product: Product | None = None
    product_id: Annotated[Text, Field(min_length=1, max_length=200, json_schema_extra=NOT_BLANK)] | None = (
        None
    )
    product_image_url: WebAddress | None = None
    image_id: UUID | None = None
    category_id: ShortText | None = None
    template_set_id: ShortText | None = None
    template_ids: (
        Annotated[
            list[ShortText], Field(min_length=1, max_length=30, json_schema_extra={"uniqueItems": True})
        ]
        | None
    ) = None
    options: PageOptions = PageOptions()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        sources = self._given("product_data", "product", "product_id")
        if len(sources) != 1:
            raise FieldConflict(
                sources or ["product_data", "product", "product_id"], "give exactly one of these"
            )
        for pair in (("product_image_url", "image_id"), ("template_set_id", "template_ids")):
            if len(given := self._given(*pair)) > 1:
                raise FieldConflict(given, "give only one of these")
        if self.template_ids and len(set(self.template_ids)) != len(self.template_ids):
            raise FieldConflict(["template_ids"], "the same template twice")
        return self

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if getattr(self, name) is not None]
