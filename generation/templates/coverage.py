"""Which facts feed a block: one that only states facts is left out when there are none for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from generation.templates.models import Template

_BY_SOURCE = {
    "specification": "attribute",
    "product_notice": "notice",
    "recycling_guide": "packaging",
}
_BY_NAME = {
    "ingredients": re.compile("성분|원재료|재료|함량|원료"),
    "size_chart": re.compile("사이즈|치수|총장|가슴|어깨|소매|기장"),
    "shipping_returns": re.compile("배송|교환|반품|환불|A/S"),
    "cautions": re.compile("주의|보관|취급|경고"),
}


class KnownFact(Protocol):
    """A fact about the product (generation.pages.facts.Fact)."""

    @property
    def name(self) -> str:
        """What it is about, such as 용량."""

    @property
    def source(self) -> str:
        """Where it is from, such as attribute."""


def feeding[F: KnownFact](template: Template, facts: Sequence[F]) -> list[F]:
    """The facts a fact-stating template of this block type would state; none for one that needs no facts."""
    if not template.needs_facts:
        return []
    if pattern := _BY_NAME.get(template.block_type):
        return [fact for fact in facts if pattern.search(fact.name)]
    source = _BY_SOURCE.get(template.block_type, "attribute")
    return [fact for fact in facts if fact.source == source]


def has_facts(template: Template, facts: Sequence[KnownFact]) -> bool:
    """Whether a template has anything to state."""
    return not template.needs_facts or bool(feeding(template, facts))
