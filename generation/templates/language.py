"""Compile a template once, render it any number of times with values nobody trusts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Template as JinjaTemplate
from jinja2.runtime import LoopContext

from generation.templates.checker import Checker
from generation.templates.derive import derive_slots
from generation.templates.filters import FILTERS
from generation.templates.sanitize import is_image_url, printable
from generation.templates.size import largest_output, most_steps
from generation.templates.slots import ImageRef, Slot
from generation.templates.syntax import OffsetEnvironment, Source, SyntaxProblem, TemplateSyntaxIssue, parse
from generation.templates.theme import Theme
from shared.errors import FieldIssue, FieldsError, TooLargeError

__all__ = [
    "MAX_OUTPUT_BYTES",
    "CompiledTemplate",
    "ImageRef",
    "SyntaxProblem",
    "TemplateSyntaxIssue",
    "compile_template",
]

MAX_OUTPUT_BYTES = 512 * 1024  # a notice required by law, every row full
MAX_STEPS = 12_000  # at 1 to 2 us each: a block renders within 50 ms


class _Environment(OffsetEnvironment):
    """Reads fields of items, parts of images and loop counters; no method of any object is in reach."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of `obj.attribute` in a template; undefined, thus empty, where it is none of these."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, (ImageRef, LoopContext)):
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)


@cache
def _environment() -> _Environment:
    environment = _Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, cache_size=0)
    environment.globals.clear()
    environment.filters.clear()
    environment.filters.update(FILTERS)
    return environment


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template that is in the language.

    Attributes:
        slots: what it asks for, in the order of first use.
    """

    slots: tuple[Slot, ...]
    _template: JinjaTemplate

    def render(self, slots: Mapping[str, Any], images: Mapping[str, ImageRef], theme: Theme) -> str:
        """One block of markup (not yet sanitised).

        Args:
            slots: text, rich and list values by slot name; anything missing or of a wrong type counts as empty.
            images: by slot name, or `list.index.field` for pictures in lists (`items.0.photo`).
            theme: the page's look.

        Raises:
            TooLargeError: the values exceed the slots' limits so far that the block passes `MAX_OUTPUT_BYTES`.
        """
        context = _values(self.slots, slots, images, "")
        pieces, size = [], 0
        for piece in self._template.generate({**context, "theme": theme.tokens}):
            size += len(piece) if piece.isascii() else len(piece.encode())
            if size > MAX_OUTPUT_BYTES:
                raise TooLargeError(f"a block holds at most {MAX_OUTPUT_BYTES} bytes", code="block_too_large")
            pieces.append(piece)
        return "".join(pieces)


def compile_template(source: str, metadata: Mapping[str, Any]) -> CompiledTemplate:
    """Check `source` against the template language and prepare it for rendering.

    Args:
        source: Jinja2 restricted to the language of docs/templates/language.md.
        metadata: refines the slots that the source implies (see `derive.derive_slots`).

    Raises:
        TemplateSyntaxIssue: the source is outside the language; every problem with its line and column.
        FieldsError: the metadata does not fit the source.
    """
    text = Source(source)
    tree = parse(_environment(), text)
    checker = Checker(text)
    checker.check(tree)
    if checker.problems:
        raise TemplateSyntaxIssue(checker.problems)
    slots = derive_slots(checker.uses, metadata)
    by_name = {slot.name: slot for slot in slots}
    bound, steps = largest_output(tree.body, by_name), most_steps(tree.body, by_name)
    if bound > MAX_OUTPUT_BYTES:
        raise FieldsError(
            [FieldIssue("metadata.slots", _too_large(bound))], "The template could grow too large."
        )
    if steps > MAX_STEPS:
        message = f"full lists would take {steps} steps of {MAX_STEPS}: lower max_items"
        raise FieldsError([FieldIssue("metadata.slots", message)], "The template could take too long.")
    return CompiledTemplate(slots, _environment().from_string(tree))


def _too_large(size: int) -> str:
    allowed = MAX_OUTPUT_BYTES // 1024
    return f"a full block would take {size // 1024} KiB of {allowed}: lower max_chars or max_items"


def _values(
    slots: Sequence[Slot], given: Mapping[str, Any], images: Mapping[str, ImageRef], prefix: str
) -> dict[str, Any]:
    return {slot.name: _value(slot, given.get(slot.name), images, prefix + slot.name) for slot in slots}


def _value(slot: Slot, given: Any, images: Mapping[str, ImageRef], key: str) -> Any:
    if slot.kind == "image":
        image = images.get(key)
        return image if image is not None and is_image_url(image.url) else None
    if slot.kind == "list":
        items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        return [
            _values(slot.fields, item, images, f"{key}.{n}.")
            for n, item in enumerate(items)
            if isinstance(item, Mapping)
        ]
    return _text(given)


def _text(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return ""
    return printable(str(given)).strip()
