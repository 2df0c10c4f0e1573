"""The slots of a template as a JSON Schema for the model, and as checks for what people send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generation.templates.fitting import fit_values
from generation.templates.slots import HasSlots, Slot
from shared.errors import FieldIssue

__all__ = ["check_values", "fit_values", "slot_schema"]


def slot_schema(template: HasSlots) -> dict[str, Any]:
    """What the model fills, as OpenAI's strict structured output wants it; pictures are left out.

    Every property is required and no other allowed; optional ones may be null. Limits of length stand in the
    descriptions, because strict mode does not enforce them (OpenAI, "Structured model outputs", supported schemas).
    """
    return _object(template.slots)


def _object(slots: Sequence[Slot]) -> dict[str, Any]:
    properties = {slot.name: _property(slot) for slot in slots if slot.kind != "image"}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(slot: Slot) -> dict[str, Any]:
    kind = "array" if slot.kind == "list" else "string"
    schema: dict[str, Any] = {
        "type": kind if slot.required else [kind, "null"],
        "description": _description(slot),
    }
    if slot.kind == "list":
        schema |= {"items": _object(slot.fields), "minItems": slot.min_items, "maxItems": slot.max_items}
    return schema


def _description(slot: Slot) -> str:
    if slot.kind == "list":
        limit = f"{slot.min_items}~{slot.max_items}개"
    elif slot.kind == "rich":
        limit = f"공백 포함 {slot.max_chars}자 이내. 문단은 줄바꿈, 강조는 **굵게**만 사용"
    else:
        limit = f"공백 포함 {slot.max_chars}자 이내, 한 줄"
    optional = "" if slot.required else " 쓸 사실이 없으면 null."
    return ". ".join(part.rstrip(".") for part in (slot.label, slot.hint, limit) if part) + "." + optional


def check_values(template: HasSlots, slots: Mapping[str, Any]) -> list[FieldIssue]:
    """Everything wrong with the values of one block; `loc` is a path such as `items.0.title`.

    Empty when they may be stored: known slots only, right types, within limits, nothing required missing.
    """
    return _check_object(template.slots, slots, "")


def _check_object(slots: Sequence[Slot], given: Mapping[str, Any], prefix: str) -> list[FieldIssue]:
    known = {slot.name: slot for slot in slots}
    issues = [
        FieldIssue(f"{prefix}{name}", "the template has no such slot") for name in given if name not in known
    ]
    for slot in slots:
        issues += _check(slot, given.get(slot.name), f"{prefix}{slot.name}")
    return issues


def _check(slot: Slot, value: Any, loc: str) -> list[FieldIssue]:
    if slot.kind == "image":
        return [] if value is None else [FieldIssue(loc, "a picture: it is set in the block's images")]
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        return [FieldIssue(loc, "must be filled")] if slot.required else []
    if slot.kind == "list":
        return _check_list(slot, value, loc)
    return _check_text(slot, value, loc)


def _check_list(slot: Slot, value: Any, loc: str) -> list[FieldIssue]:
    if not isinstance(value, list):
        return [FieldIssue(loc, "must be a list")]
    issues = []
    if not slot.min_items <= len(value) <= slot.max_items:
        issues.append(FieldIssue(loc, f"holds {slot.min_items} to {slot.max_items} items, not {len(value)}"))
    for number, item in enumerate(value[: slot.max_items]):
        at = f"{loc}.{number}"
        if isinstance(item, Mapping):
            issues += _check_object(slot.fields, item, f"{at}.")
        else:
            issues.append(FieldIssue(at, "must be an object"))
    return issues


def _check_text(slot: Slot, value: Any, loc: str) -> list[FieldIssue]:
    if not isinstance(value, str):
        return [FieldIssue(loc, "must be text")]
    if len(value) > slot.max_chars:
        return [FieldIssue(loc, f"holds {slot.max_chars} characters, not {len(value)}")]
    if slot.kind == "text" and "\n" in value:
        return [FieldIssue(loc, "must be a single line")]
    return []
