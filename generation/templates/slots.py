"""What a template asks for: the values the renderer takes, and the form and schema made from it."""

from __future__ import annotations

from collections.abc import Iterator
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


def image_keys(slots: tuple[Slot, ...], items: dict[str, int]) -> Iterator[tuple[str, Slot]]:
    """The keys under which `render` looks for pictures: `hero`, and `items.0.photo` for those in lists.

    Args:
        slots: of the template.
        items: how many items each list has.
    """
    for slot in slots:
        if slot.kind == "image":
            yield slot.name, slot
        for field in slot.fields:
            if field.kind == "image":
                yield from ((f"{slot.name}.{n}.{field.name}", field) for n in range(items.get(slot.name, 0)))
