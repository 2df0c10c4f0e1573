"""Which templates a page may use: the seller's choice, or what is recommended for the product."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.facts import Fact
from generation.pages.requests import PageOptions, PageRequest, Product
from generation.templates.category_words import match_category
from generation.templates.coverage import has_facts
from generation.templates.models import Category, Origin, Template, TemplateSet
from generation.templates.nearness import NOTHING_KNOWN, Nearness
from generation.templates.recommend import recommend
from generation.templates.slots import sure_images
from generation.templates.theme import Theme, parse_theme
from generation.templates.usage import TrackRecord
from shared.errors import InvalidError, PermanentError


class Templates(Protocol):
    """The template library (generation.templates.repository.TemplateRepository)."""

    async def get(self, template_ids: Sequence[str]) -> list[Template]:
        """Active templates in the given order; FieldsError names the missing."""
        ...

    async def get_version(self, template_id: str, version: int) -> Template:
        """One version, whatever has become of the template since; NotFoundError if there is none."""
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

    async def active(self, category_id: str | None) -> list[Template]:
        """Templates offered for a category."""
        ...

    async def active_sets(self) -> list[TemplateSet]:
        """Every active set."""
        ...

    async def assigned(self, chosen: TemplateSet, page_id: UUID) -> tuple[TemplateSet, Origin]:
        """The set a page is made of while a test may run on the chosen one."""
        ...

    async def track_records(self) -> dict[str, TrackRecord]:
        """What became of pages made of each template."""
        ...


class Choice(BaseModel):
    """The stored answer: which versions of which templates, in order, with which theme, and why.

    Decided once for a task: usage, tests and sets may change before a run after a crash asks again.

    Attributes:
        left_out: names of templates the seller chose that would have to be invented.
    """

    model_config = ConfigDict(frozen=True)

    template_set_id: str | None
    experiment_id: int | None
    variant: Literal["a", "b"] | None
    templates: list[tuple[str, int]]
    theme: dict[str, Any]
    keep_all: bool
    why: dict[str, str]
    left_out: list[str] = []


@dataclass(frozen=True, slots=True)
class Selection:
    """Templates in the order they appear.

    Attributes:
        keep_all: the seller chose them, so each of them is on the page.
        pictures: there is a photo that new pictures can be made from.
        origin: the set, and the side of a test, for the figures.
        why: for the seller, in Korean, why a template was recommended.
    """

    templates: tuple[Template, ...]
    theme: Theme
    keep_all: bool
    pictures: bool
    origin: Origin
    why: Mapping[str, str]

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

    def only(self, template_ids: Collection[str]) -> Brief:
        """The brief of a page of these templates alone: what no block of it states is left to the others."""
        kept = tuple(one for one in self.selection.templates if one.template_id in template_ids)
        return replace(self, selection=replace(self.selection, templates=kept))


async def choose(
    templates: Templates,
    request: PageRequest,
    product: Product,
    facts: Sequence[Fact],
    page_id: UUID,
    near: Nearness = NOTHING_KNOWN,
    *,
    pictures: bool = True,
) -> Choice:
    """The templates for this request and page.

    Args:
        templates: the library.
        request: what the seller chose.
        product: what it is for.
        facts: everything known.
        page_id: of the page, which an A/B test assigns.
        near: how near the library's descriptions are to the product, where nobody chose.
        pictures: there is a photo to show.

    Raises:
        PermanentError: `no_templates`: what was chosen does not exist (any more).
    """
    try:
        if request.template_ids:
            return await _listed(templates, request, product, facts)
        if request.template_set_id:
            chosen = await templates.get_set(request.template_set_id)
            shown, origin = await templates.assigned(chosen, page_id)
            return await _of_set(templates, shown, origin, facts, keep_all=True)
        choice = await _recommended(templates, request, product, facts, page_id, near)
        return choice if pictures else await _without_photo(templates, choice, category_of(request, product))
    except InvalidError as error:
        raise PermanentError(error.message, code="no_templates") from error


async def load(templates: Templates, choice: Choice, *, pictures: bool) -> Selection:
    """The chosen versions, ready to be filled.

    Without a photo, blocks that do nothing but show it are left out, unless the seller chose them or no block were
    left: a drawing under `사진으로 보기` promises what it is not.
    """
    versions = [
        await templates.get_version(template_id, version) for template_id, version in choice.templates
    ]
    if not (pictures or choice.keep_all):
        others = [template for template in versions if template.block_type not in _SHOW_THE_PHOTO]
        versions = others or versions
    origin = Origin(choice.template_set_id, choice.experiment_id, choice.variant)
    theme = parse_theme(choice.theme)
    return Selection(tuple(versions), theme, choice.keep_all, pictures, origin, choice.why)


async def _listed(
    templates: Templates, request: PageRequest, product: Product, facts: Sequence[Fact]
) -> Choice:
    listed = await templates.get(request.template_ids or [])
    look = await templates.default_set(category_of(request, product))
    kept = [one for one in listed if one.block_type not in _QUOTE or has_facts(one, facts)]
    choice = _choice(kept, look.theme, Origin(), keep_all=True)
    return choice.model_copy(update={"left_out": [one.name for one in listed if one not in kept]})


async def _recommended(
    templates: Templates,
    request: PageRequest,
    product: Product,
    facts: Sequence[Fact],
    page_id: UUID,
    near: Nearness,
) -> Choice:
    category = category_of(request, product)
    found = recommend(
        category,
        facts,
        await templates.active(category),
        await templates.active_sets(),
        await templates.track_records(),
        near,
    )
    chosen = await templates.get_set(found.template_set_id)
    shown, origin = await templates.assigned(chosen, page_id)
    if shown.template_set_id != chosen.template_set_id:
        return await _of_set(templates, shown, origin, facts, keep_all=False)
    listed = await templates.get(found.template_ids)
    return _choice(listed, found.theme, origin, keep_all=False, why=found.why)


async def _without_photo(templates: Templates, choice: Choice, category: str | None) -> Choice:
    """The choice without blocks that `load` will leave out; if few are left, one that says what to do now."""
    active = sorted(await templates.active(category), key=lambda one: one.template_id)
    shown = {one.template_id for one in active if one.block_type in _SHOW_THE_PHOTO}
    left = [pair for pair in choice.templates if pair[0] not in shown]
    closing = next((one for one in active if one.block_type == "closing"), None)
    if not left or len(left) >= FEWEST_BLOCKS or closing is None or closing.template_id in dict(left):
        return choice
    why = {**choice.why, closing.template_id: "사진이 없어 사진 블록 대신 마무리 안내를 넣었습니다."}
    listed = [*left, (closing.template_id, closing.version)]
    return choice.model_copy(update={"templates": listed, "why": why})


async def _of_set(
    templates: Templates, shown: TemplateSet, origin: Origin, facts: Sequence[Fact], *, keep_all: bool
) -> Choice:
    """The set's templates but for those that would have nothing to state: a table without facts would be invented."""
    listed = await templates.get(shown.template_ids)
    kept = [template for template in listed if has_facts(template, facts)]
    return _choice(kept, shown.theme, origin, keep_all=keep_all)


