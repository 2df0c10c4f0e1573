"""An old template's HTML in the template language: placeholders become slots, pictures image slots; all is sanitised.

A template that is in the language already is taken as it is.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, field
from typing import Any

from generation.templates.checked import checked_template
from generation.templates.legacy.losses import losses
from generation.templates.legacy.placeholders import PLACEHOLDER, name_in, slot_name
from generation.templates.sanitize import sanitize
from generation.templates.syntax import MAX_SOURCE_CHARS, TemplateSyntaxIssue
from generation.templates.vocabulary import WORDS
from shared.errors import FieldsError, InvalidError

_STATEMENT = re.compile(r"\{[%#]")
_PICTURE = re.compile(r"<img\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_STYLE = re.compile(r"\bstyle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
# Private-use characters around a number stand in for a placeholder while the markup is sanitised.
_OPEN, _SHUT = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_SHUT}")
_TAG = re.compile(r"<[a-z][^<>]*>")
_ATTRIBUTE = re.compile(r'\s([a-z-]+)="([^"]*)"')
_TEXT_ATTRIBUTES = frozenset({"alt", "title", "aria-label"})
_PLACE_OF_PICTURE = "https://slot.invalid/"
_ANONYMOUS = ("photo", "detail", "scene")


@dataclass(slots=True)
class Translation:
    """What became of an old template.

    Attributes:
        html: in the template language.
        slots: the old name, empty for a picture that had none, and whether it is a picture, by slot.
        changes: what is different from the old template, for the report.
    """

    html: str
    slots: dict[str, tuple[str, bool]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    @property
    def metadata(self) -> dict[str, Any]:
        """Labels that keep the old names, where people knew them and the vocabulary has none."""
        labels = {
            slot: old[:40]
            for slot, (old, _) in self.slots.items()
            if old not in {"", slot} and (slot not in WORDS or not old.isascii())
        }
        return {"slots": {slot: {"label": label} for slot, label in labels.items()}} if labels else {}


def translate(source: str) -> Translation:
    """The old template in the template language, checked.

    Raises:
        InvalidError: it cannot be said in the language; the message says why, for the report.
    """
    if len(source) > MAX_SOURCE_CHARS:
        raise InvalidError(
            f"has {len(source):,} characters, a template at most {MAX_SOURCE_CHARS:,} (or a quote is not closed)"
        )
    statements = _STATEMENT.search(source)
    if (statements or not _has_old_parts(source)) and _is_in_language(source):
        return Translation(source)
    if statements:
        raise InvalidError(f"statements are not in the template language: {_complaint(source)}")
    found = _translated(source)
    if not found.html:
        raise InvalidError("nothing of it is allowed on a page")
    try:
        checked_template(found.html, found.metadata)
    except (TemplateSyntaxIssue, FieldsError) as error:
        raise InvalidError(f"cannot be said in the template language: {_reason(error)}") from error
    return found


def _has_old_parts(source: str) -> bool:
    """Whether there are placeholders of another kind than the language's, or pictures that are no slots."""
    foreign = any(one["double"] is None for one in PLACEHOLDER.finditer(source))
    return foreign or any(_placeholder_of(tag[0])[0] is None for tag in _PICTURE.finditer(source))


def _is_in_language(source: str) -> bool:
    try:
        checked_template(source, {})
    except (TemplateSyntaxIssue, FieldsError):
        return False
    return "<" in source


def _complaint(source: str) -> str:
    try:
        checked_template(source, {})
    except (TemplateSyntaxIssue, FieldsError) as error:
        return _reason(error)
    return ""


def _reason(error: TemplateSyntaxIssue | FieldsError) -> str:
    if isinstance(error, FieldsError):
        return "; ".join(f"{issue.loc}: {issue.msg}" for issue in error.issues[:3])
    return "; ".join(f"line {one.line}, column {one.column}: {one.message}" for one in error.problems[:3])


def _translated(source: str) -> Translation:
    found = Translation("", changes=losses(PLACEHOLDER.sub("x", source)))
    names: list[str] = []
    text = source.replace(_OPEN, "").replace(_SHUT, "")
    text = _PICTURE.sub(lambda tag: _picture(tag[0], found), text)
    text = PLACEHOLDER.sub(lambda one: _marked(name_in(one), names), text)
    clean = sanitize(text).strip()
    clean = _TAG.sub(lambda tag: _filled_tag(tag[0], names, found), clean)
    found.html = _filled(clean, names, found)
    missing = [name for number, name in enumerate(names) if f"{_OPEN}{number}{_SHUT}" not in clean]
    known = {old for old, _ in found.slots.values()}
    lost = [name for name in missing if name not in known]
    found.changes += [
        f"placeholder {name[:40]} stood where no slot may stand" for name in dict.fromkeys(lost)
    ]
    return found


def _marked(name: str, names: list[str]) -> str:
    names.append(name)
    return f"{_OPEN}{len(names) - 1}{_SHUT}"


def _picture(tag: str, found: Translation) -> str:
    """An `<img>` whose source is a slot: its placeholder's, or a new one where it showed a fixed picture."""
    name, address = _placeholder_of(tag)
    if name is not None:
        slot = _slot(name, found, picture=True)
    else:
        slot = _anonymous(found)
        shown = "without an address" if not address else address[:80]
        found.changes.append(f"picture {shown} became the slot {slot}")
    style = _STYLE.search(tag)
    kept = f' style="{entities.escape(style[1] or style[2] or "")}"' if style else ""
    return f'<img src="{_PLACE_OF_PICTURE}{slot}"{kept}>'


def _placeholder_of(tag: str) -> tuple[str | None, str]:
    """The name of the placeholder that an `<img>` gets its address from, if there is one; the address."""
    source = _SOURCE.search(tag)
    address = entities.unescape(next((part for part in source.groups() if part), "") if source else "")
    placeholder = PLACEHOLDER.search(address)
    return (name_in(placeholder) if placeholder else None), address


def _anonymous(found: Translation) -> str:
    candidates = (*_ANONYMOUS, *(f"photo_{number}" for number in range(2, 200)))
    slot = next((name for name in candidates if name not in found.slots), "photo")
    found.slots[slot] = ("", True)
    return slot


def _slot(name: str, found: Translation, *, picture: bool = False) -> str:
    slot = slot_name(name, found.slots, picture=picture)
    if slot not in found.slots and slot != name:
        found.changes.append(f"placeholder {name[:40]} became the slot {slot}")
    found.slots.setdefault(slot, (name, picture))
    return slot


def _filled_tag(tag: str, names: list[str], found: Translation) -> str:
    """A tag of the sanitiser's output with expressions where marks stood."""

    def attribute(one: re.Match[str]) -> str:
        name, value = one[1], one[2]
        if name == "src":
            return _expressions(value.removeprefix(_PLACE_OF_PICTURE))
        if _MARK.search(value) and name not in _TEXT_ATTRIBUTES:
            return ""
        return f' {name}="{_filled(value, names, found)}"'

    return _ATTRIBUTE.sub(attribute, tag)


def _expressions(slot: str) -> str:
    parts = (("src", "url"), ("alt", "alt"), ("width", "width"), ("height", "height"))
    return "".join(f' {name}="{{{{ {slot}.{part} }}}}"' for name, part in parts)


def _filled(text: str, names: list[str], found: Translation) -> str:
    return _MARK.sub(lambda mark: f"{{{{ {_slot(names[int(mark[1])], found)} }}}}", text)
