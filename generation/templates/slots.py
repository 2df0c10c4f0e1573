"""What a template asks for: the values the renderer takes, and the form and schema made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

type SlotKind = Literal["text", "rich", "list", "image"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One hole of a template.

    Attributes:
        name: lower-case identifier, as the template writes it.
        kind: `text` is one line, `rich` is paragraphs with **bold**, `list` repeats `fields`, `image` is a picture.
        label: Korean name for forms.
        hint: Korean sentence telling a writer (person or model) what belongs here.
        max_chars: Unicode code points, for text and rich; 0 otherwise.
        min_items: fewest items a list may have; 0 otherwise.
        max_items: most items a list may have; 0 otherwise.
        fields: what an item of a list holds: text, rich, image, or (one level only) another list.
        ratio: width:height the layout wants of an image, such as `4:3`; empty otherwise.
        required: without it the block cannot be shown.
        sample: a value for previews; a string, a list of dicts, or None.
    """

    name: str
    kind: SlotKind
    label: str
    hint: str = ""
    max_chars: int = 0
    min_items: int = 0
    max_items: int = 0
    fields: tuple[Slot, ...] = ()
    ratio: str = ""
    required: bool = True
    sample: Any = None


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture placed in an image slot; sizes are in pixels, `url` is absolute http(s)."""

    url: str
    alt: str
    width: int
    height: int


class HasSlots(Protocol):
    """A compiled template, or anything that carries one."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots in the order the template first names them."""


def image_keys(
    slots: Sequence[Slot], values: Mapping[str, Any], within: str = ""
) -> Iterator[tuple[str, Slot]]:
    """The keys under which `render` looks for pictures: `hero`, and `items.0.photo` for those in lists.

    Args:
        slots: of the template.
        values: what is shown in them; a list has a picture for each of its items.
        within: what the keys begin with.
    """
    for slot in slots:
        if slot.kind == "image":
            yield f"{within}{slot.name}", slot
        elif slot.kind == "list" and isinstance(items := values.get(slot.name), list):
            for number, item in enumerate(items):
                if isinstance(item, Mapping):
                    yield from image_keys(slot.fields, item, f"{within}{slot.name}.{number}.")


def sure_images(slots: Sequence[Slot]) -> Iterator[Slot]:
    """The pictures there is a place for whatever is written: those in a list as often as it must have items."""
    for slot in slots:
        if slot.kind == "image":
            yield slot
        elif slot.required:
            for _ in range(slot.min_items):
                yield from sure_images(slot.fields)
