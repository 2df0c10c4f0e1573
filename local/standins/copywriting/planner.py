"""A page plan: which templates in which order, each with a brief, its facts and perhaps a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from local.standins.copywriting.bank import Bank
from local.standins.copywriting.fact_rows import TABLED, figures, suited, table_facts
from local.standins.copywriting.kinds import kind_of, kind_of_block
from local.standins.copywriting.reading import Fact, Reading
from local.standins.copywriting.schema_fill import Row
from local.standins.copywriting.vocabulary import field_of
from local.standins.copywriting.voice import Voice
from local.standins.copywriting.writer import Writer

USUAL_IMAGES = 3
LEAST_BLOCKS = 6
MOST_CANDIDATES = 12  # a longer list of templates is a choice to make, not an order to follow
USUAL_BLOCKS = 9
_NEEDS = {
    "notice": "notice",
    "packaging": "packaging",
    "faq": "",
    "specification": "",
    "comparison": "",
    "certificate": "certificate",
    "statistics": "digits",
    "size": "size",
    "components": "set",
    "caution": "caution",
}
_HEROIC = ("hero", "gallery", "scene", "story", "features", "material", "steps", "cta")
_MOST_FACTS = 12
_FEW_FACTS = 3
_FEW_FIGURES = 2
_PREFERRED = (
    "hero",
    "features",
    "specification",
    "notice",
    "cta",
    "faq",
    "story",
    "material",
    "gallery",
    "steps",
)


@dataclass(frozen=True, slots=True)
class Template:
    """A template offered to the plan."""

    id: str
    kind: str
    block_type: str
    has_image: bool
    shows_figures: bool = False


class Planner(Writer):
    """Fills a plan's schema: its list of blocks, and the page's title."""

    def __init__(self, reading: Reading, bank: Bank, seed: str, offered: Sequence[str] = ()) -> None:
        super().__init__(Voice(reading, bank, "any", seed))
        self.bank, self.seed = bank, seed
        self.templates = choose(read_templates(reading, offered), self.voice, Random(seed))

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """The page's title is the product and its occasion."""
        if field_of(name) == "headline":
            known = self.voice.known
            titles = (f"{known.full_name}, {self.voice.texts['moment']}", known.full_name, known.name)
            return next((title for title in titles if limit is None or len(title) <= limit), known.name)
        return super().text(name, limit, needed=needed)

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """The chosen blocks; other lists as a writer fills them."""
        if (
            not {"template_id", "template", "block_type", "brief"} & (fields.keys() | {name})
            and "block" not in name
        ):
            return super().rows(name, fields, low, high)
        if not self.templates:
            return super().rows(name, fields, low, high)
        kept = self.templates if high is None else self.templates[:high]
        pictured = self._pictured(kept)
        shares = self._shares(kept)
        return [
            self._block(template, fields, shares.get(template), pictured=template in pictured)
            for template in kept
        ]

    def _shares(self, templates: Sequence[Template]) -> dict[Template, list[Fact]]:
        """Different facts for blocks of the same kind, where there are enough: no two of them tell the same."""
        alike = [each for each in templates if each.kind == "features" and not each.shows_figures]
        voice = Voice(self.voice.reading, self.bank, "features", f"{self.seed}/features")
        facts = [fact for fact in _facts_for(voice) if fact.id]
        if len(facts) < len(alike) * _FEW_FACTS:
            return {}
        return {template: facts[number :: len(alike)] for number, template in enumerate(alike)}

    def _pictured(self, templates: Sequence[Template]) -> list[Template]:
        able = [template for template in templates if template.has_image]
        ranked = sorted(able, key=lambda each: _rank(each.kind, _HEROIC))
        return ranked[: self._images()]

    def _images(self) -> int:
        options = self.voice.reading.options
        for value in (options.get("images"), self.voice.reading.data.get("images")):
            if isinstance(value, int) and not isinstance(value, bool):
                return max(0, value)
        return USUAL_IMAGES

    def _block(
        self, template: Template, limits: dict[str, int | None], share: list[Fact] | None, *, pictured: bool
    ) -> dict[str, Any]:
        voice = Voice(self.voice.reading, self.bank, template.kind, f"{self.seed}/{template.id}")
        facts = [fact.id for fact in share or _facts_for(voice) if fact.id][:_MOST_FACTS]
        if template.shows_figures:  # the table of all values stands further down
            figures(voice, {}, _FEW_FACTS)
            facts = list(voice.used)
        return {
            "template_id": template.id,
            "template": template.id,
            "block_type": template.block_type,
            "brief": voice.phrase("brief", limits.get("brief")),
            "why": voice.phrase("why", limits.get("why")),
            "fact_ids": facts,
            "image_prompt": voice.phrase("image_prompt", limits.get("image_prompt")) if pictured else None,
            "image_alt": voice.phrase("alt", limits.get("alt")) if pictured else None,
            "alt": voice.phrase("alt", limits.get("alt")) if pictured else None,
        }