def _choice(
    listed: Sequence[Template],
    theme: Theme,
    origin: Origin,
    *,
    keep_all: bool,
    why: Mapping[str, str] | None = None,
) -> Choice:
    if not listed:
        raise PermanentError("no template fits this request", code="no_templates")
    return Choice(
        template_set_id=origin.template_set_id,
        experiment_id=origin.experiment_id,
        variant=origin.variant,
        templates=[(template.template_id, template.version) for template in listed],
        theme=theme.as_json(),
        keep_all=keep_all,
        why=dict(why or {}),
    )


def is_open(request: PageRequest) -> bool:
    """Whether nobody chose templates, so that some are recommended."""
    return not (request.template_ids or request.template_set_id)


def in_words(product: Product) -> str:
    """What is known of a product, as one text to compare descriptions with."""
    stated = [f"{name} {value}" for name, value in product.attributes.items()]
    return ". ".join(filter(None, (product.name, product.category, product.description, *stated)))


def category_of(request: PageRequest, product: Product) -> str | None:
    """The library's category for this product, if one is known."""
    return request.category_id or match_category(product.category or "") or match_category(product.name)


# Somebody's words cannot be written for him.
_QUOTE = frozenset({"reviews"})
_SHOW_THE_PHOTO = frozenset({"gallery"})
# A page of fewer blocks answers too little of what a buyer asks.
FEWEST_BLOCKS = 6


def picture_slots(template: Template) -> int:
    """How many pictures the template can show at least, those in lists included."""
    return sum(1 for _ in sure_images(template.slots))


def picture_ratio(template: Template) -> str:
    """The aspect ratio of the template's first picture slot."""
    return next(sure_images(template.slots)).ratio
