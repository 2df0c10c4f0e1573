"""Trims what a model wrote to what the slots hold, without cutting a sentence, a word or a character in two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from generation.templates.graphemes import boundary
from generation.templates.sanitize import printable
from generation.templates.slots import HasSlots, Slot

# A sentence end (Korean sentences end in a full stop too), or a line end.
_SENTENCE_END = re.compile(r"[.!?…。]+[\"'\u201d\u2019)\]]*(?=\s|$)|\n")
_BLANKS = re.compile(r"\s+")
_BLANKS_IN_LINE = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\s*\n\s*")
_DANGLING = " \t\n,;:·-\u2013\u2014/(["


def fit_values(template: HasSlots, slots: Mapping[str, Any]) -> dict[str, Any]:
    """The values a page stores: known slots only, cleaned, within the limits; empty optional ones are left out.

    Never raises, whatever a model answered; `check_values` says what is still missing.
    """
    return _fit(template.slots, slots)


def _fit(slots: Sequence[Slot], given: Mapping[str, Any]) -> dict[str, Any]:
    fitted = {slot.name: _value(slot, given.get(slot.name)) for slot in slots if slot.kind != "image"}
    required = {slot.name for slot in slots if slot.required}
    return {name: value for name, value in fitted.items() if value or name in required}


def _value(slot: Slot, given: Any) -> Any:
    if slot.kind == "list":
        items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        return _fit_items(slot, [item for item in items if isinstance(item, Mapping)])
    return fit_text(_clean(given, keep_lines=slot.kind == "rich"), slot.max_chars)


def _fit_items(slot: Slot, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    fitted = [(item, _fit(slot.fields, item)) for item in items]
    filled = [(item, kept) for item, kept in fitted if _is_filled(slot.fields, kept)]
    # Half a word is no fact (180x90x2): better one row less, as long as enough are left.
    whole = [kept for item, kept in filled if not _is_torn(slot.fields, item)]
    chosen = whole if len(whole) >= max(1, slot.min_items) else [kept for _, kept in filled]
    return chosen[: slot.max_items]


def _is_torn(fields: Sequence[Slot], item: Mapping[str, Any]) -> bool:
    """Whether a text of the item can only be fitted by cutting through its first word."""
    texts = (
        (field, _clean(item.get(field.name), keep_lines=False)) for field in fields if field.kind == "text"
    )
    return any(
        len(text) > field.max_chars and " " not in text[: field.max_chars + 1] for field, text in texts
    )


def _is_filled(fields: Sequence[Slot], item: Mapping[str, Any]) -> bool:
    written = [field for field in fields if field.kind != "image"]
    if not written:
        return True
    return any(item.get(field.name) for field in written) and all(
        item.get(field.name) for field in written if field.required
    )


def _clean(given: Any, *, keep_lines: bool) -> str:
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return ""
    text = printable(str(given)).strip()
    if keep_lines:
        return _EMPTY_LINES.sub("\n", _BLANKS_IN_LINE.sub(" ", text))
    return _BLANKS.sub(" ", text.replace("**", ""))


def fit_text(text: str, limit: int) -> str:
    """`text` cut to `limit` characters: after a sentence if that keeps half of it, else after a word."""
    if len(text) <= limit:
        return text
    head = text[: boundary(text, limit)]
    ends = [
        found.end() for found in _SENTENCE_END.finditer(text, 0, len(head) + 1) if found.end() <= len(head)
    ]
    if ends and ends[-1] * 2 >= limit:
        return _balanced(head[: ends[-1]].rstrip())
    if not text[len(head)].isspace() and (space := max(head.rfind(" "), head.rfind("\n"))) > 0:
        head = head[:space]
    return _balanced(head.rstrip(_DANGLING) or head)


def _balanced(text: str) -> str:
    """Without a ** whose partner was cut away."""
    if text.count("**") % 2:
        start = text.rfind("**")
        text = text[:start] + text[start + 2 :]
    return text.rstrip()
