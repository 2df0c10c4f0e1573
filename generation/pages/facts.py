"""Everything known about a product as numbered facts; copy cites their ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from generation.facts import Fact, Source
from generation.pages.requests import Product

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


type Pairs = Sequence[tuple[str, str]]


def number_facts(product: Product, seen: Pairs = (), documents: Pairs = ()) -> list[Fact]:
    """The product's facts, then what the photo shows, then what the seller's documents say (names and values).

    A name without a value says nothing, nor does a value without a name: neither is a fact.
    """
    pairs: list[tuple[str, str, Source]] = [
        *_stated(product),
        *((name, value, "vision") for name, value in seen),
        *((name, value, "document") for name, value in documents),
    ]
    told = [pair for pair in pairs if pair[0].strip() and pair[1].strip()]
    return [
        Fact(id=f"F{number}", name=name, value=value, source=source)
        for number, (name, value, source) in enumerate(told, start=1)
    ]


def _stated(product: Product) -> Iterator[tuple[str, str, Source]]:
    yield "상품명", product.name, "name"
    if product.price_krw is not None:
        yield "가격", f"{product.price_krw:,}원", "price"
    for sentence in sentences(product.description):
        yield "설명", sentence, "description"
    for name, value in product.attributes.items():
        yield name, value, "attribute"
    for material in product.packaging:
        yield "포장재", material, "packaging"
    for name, value in product.notice.items():
        yield name, value, "notice"


def sentences(text: str) -> list[str]:
    """`text` cut after sentence ends and at line breaks; a decimal point ends nothing."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
