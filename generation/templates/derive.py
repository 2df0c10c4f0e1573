"""From what a template uses, and what its metadata adds, to its slots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from generation.templates.slots import Slot, SlotKind
from generation.templates.uses import Use
from generation.templates.vocabulary import (
    DEFAULT_ITEMS,
    DEFAULT_RATIO,
    DEFAULT_RICH_CHARS,
    DEFAULT_TEXT_CHARS,
    UNKNOWN,
    WORDS,
    Word,
)
from shared.errors import FieldIssue, FieldsError

MAX_CHARS = 4_000
MAX_ITEMS = 50
_RATIO = re.compile(r"[1-9][0-9]?:[1-9][0-9]?")
_KEYS: Mapping[SlotKind, frozenset[str]] = {
    "text": frozenset({"max_chars"}),
    "rich": frozenset({"max_chars"}),
    "list": frozenset({"min_items", "max_items", "fields"}),
    "image": frozenset({"ratio"}),
}
_COMMON_KEYS = frozenset({"kind", "label", "hint", "required", "sample"})


def derive_slots(uses: Mapping[str, Use], metadata: Mapping[str, Any]) -> tuple[Slot, ...]:
    """The template's slots, in the order of their first use.

    Args:
        uses: what the checker noted.
        metadata: its `slots` object refines slots by name: kind (only to confirm it), label, hint, required, sample,
            max_chars, min_items, max_items, ratio, and `fields`, the same again for a list's items.

    Raises:
        FieldsError: metadata of the wrong type, out of range, or about slots the template does not have.
    """
    issues: list[FieldIssue] = []
    slots = _slots(uses, metadata.get("slots", {}), "metadata.slots", issues)
    if issues:
        raise FieldsError(issues, "The template's metadata is not valid.")
    return slots


def _slots(uses: Mapping[str, Use], given: Any, loc: str, issues: list[FieldIssue]) -> tuple[Slot, ...]:
    if not isinstance(given, Mapping):
        issues.append(FieldIssue(loc, "an object of slots by name"))
        return ()
    issues += [
        FieldIssue(f"{loc}.{name}", "the template has no such slot") for name in given if name not in uses
    ]
    return tuple(_slot(use, given.get(use.name, {}), f"{loc}.{use.name}", issues) for use in uses.values())


def _slot(use: Use, given: Any, loc: str, issues: list[FieldIssue]) -> Slot:
    kind: SlotKind = use.kind or "text"
    if not isinstance(given, Mapping):
        issues.append(FieldIssue(loc, "an object"))
        given = {}
    before = len(issues)
    issues += _issues(kind, given, loc)
    fields = _slots(use.fields, given.get("fields", {}), f"{loc}.fields", issues) if kind == "list" else ()
    if len(issues) > before:
        given = {}
    return _built(use, kind, given, fields)


def _built(use: Use, kind: SlotKind, given: Mapping[str, Any], fields: tuple[Slot, ...]) -> Slot:
    word = WORDS.get(use.name, UNKNOWN)
    is_list = kind == "list"
    most = int(given.get("max_items", DEFAULT_ITEMS)) if is_list else 0
    return Slot(
        name=use.name,
        kind=kind,
        label=given.get("label", word.label or use.name),
        hint=given.get("hint", word.hint),
        max_chars=_max_chars(kind, given, word),
        min_items=min(int(given.get("min_items", 1)), most) if is_list else 0,
        max_items=most,
        fields=fields,
        ratio=given.get("ratio", word.ratio or DEFAULT_RATIO) if kind == "image" else "",
        required=given.get("required", not use.tested),
        sample=given.get("sample", _sample(kind, word, fields, most)),
    )


def _max_chars(kind: SlotKind, given: Mapping[str, Any], word: Word) -> int:
    if kind not in {"text", "rich"}:
        return 0
    default = DEFAULT_RICH_CHARS if kind == "rich" else DEFAULT_TEXT_CHARS
    return int(given.get("max_chars", word.max_chars or default))


def _sample(kind: SlotKind, word: Word, fields: tuple[Slot, ...], most: int) -> Any:
    if kind == "list":
        item = {field.name: field.sample for field in fields if field.kind != "image"}
        return [item] * min(3, most)
    return None if kind == "image" else word.sample or "내용"


def _issues(kind: SlotKind, given: Mapping[str, Any], loc: str) -> list[FieldIssue]:
    allowed = _KEYS[kind] | _COMMON_KEYS
    found = [FieldIssue(f"{loc}.{key}", f"not for a {kind} slot") for key in given if key not in allowed]
    if given.get("kind", kind) != kind:
        found.append(FieldIssue(f"{loc}.kind", f"the template uses it as {kind}"))
    for key, low, high in (
        ("max_chars", 1, MAX_CHARS),
        ("min_items", 0, MAX_ITEMS),
        ("max_items", 1, MAX_ITEMS),
    ):
        value = given.get(key, low)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            found.append(FieldIssue(f"{loc}.{key}", f"a whole number from {low} to {high}"))
    texts = ("label", "hint")
    found += [FieldIssue(f"{loc}.{key}", "text") for key in texts if not isinstance(given.get(key, ""), str)]
    if not isinstance(given.get("required", True), bool):
        found.append(FieldIssue(f"{loc}.required", "true or false"))
    ratio = given.get("ratio", DEFAULT_RATIO)
    if not isinstance(ratio, str) or not _RATIO.fullmatch(ratio):
        found.append(FieldIssue(f"{loc}.ratio", "width:height in small whole numbers, such as 4:3"))
    return found
