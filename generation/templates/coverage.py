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
    "reviews": "document",
}
_BY_NAME = {
    "ingredients": re.compile("성분|원재료|재료|함량|원료"),
    "size_chart": re.compile("사이즈|치수|총장|가슴|어깨|소매|기장"),
    "shipping_returns": re.compile("배송|교환|반품|환불"),
    "cautions": re.compile("주의|보관|취급|경고"),
    "reviews": re.compile("^고객 후기"),  # as generation.documents.retrieval names them
}
_ASKED = re.compile("^자주 묻는 질문")  # likewise
# What the law wants told is not for a model to shorten or to choose from.
_COPIED = frozenset({"product_notice"})
# These show everything of one source: what a block of its own says is not said there again.
_GENERAL = frozenset({"specification"})


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
    pattern, source = _BY_NAME.get(template.block_type), _BY_SOURCE.get(template.block_type)
    if pattern is None:
        source = source or "attribute"
    return [
        fact
        for fact in facts
        if (source is None or fact.source == source) and (pattern is None or pattern.search(fact.name))
    ]


def quoted[F: KnownFact](template: Template, facts: Sequence[F]) -> list[F]:
    """What customers asked, from the seller's documents: a block of questions that has any answers no others."""
    if template.block_type != "faq":
        return []
    return [fact for fact in facts if fact.source == "document" and _ASKED.search(fact.name)]


def copied[F: KnownFact](template: Template, facts: Sequence[F]) -> list[F]:
    """The facts a notice required by law copies word for word; none for any other template."""
    return feeding(template, facts) if template.block_type in _COPIED else []


def is_table(template: Template) -> bool:
    """Whether a fact-stating template states one kind of facts and no others, as a notice or a size chart does."""
    return template.needs_facts and template.block_type in _BY_NAME.keys() | _BY_SOURCE.keys()


def stated[F: KnownFact](template: Template, facts: Sequence[F], page: Sequence[Template]) -> list[F]:
    """The facts a fact-stating template states on a page of these templates: those that feed it.

    A table of everything leaves out what another block of the page states by name (sizes, ingredients), so that no
    row stands twice; unless nothing else were left for it.
    """
    fed = feeding(template, facts)
    if template.block_type not in _GENERAL:
        return fed
    elsewhere = [
        fact
        for one in page
        if one.block_type in _BY_NAME and one.block_type != template.block_type
        for fact in feeding(one, facts)
    ]
    return [fact for fact in fed if fact not in elsewhere] or fed


def has_facts(template: Template, facts: Sequence[KnownFact]) -> bool:
    """Whether a template has anything to state."""
    return not template.needs_facts or bool(feeding(template, facts))
