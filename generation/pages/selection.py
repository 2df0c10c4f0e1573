"""Which templates a page may use: the seller's choice, or the category's default set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from generation.facts import Fact
from generation.pages.requests import PageOptions, PageRequest, Product
from generation.templates.category_words import match_category
from generation.templates.models import Category, Template, TemplateSet
from generation.templates.theme import Theme
from shared.errors import InvalidError, PermanentError


class Templates(Protocol):
    """The template library (generation.templates.repository.TemplateRepository)."""

    async def get(self, template_ids: Sequence[str]) -> list[Template]:
        """Active templates in the given order; FieldsError names the missing."""
        ...

    async def get_set(self, template_set_id: str) -> TemplateSet:
        """A set; NotFoundError if there is none."""
        ...

    async def default_set(self, category_id: str | None) -> TemplateSet:
        """The category's default set, or the general one."""
        ...

    async def categories(self) -> list[Category]:
        """All categories."""
        ...


@dataclass(frozen=True, slots=True)
class Selection:
    """Templates in the order they appear.

    Attributes:
        keep_all: the seller chose them, so each of them is on the page.
        pictures: there is a photo that new pictures can be made from.
    """

    templates: tuple[Template, ...]
    theme: Theme
    keep_all: bool
    pictures: bool

    @property
    def ids(self) -> frozenset[str]:
        """The templates' ids."""
        return frozenset(template.template_id for template in self.templates)


@dataclass(frozen=True, slots=True)
class Brief:
    """What every step after the selection knows: the product, its facts, the templates, the seller's wishes."""

    product: Product
    facts: tuple[Fact, ...]
    selection: Selection
    options: PageOptions

    @property
    def images(self) -> int:
        """How many new pictures may be made."""
        return self.options.images if self.selection.pictures else 0


# Blocks that only state facts are left out when there are none for them: by block type, the sources or the words in
# a fact's name that feed them (FACTS: optional blocks drop out when there are no facts for them).
_FED_BY_SOURCE = {
    "specification": "attribute",
    "product_notice": "notice",
    "recycling_guide": "packaging",
}
_FED_BY_NAME = {
    "ingredients": re.compile("성분|원재료|재료|함량|원료"),
    "size_chart": re.compile("사이즈|치수|총장|가슴|어깨|소매|기장"),
    "shipping_returns": re.compile("배송|교환|반품|환불|A/S"),
    "cautions": re.compile("주의|보관|취급|경고"),
}


async def choose(
    templates: Templates, request: PageRequest, product: Product, facts: Sequence[Fact], *, pictures: bool
) -> Selection:
    """The templates for this request.

    Raises:
        PermanentError: `no_templates`: what was chosen does not exist (any more).
    """
    try:
        chosen = await _chosen(templates, request, product)
        listed = await templates.get(request.template_ids or chosen.template_ids)
    except InvalidError as error:
        raise PermanentError(error.message, code="no_templates") from error
    keep_all = bool(request.template_ids or request.template_set_id)
    fitting = tuple(template for template in listed if keep_all or has_facts(template, facts))
    if not fitting:
        raise PermanentError("no template fits this request", code="no_templates")
    return Selection(fitting, chosen.theme, keep_all, pictures)


def has_facts(template: Template, facts: Sequence[Fact]) -> bool:
    """Whether a template has anything to state: one that only states facts needs some of its kind."""
    if not template.needs_facts:
        return True
    if pattern := _FED_BY_NAME.get(template.block_type):
        return any(pattern.search(fact.name) for fact in facts)
    source = _FED_BY_SOURCE.get(template.block_type, "attribute")
    return any(fact.source == source for fact in facts)


async def _chosen(templates: Templates, request: PageRequest, product: Product) -> TemplateSet:
    if request.template_set_id:
        return await templates.get_set(request.template_set_id)
    category = match_category(product.category or "") or match_category(product.name)
    return await templates.default_set(request.category_id or category)


def has_image(template: Template) -> bool:
    """Whether the template shows a picture."""
    return any(slot.kind == "image" for slot in template.compiled.slots)


def picture_ratio(template: Template) -> str:
    """The aspect ratio of the template's first picture slot."""
    return next(slot.ratio for slot in template.compiled.slots if slot.kind == "image")
