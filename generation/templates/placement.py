"""What may stand where in the markup: text, pictures and theme tokens each have their places."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes

from generation.templates.filters import FILTERS, RICH_FILTERS
from generation.templates.markup_scanner import Place
from generation.templates.slots import SlotKind
from generation.templates.theme import TOKENS

_TEXT_ATTRIBUTES = frozenset({"alt", "title", "aria-label"})
_IMAGE_PLACES = {
    "url": frozenset({"src"}),
    "alt": _TEXT_ATTRIBUTES,
    "width": frozenset({"width"}),
    "height": frozenset({"height"}),
}
IMAGE_PARTS = frozenset(_IMAGE_PLACES)
# A paragraph inside one of these would end it (HTML standard, "phrasing content").
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PHRASING = _HEADINGS | {"p", "span", "strong", "b", "em", "i", "u", "s", "small", "sub", "sup", "mark"}


def text_problem(place: Place, kind: SlotKind, filters: Sequence[str]) -> str | None:
    """Why text of this kind may not stand at `place`; None if it may."""
    if place.attribute is None:
        inside = _PHRASING & set(place.open)
        return (
            f"paragraphs cannot stand inside <{min(inside)}>: use inline"
            if "rich" in filters and inside
            else None
        )
    if place.attribute.name not in _TEXT_ATTRIBUTES:
        return f"a slot may not stand in {place.attribute.name}"
    return "rich text may not stand in an attribute" if kind == "rich" else None


def image_problem(place: Place, part: str, filters: Sequence[str]) -> str | None:
    """Why a part of a picture (url, alt, width, height) may not stand at `place`; None if it may."""
    attribute, allowed = place.attribute, _IMAGE_PLACES[part]
    if filters:
        return "parts of an image take no filters"
    if attribute is None or attribute.name not in allowed:
        return f"an image's {part} stands in {' or '.join(sorted(allowed))} only"
    if part != "alt" and (attribute.tag != "img" or attribute.value):
        return f"an image's {part} stands alone in an <img>"
    return None


def theme_problem(place: Place, path: Sequence[str], filters: Sequence[str]) -> str | None:
    """Why `theme.<path>` may not stand at `place`; None if it may."""
    if len(path) != 1 or path[0] not in TOKENS or filters:
        return f"theme tokens are {', '.join(sorted(TOKENS))}"
    if place.attribute is None or place.attribute.name != "style":
        return "theme tokens stand in style attributes only"
    return None


def filter_problem(node: nodes.Filter, *, last: bool) -> str | None:
    """Why this filter may not be used; `last` if no other follows it."""
    if node.name not in FILTERS:
        return f"there is no filter {node.name}; there are {', '.join(FILTERS)}"
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return "filters take no arguments"
    return f"{node.name} must be the last filter" if node.name in RICH_FILTERS and not last else None
