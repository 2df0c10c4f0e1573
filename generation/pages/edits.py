"""What an editor may change on a page, and the document that results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from generation.fields import (
    NOT_BLANK,
    NUMBER,
    FieldConflict,
    Flag,
    JsonObject,
    ShortText,
    Text,
    Version,
    given,
)
from generation.images.pictures import KeptImage
from generation.pages.document import PageBlock, PageDocument, PlacedImage
from generation.templates.models import Template
from generation.templates.schema import check_values
from generation.templates.slots import Slot, image_keys
from generation.templates.theme import FONTS, Theme, parse_theme
from shared.errors import FieldIssue, FieldsError

_COLOUR = {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}
_FONT = {"type": "string", "enum": list(FONTS)}
# What parse_theme takes, which checks it when the page's own theme is at hand.
THEME_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {field.name: _COLOUR for field in fields(Theme)}
    | {"radius": {"type": "integer", "minimum": 0, "maximum": 40}, "font": _FONT, "heading_font": _FONT},
}


def _whole(theme: dict[str, Any]) -> dict[str, Any]:
    """JSON knows one kind of number: 4.0 is 4."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in theme.items()
    }


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureEdit(_Request):
    """Another picture for a slot: one of the caller's own."""

    image_id: UUID
    alt: Annotated[Text, Field(max_length=300)] | None = None


class BlockEdit(_Request):
    """A block that stays: `slots` replaces the named values, `images` the named pictures (null takes one away).

    A picture of a list's item is named `items.0.photo`.
    """

    block_id: ShortText
    slots: JsonObject = {}
    images: Annotated[dict[ShortText, PictureEdit | None], Field(max_length=100)] = {}


class PageEdit(_Request):
    """PATCH /generation/pages/{id}: `blocks` is the whole new order; a block left out is removed."""

    model_config = ConfigDict(
        str_strip_whitespace=True,
        json_schema_extra={"anyOf": [given("blocks"), given("theme"), given("title")]},
    )

    base_version: Version
    blocks: Annotated[list[BlockEdit], Field(min_length=1, max_length=60)] | None = None
    theme: Annotated[dict[str, Any], AfterValidator(_whole), WithJsonSchema(THEME_SCHEMA)] | None = None
    title: Annotated[Text, Field(min_length=1, max_length=120, json_schema_extra=NOT_BLANK)] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.blocks is None and self.theme is None and self.title is None:
            raise FieldConflict(["blocks", "theme", "title"], "give at least one of these")
        return self

    def picture_ids(self) -> set[UUID]:
        """The pictures the edit places."""
        pictures = (picture for block in self.blocks or [] for picture in block.images.values())
        return {picture.image_id for picture in pictures if picture}


class Rollback(_Request):
    """POST /generation/pages/{id}/rollback."""

    version: Version


class Feedback(_Request):
    """POST /generation/pages/{id}/feedback: at least one of these."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [given("rating"), given("comment"), given("exported")]}
    )

    rating: Annotated[int, Field(ge=1, le=5), NUMBER] | None = None
    comment: Annotated[Text, Field(max_length=2000)] | None = None
    exported: Flag | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.rating is None and self.comment is None and self.exported is None:
            raise FieldConflict(["rating", "comment", "exported"], "give at least one of these")
        return self


class Regenerate(_Request):
    """POST /generation/pages/{id}/blocks/{block_id}/regenerate."""

    model_config = ConfigDict(str_strip_whitespace=True)

    instruction: Annotated[Text, Field(min_length=1, max_length=1000, json_schema_extra=NOT_BLANK)] | None = (
        None
    )


def edited(
    document: PageDocument,
    edit: PageEdit,
    templates: Mapping[tuple[str, int], Template],
    pictures: Mapping[UUID, KeptImage],
) -> PageDocument:
    """`document` after the edit.

    Args:
        document: the version the edit was made on.
        edit: what changes.
        templates: by id and version, all that the document uses.
        pictures: by id, all that the edit places.

    Raises:
        FieldsError: unknown or repeated blocks, values that do not fit their slots, a theme that is none; each named.
    """
    changes: dict[str, Any] = {}
    if edit.theme is not None:
        changes["theme"] = parse_theme(edit.theme, parse_theme(document.theme)).as_json()
    if edit.title is not None:
        changes["title"] = edit.title
    if edit.blocks is not None:
        changes["blocks"] = _blocks(document, edit.blocks, templates, pictures)
    return document.model_copy(update=changes)


def _blocks(
    document: PageDocument,
    edits: Sequence[BlockEdit],
    templates: Mapping[tuple[str, int], Template],
    pictures: Mapping[UUID, KeptImage],
) -> list[PageBlock]:
    present = {block.block_id: block for block in document.blocks}
    issues: list[FieldIssue] = []
    blocks: list[PageBlock] = []
    for number, edit in enumerate(edits):
        where = f"blocks.{number}"
        block = present.pop(edit.block_id, None)
        if block is None:
            issues.append(FieldIssue(f"{where}.block_id", "no such block on this page, or listed twice"))
            continue
        template = templates[block.template_id, block.template_version]
        slots = {**block.slots, **edit.slots}
        issues += [
            FieldIssue(f"{where}.slots.{issue.loc}", issue.msg) for issue in check_values(template, slots)
        ]
        places = dict(image_keys(template.slots, slots))
        images = _images(block, edit, places, pictures, where, issues, document.product_name)
        changed = block.with_copy(slots, document.facts, block.facts)
        blocks.append(changed.model_copy(update={"images": images}))
    if issues:
        raise FieldsError(issues)
    return blocks


def _images(
    block: PageBlock,
    edit: BlockEdit,
    places: Mapping[str, Slot],
    pictures: Mapping[UUID, KeptImage],
    where: str,
    issues: list[FieldIssue],
    product_name: str,
) -> dict[str, PlacedImage]:
    # An item taken out of a list takes its picture along.
    images = {name: image for name, image in block.images.items() if name in places}
    for name, picture in edit.images.items():
        loc = f"{where}.images.{name}"
        if name not in places and (picture or name not in block.images):
            issues.append(FieldIssue(loc, "this template has no such picture"))
        elif picture is None:
            if name in places and places[name].required:
                issues.append(FieldIssue(loc, "this template cannot do without the picture"))
            images.pop(name, None)
        elif picture.image_id not in pictures:
            issues.append(FieldIssue(f"{loc}.image_id", "there is no such image of yours"))
        else:
            images[name] = PlacedImage.of(pictures[picture.image_id], picture.alt or product_name)
    return images
