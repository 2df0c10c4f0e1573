"""The bodies of the library's routes.

What an answer holds and no request may change (such as `created_at`) is taken and left out, so that an editor may send
back what it was given.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from generation.fields import (
    NOT_BLANK,
    NUMBER,
    FieldConflict,
    Flag,
    JsonObject,
    Text,
    Version,
    WebAddress,
    exactly_one,
    missing,
)


def composed(text: str) -> str:
    """Letters as they are typed (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


def _not_a_route(template_id: str) -> str:
    if template_id == "preview":
        message = "preview is the name of a route"
        raise ValueError(message)
    return template_id


Id = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
TemplateId = Annotated[
    Id, AfterValidator(_not_a_route), Field(json_schema_extra={"not": {"const": "preview"}})
]
BlockType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
# Korean pasted from a Mac's file names comes in single letters (NFD), in which nobody would find it.
_Composed = Annotated[Text, AfterValidator(composed)]
Name = Annotated[
    _Composed,
    AfterValidator(str.strip),
    Field(min_length=1, max_length=120, json_schema_extra=NOT_BLANK),
]
Description = Annotated[_Composed, Field(max_length=2000)]
SourceText = Annotated[Text, Field(max_length=64 * 1024)]
MAX_ORDER = 100_000
Order = Annotated[int, Field(ge=0, le=MAX_ORDER), NUMBER]
ImageKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,120}$")]
Status = Literal["draft", "active", "archived"]
MAX_ITEMS = 60


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    answered: ClassVar[frozenset[str]] = frozenset({"created_at", "updated_at"})

    @model_validator(mode="before")
    @classmethod
    def _without_what_only_we_say(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        dropped = cls.answered - set(cls.model_fields)
        return {name: given for name, given in value.items() if name not in dropped}


class NewCategory(_Body):
    """POST /categories."""

    name: Name
    category_id: Id | None = None
    parent_id: Id | None = None
    display_order: Order = 0


class NewTemplate(_Body):
    """POST /templates."""

    answered: ClassVar[frozenset[str]] = frozenset(
        {"template_id", "version", "provenance", "slots", "slot_schema", "created_at", "updated_at"}
    )

    block_type: BlockType
    name: Name
    template_html: SourceText
    template_id: TemplateId | None = None
    category_id: Id | None = None
    description: Description = ""
    metadata: JsonObject = {}
    status: Status = "active"


class TemplateChange(_Body):
    """PUT /templates/{id}: what is left out stays; `version` is the version the change was made on."""

    answered: ClassVar[frozenset[str]] = NewTemplate.answered

    version: Version
    block_type: BlockType | None = None
    name: Name | None = None
    template_html: SourceText | None = None
    category_id: Id | None = None
    description: Description | None = None
    metadata: JsonObject | None = None
    status: Status | None = None


class RollbackTo(_Body):
    """POST /templates/{id}/rollback."""

    version: Version


class PreviewImage(_Body):
    """A picture to preview with; its size is the slot's ratio where it is not given."""

    url: WebAddress
    alt: Annotated[Text, Field(max_length=300)] = ""
    width: Annotated[int, Field(ge=0, le=20_000), NUMBER] = 0
    height: Annotated[int, Field(ge=0, le=20_000), NUMBER] = 0


class TemplatePreview(_Body):
    """POST /templates/{id}/preview; `images` by slot, or `list.index.field` for pictures in lists."""

    slots: JsonObject = {}
    images: Annotated[dict[ImageKey, PreviewImage], Field(max_length=200)] = {}
    theme: JsonObject = {}


class SourcePreview(TemplatePreview):
    """POST /templates/preview: a template that is not stored; all else of a template may come along."""

    answered: ClassVar[frozenset[str]] = NewTemplate.answered - {"slots"} | {
        "name",
        "description",
        "category_id",
        "status",
    }

    block_type: BlockType
    template_html: SourceText
    metadata: JsonObject = {}


class SetItem(_Body):
    """A template of a set; without `display_order` it follows the one before."""

    answered: ClassVar[frozenset[str]] = frozenset({"block_type", "name", "status"})

    template_id: TemplateId
    display_order: Order | None = None


class ExperimentWish(_Body):
    """An A/B test of a set: `share` of its pages is made of another set; `goal` is what decides."""

    answered: ClassVar[frozenset[str]] = frozenset({"experiment_id", "started_at", "stopped_at"})

    variant_set_id: Id
    share: Annotated[float, Field(ge=0.01, le=0.99), NUMBER] = 0.5
    goal: Literal["exported", "liked", "kept"] = "exported"


class _SetBody(_Body):
    answered: ClassVar[frozenset[str]] = frozenset({"template_set_id", "version", "created_at", "updated_at"})

    items: Annotated[list[SetItem], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    template_ids: Annotated[list[TemplateId], Field(min_length=1, max_length=MAX_ITEMS)] | None = None

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.items is not None and self.template_ids is not None:
            raise FieldConflict(["items", "template_ids"], "give one of these")
        self.ordered()  # numbers that go too far are refused here
        return self

    def ordered(self) -> list[tuple[int, str]] | None:
        """(display_order, template_id) as given; None when neither list is."""
        if self.items is None:
            listed = self.template_ids
            return None if listed is None else list(enumerate(listed))
        return _numbered(self.items)


def _numbered(items: Sequence[SetItem]) -> list[tuple[int, str]]:
    numbered: list[tuple[int, str]] = []
    before = -1
    for number, item in enumerate(items):
        before = before + 1 if item.display_order is None else item.display_order
        if before > MAX_ORDER:
            raise FieldConflict([f"items.{number}.display_order"], f"goes to {MAX_ORDER}")
        numbered.append((before, item.template_id))
    return numbered


class NewSet(_SetBody):
    """POST /template-sets: with `items` or `template_ids`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("items", "template_ids"))

    name: Name
    template_set_id: Id | None = None
    category_id: Id | None = None
    description: Description = ""
    theme: JsonObject = {}
    is_default: Flag = False
    status: Status = "active"
    experiment: ExperimentWish | None = None

    @model_validator(mode="after")
    def _has_items(self) -> Self:
        if self.items is None and self.template_ids is None:
            raise FieldConflict(["items"], "a set holds at least one template")
        return self


class SetChange(_SetBody):
    """PUT /template-sets/{id}: what is left out stays; `version` is the version the change was made on."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [missing("items"), missing("template_ids")]})

    version: Version
    name: Name | None = None
    category_id: Id | None = None
    description: Description | None = None
    theme: JsonObject | None = None
    is_default: Flag | None = None
    status: Status | None = None
    experiment: ExperimentWish | None = None
