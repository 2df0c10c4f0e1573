"""What the routes of the template library answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from generation.pages.edits import THEME_SCHEMA
from generation.templates.requests import Status
from generation.templates.slots import SlotKind

_Count = Annotated[int, Field(ge=0)]
_Version = Annotated[int, Field(ge=1)]
_Cursor = Annotated[
    str | None, Field(description="For `?cursor=` of the next request; null on the last page.")
]
_Theme = Annotated[dict[str, Any], WithJsonSchema(THEME_SCHEMA)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Category(_Answer):
    """A group of products whose pages are built alike."""

    category_id: str
    name: str
    parent_id: str | None
    display_order: _Count
    created_at: datetime


class CategoryList(_Answer):
    """Categories in display order."""

    items: list[Category]
    next_cursor: _Cursor


class TemplateSummary(_Answer):
    """A template without its source; `category_id` null: for every category."""

    template_id: str
    category_id: str | None
    block_type: str
    name: str
    description: str
    status: Status
    version: _Version
    provenance: Annotated[str, Field(description="Where it comes from, such as `library` or `editor`.")]
    created_at: datetime
    updated_at: datetime


class TemplateList(_Answer):
    """Templates by id."""

    items: list[TemplateSummary]
    next_cursor: _Cursor


class TemplateSlot(_Answer):
    """One hole of a template: what an editor's form asks for. `sample` fills it in previews."""

    name: str
    kind: SlotKind
    label: str
    hint: str
    max_chars: Annotated[int, Field(ge=0, description="Of text; 0 otherwise.")]
    min_items: Annotated[int, Field(ge=0, description="Of lists; 0 otherwise.")]
    max_items: Annotated[int, Field(ge=0, description="Of lists; 0 otherwise.")]
    fields: Annotated[list[TemplateSlot], Field(description="What an item of a list holds.")]
    ratio: Annotated[str, Field(description="Of pictures, width:height; empty otherwise.")]
    required: bool
    sample: Any


class Template(TemplateSummary):
    """A template with its source, its slots, and the JSON Schema a model fills."""

    template_html: str
    metadata: dict[str, Any]
    slots: list[TemplateSlot]
    slot_schema: dict[str, Any]


class TemplateVersion(_Answer):
    """One save of a template."""

    version: _Version
    reason: str
    saved_by: str | None
    created_at: datetime


class TemplateVersionList(_Answer):
    """Saves, newest first."""

    items: list[TemplateVersion]
    next_cursor: _Cursor


class TemplateSetItem(_Answer):
    """A template in its place."""

    display_order: _Count
    template_id: str
    block_type: str
    name: str
    status: Status


class Experiment(_Answer):
    """An A/B test: `share` of the set's pages is made of the variant; `goal` is what decides."""

    experiment_id: int
    variant_set_id: str
    share: Annotated[float, Field(ge=0, le=1)]
    goal: Literal["exported", "liked", "kept"]
    started_at: datetime
    stopped_at: datetime | None


class TemplateSet(_Answer):
    """Templates that make a whole page, in order, with the theme that suits them."""

    template_set_id: str
    category_id: str | None
    name: str
    description: str
    theme: _Theme
    is_default: bool
    status: Status
    version: _Version
    items: list[TemplateSetItem]
    experiment: Experiment | None
    created_at: datetime
    updated_at: datetime


class TemplateSetList(_Answer):
    """Sets by id."""

    items: list[TemplateSet]
    next_cursor: _Cursor