def _facts_for(voice: Voice) -> list[Fact]:
    """The facts a block should build on: its table's, or the seller's description and a few others."""
    if voice.kind in TABLED:
        return [fact for fact, _ in table_facts(voice)]
    others = [fact for fact, _ in suited(voice)]
    if voice.kind in {"faq", "features", "comparison"}:
        return others
    return [fact for fact in voice.reading.facts if "description" in fact.source] + others[:_FEW_FACTS]


def read_templates(reading: Reading, offered: Sequence[str]) -> list[Template]:
    """The templates in the prompt, else those the schema's `template_id` allows."""
    listed = reading.data.get("templates")
    found = [_template(item) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    known = [each for each in found if each is not None and (not offered or each.id in offered)]
    return known or [Template(each, kind_of(each), each, has_image=True) for each in offered]


def _template(item: dict[str, Any]) -> Template | None:
    identity = item.get("template_id", item.get("id"))
    if not isinstance(identity, str) or not identity:
        return None
    block_type = str(item.get("block_type") or "")
    name = str(item.get("name") or "")
    figures_shown = kind_of(name) == "statistics"
    kind = kind_of_block(block_type, name)
    return Template(identity, kind, block_type, bool(item.get("has_image")), figures_shown)


def choose(templates: Sequence[Template], voice: Voice, rng: Random) -> list[Template]:
    """The templates to use, each once, in the order given; those without facts to show are left out.

    A short list is followed; from a long one each kind is taken once, up to nine.
    """
    unique = list({template.id: template for template in templates}.values())
    useful = [template for template in unique if _has_facts(template.kind, voice)]
    if len(unique) > MOST_CANDIDATES:
        useful = _one_of_each(useful, rng)
    for template in unique:
        if len(useful) >= min(LEAST_BLOCKS, len(unique)):
            break
        if template not in useful:
            useful.append(template)
    return sorted(useful, key=unique.index)


def _one_of_each(templates: Sequence[Template], rng: Random) -> list[Template]:
    kinds = list(dict.fromkeys(template.kind for template in templates))
    chosen = [rng.choice([template for template in templates if template.kind == kind]) for kind in kinds]
    return sorted(chosen, key=lambda each: _rank(each.kind, _PREFERRED))[:USUAL_BLOCKS]


def _rank(kind: str, order: Sequence[str]) -> int:
    return order.index(kind) if kind in order else len(order)


def _has_facts(kind: str, voice: Voice) -> bool:
    need = _NEEDS.get(kind)
    if need is None:
        return True
    facts = voice.known.facts
    if need == "digits":
        return len(figures(voice, {}, _FEW_FIGURES)) == _FEW_FIGURES
    if not need:
        return bool(facts)
    return any(about.key == need or need in fact.source for fact, about in facts)
