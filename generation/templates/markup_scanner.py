"""Follows the HTML around the template's expressions, so that each is known to stand in text or in an attribute.

Only a well-formed subset passes: quoted attributes, elements of the sanitiser's list, every element closed in order.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, replace

from generation.templates.css import PROPERTIES, refused_properties
from generation.templates.sanitize import ATTRIBUTES, TAGS, is_image_url

VOID = frozenset({"br", "col", "hr", "img"})
MAX_DEPTH = 64
HOLE = "\x00"  # stands for an expression inside an attribute's value

_OPEN = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)")
_CLOSE = re.compile(r"</([a-zA-Z][a-zA-Z0-9-]*)\s*>")
_ATTRIBUTE = re.compile(r"\s+([^\s\"'<>/=]+)(?:\s*=\s*(?:([\"'])|([^\s\"'<>=`]+)))?")
_TAG_END = re.compile(r"\s*(/?>)")
# Harmless, though the sanitiser drops them: authors paste markup that has them.
_IGNORED = re.compile(r"class|id|data-[a-z0-9-]+|aria-[a-z]+")


class ScanError(Exception):
    """Markup the language does not allow; `offset` is within the text that was fed."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute whose value is being read."""

    tag: str
    name: str
    quote: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the template's text has got to: the open elements, and the attribute it stands in, if any."""

    open: tuple[str, ...] = ()
    attribute: Attribute | None = None

    def same_spot(self, other: Place) -> bool:
        """Whether both stand in the same element and attribute, whatever the attribute holds so far."""
        mine = self.attribute and replace(self.attribute, value="")
        theirs = other.attribute and replace(other.attribute, value="")
        return self.open == other.open and mine == theirs


def scan(place: Place, text: str) -> Place:
    """The place after `text`.

    Raises:
        ScanError: markup that is not allowed, or that `text` leaves in the middle of a tag.
    """
    position = 0
    while position < len(text):
        if place.attribute:
            place, position = _value(place, place.attribute, text, position)
        else:
            place, position = _content(place, text, position)
    return place


def fill(place: Place) -> Place:
    """The place after an expression."""
    if place.attribute is None:
        return place
    return replace(place, attribute=replace(place.attribute, value=place.attribute.value + HOLE))


def _content(place: Place, text: str, position: int) -> tuple[Place, int]:
    start = text.find("<", position)
    if start < 0:
        return place, len(text)
    if text.startswith("<!--", start):
        return place, _after_comment(text, start)
    if found := _CLOSE.match(text, start):
        return _closed(place, found[1].lower(), start), found.end()
    if found := _OPEN.match(text, start):
        return _tag(place, found[1].lower(), text, found.end(), start)
    raise ScanError(start, "a bare <: write &lt;, or finish the tag here")


def _after_comment(text: str, start: int) -> int:
    end = text.find("-->", start + 4)
    if end < 0:
        raise ScanError(start, "an HTML comment may hold no expression and must end")
    return end + 3


def _closed(place: Place, tag: str, offset: int) -> Place:
    if not place.open or place.open[-1] != tag:
        expected = f"</{place.open[-1]}>" if place.open else "no end tag"
        raise ScanError(offset, f"</{tag}> where {expected} belongs")
    return replace(place, open=place.open[:-1])


def _tag(place: Place, tag: str, text: str, position: int, start: int) -> tuple[Place, int]:
    """Enter an element whose name ends at `position`."""
    if tag not in TAGS:
        raise ScanError(start, f"<{tag}> is not allowed on a product page")
    if len(place.open) >= MAX_DEPTH:
        raise ScanError(start, f"elements nested more than {MAX_DEPTH} deep")
    return _attributes(replace(place, open=(*place.open, tag)), text, position)


def _attributes(place: Place, text: str, position: int) -> tuple[Place, int]:
    """Read attributes until the tag ends, or until a value goes on beyond `text`."""
    tag = place.open[-1]
    while True:
        if end := _TAG_END.match(text, position):
            inside = place.open[:-1] if tag in VOID else place.open
            return Place(inside), end.end()
        found = _ATTRIBUTE.match(text, position)
        if not found:
            raise ScanError(_after_blanks(text, position), _NOT_HERE)
        attribute = Attribute(tag, found[1].lower(), found[2] or "", found[3] or "")
        _check_name(attribute, found.start(1))
        if found[2]:
            return replace(place, attribute=attribute), found.end()
        _check_value(attribute, found.start(1))
        position = found.end()


def _after_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


_NOT_HERE = "inside a tag only attributes are allowed, and expressions only inside a quoted value"


def _value(place: Place, attribute: Attribute, text: str, position: int) -> tuple[Place, int]:
    end = text.find(attribute.quote, position)
    piece = text[position:] if end < 0 else text[position:end]
    read = replace(attribute, value=attribute.value + piece)
    if end < 0:
        return replace(place, attribute=read), len(text)
    _check_value(read, position)
    return _attributes(replace(place, attribute=None), text, end + 1)


def _check_name(attribute: Attribute, offset: int) -> None:
    name = attribute.name
    known = ATTRIBUTES["*"] | ATTRIBUTES.get(attribute.tag, set())
    if name not in known and not _IGNORED.fullmatch(name):
        raise ScanError(offset, f"attribute {name} is not allowed on <{attribute.tag}>")


def _check_value(attribute: Attribute, offset: int) -> None:
    value = attribute.value
    if attribute.name == "style":
        # As a browser reads it, with &quot; as a quote. `0` stands in for a token: a colour, a radius or a font is as
        # plain as it.
        if refused := refused_properties(entities.unescape(value).replace(HOLE, "0")):
            raise ScanError(offset, _refused_style(refused))
    elif attribute.name == "src" and value != HOLE and not is_image_url(value):
        raise ScanError(offset, "src holds one image slot's url and nothing else, or an http(s) address")
    elif attribute.name in {"width", "height"} and HOLE in value and value != HOLE:
        raise ScanError(offset, f"{attribute.name} holds one expression and nothing else")


def _refused_style(refused: list[str]) -> str:
    known = [name for name in refused if name in PROPERTIES]
    unknown = [name for name in refused if name not in PROPERTIES and name != "?"]
    problems = [f"style may not set {', '.join(unknown)}"] if unknown else []
    problems += [f"style may not set {', '.join(known)} to this value"] if known else []
    problems += ["style holds something that is no declaration"] if "?" in refused else []
    return "; ".join(problems)
