"""What the library holds: categories, templates and sets of templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from generation.templates.language import CompiledTemplate, compile_template
from generation.templates.slots import Slot
from generation.templates.theme import Theme


@dataclass(frozen=True, slots=True)
class Category:
    """A group of products whose pages are built alike; `name` is Korean."""

    category_id: str
    name: str
    parent_id: str | None = None
    display_order: int = 0


@dataclass(frozen=True)
class Template:
    """One version of a block's template; `category_id` None means that it suits every category."""

    template_id: str
    category_id: str | None
    block_type: str
    name: str
    description: str
    version: int
    template_html: str
    metadata: Mapping[str, Any]

    @cached_property
    def compiled(self) -> CompiledTemplate:
        """The template ready to render, compiled when first asked for.

        Raises:
            TemplateSyntaxIssue: it was stored without being checked.
            FieldsError: likewise.
        """
        return compile_template(self.template_html, self.metadata)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the compiled template."""
        return self.compiled.slots

    @property
    def needs_facts(self) -> bool:
        """Whether every word in it must come from the product's facts: without any, the block is left out."""
        return self.metadata.get("source") == "facts"

    @property
    def samples(self) -> dict[str, Any]:
        """Values for a preview, by slot."""
        return {slot.name: slot.sample for slot in self.slots if slot.kind != "image"}


@dataclass(frozen=True, slots=True)
class Experiment:
    """A running A/B test of a set: for `share` (0 to 1) of its pages another set stands in."""

    experiment_id: int
    variant_set_id: str
    share: float


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Templates that make a whole page, in order, and the theme that suits them."""

    template_set_id: str
    category_id: str | None
    name: str
    description: str
    theme: Theme
    is_default: bool
    template_ids: tuple[str, ...]
    experiment: Experiment | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a page is made from: the set, and which side of a test it fell to (`a`, the set itself, or `b`)."""

    template_set_id: str | None = None
    experiment_id: int | None = None
    variant: Literal["a", "b"] | None = None
