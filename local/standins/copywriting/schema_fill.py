"""Walking a strict JSON schema and filling it with what a speaker says for each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from local.standins.copywriting.numbers import within
from local.standins.copywriting.pattern_text import matching
from local.standins.copywriting.sentences import fit
from local.standins.copywriting.vocabulary import field_of, item_limits, length_limit
from local.standins.schema_rules import resolve

MAX_DEPTH = 24
LENIENT_DEPTH = 8  # below it optional parts are left out, so that recursive schemas end
_FORMATS = {
    "date": "2026-01-01",
    "time": "09:00:00Z",
    "date-time": "2026-01-01T09:00:00Z",
    "duration": "P1D",
    "email": "seller@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

_DICTATED = {"enum", "const", "pattern", "format"}  # where the schema says what the text is
_ENTRY = "entry"  # what the items of a list that is already known are called

Row = Mapping[str, Any]


class Speaker(Protocol):
    """Says what belongs into fields; the walker sees to it that it is valid."""

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """A text for the field called `name` within `limit` characters.

        None or empty if there is nothing to say, which becomes null; where a text is `needed` there always is one.
        """

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """Rows for a list called `name` of objects with `fields` (each with its most characters)."""

    def strings(self, name: str, low: int, high: int | None, limit: int | None) -> Sequence[str]:
        """Entries for a list of strings."""

    def number(self, name: str) -> float | None:
        """A number, or None if none is known."""

    def flag(self, name: str) -> bool:
        """A truth value."""

    def fact_ids(self) -> Sequence[str]:
        """The facts used so far; asked for last."""


@dataclass(slots=True)
class Filler:
    """Fills one schema.

    Attributes:
        root: the whole schema, for `$ref`.
        speaker: says what goes into fields.
        rng: chooses among equals.
        pending: lists of fact ids to be filled in at the end, each with its schema.
    """

    root: dict[str, Any]
    speaker: Speaker
    rng: Random
    pending: list[tuple[list[Any], dict[str, Any]]] = field(default_factory=list)

    def fill(self) -> Any:
        """A value that the schema allows."""
        value = self.value(self.root, "answer", {}, 0)
        for target, schema in self.pending:
            target.extend(self._ids(schema))
        return value

    def value(self, schema: Any, name: str, row: Row, depth: int) -> Any:
        """A value for one subschema; `row` holds what is already known for the object it is in."""
        schema = self._resolved(schema)
        if depth > MAX_DEPTH or not schema:
            return None
        given = _given(row, name)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._choose(schema["enum"], given)
        if isinstance(schema.get("anyOf"), list) and schema["anyOf"]:
            return self._any_of(schema["anyOf"], name, row, depth)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return self._any_of([schema | {"type": kind} for kind in kinds], name, row, depth)
        return self._typed(kinds, schema, name, row, depth)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, dict) or "$ref" not in schema:
                break
            schema = resolve(schema["$ref"], self.root)
        return schema if isinstance(schema, dict) else {}

    def _choose(self, options: list[Any], given: Any) -> Any:
        if given is not _UNKNOWN and given in options:
            return given
        wanted = [option for option in options if option is not None] or options
        return wanted[self.rng.randrange(len(wanted))]

    def _any_of(self, options: list[Any], name: str, row: Row, depth: int) -> Any:
        resolved = [self._resolved(option) for option in options]
        nullable = any(option.get("type") == "null" for option in resolved)
        given = _given(row, name)
        if nullable and (given is None or given == "" or (depth > LENIENT_DEPTH and given is _UNKNOWN)):
            return None
        real = [option for option in resolved if option.get("type") != "null"]
        if not real:
            return None
        chosen = _likeliest(real, given)
        if nullable and given is _UNKNOWN:
            return self._optional(chosen, name, row, depth + 1)
        return self.value(chosen, name, row, depth + 1)

    def _optional(self, schema: dict[str, Any], name: str, row: Row, depth: int) -> Any:
        """A value, or None where the speaker has none of its own: nothing is made up to fill an optional field."""
        match schema.get("type"):
            case "string" if not (_DICTATED & schema.keys()):
                text = self.speaker.text(name, length_limit(schema), needed=False)
                return self._fitted(text, schema) if text else None
            case "integer" | "number" if self.speaker.number(name) is None:
                return None
            case "array" if field_of(name) != "fact_ids":
                found = self.value(schema | {"minItems": 0}, name, row, depth)
                return found if found and len(found) >= item_limits(schema)[0] else None
        return self.value(schema, name, row, depth)

    def _typed(self, kind: Any, schema: dict[str, Any], name: str, row: Row, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, row, depth)
            case "array":
                return self._array(schema, name, row, depth)
            case "string":
                return self._string(schema, name, row)
            case "integer" | "number":
                return self._number(schema, name, row, whole=kind == "integer")
            case "boolean":
                given = _given(row, name)
                return given if isinstance(given, bool) else self.speaker.flag(name)
        return self._object(schema, row, depth) if "properties" in schema else None

    def _object(self, schema: dict[str, Any], row: Row, depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        return {name: self.value(child, name, row, depth + 1) for name, child in properties.items()}

    def _array(self, schema: dict[str, Any], name: str, row: Row, depth: int) -> list[Any]:
        low, high = item_limits(schema)
        items, given = self._resolved(schema.get("items")), _given(row, name)
        if isinstance(given, list):
            return self._listed(given, items, name, low, high)
        if depth > LENIENT_DEPTH and low == 0:
            return []
        if field_of(name) == "fact_ids" and items.get("type") == "string":
            target: list[Any] = []
            self.pending.append((target, schema))
            return target
        shape = _object_shape(items, self._resolved)
        if shape is not None:
            fields = {field_of(each): length_limit(self._resolved(child)) for each, child in shape.items()}
            rows = self.speaker.rows(name, fields, low, high)
            return [self.value(items, name, each, depth + 1) for each in _sized(rows, low, high, {})]
        if items.get("type") == "string" and not (_DICTATED & items.keys()):
            return self._strings(items, name, low, high)
        count = low if depth > LENIENT_DEPTH else max(low, min(2, high if high is not None else 2))
        return self._distinct([self.value(items, name, {}, depth + 1) for _ in range(count)], low)

    def _strings(self, items: dict[str, Any], name: str, low: int, high: int | None) -> list[str]:
        limit = length_limit(items)
        said = self.speaker.strings(name, low, high, limit)
        return [self._fitted(text, items) for text in _sized(said, low, high, "")]

    def _listed(
        self, given: list[Any], items: dict[str, Any], name: str, low: int, high: int | None
    ) -> list[Any]:
        allowed = items.get("enum")
        known = [each for each in given if not isinstance(allowed, list) or each in allowed]
        entry = next(iter(items.get("properties") or ()), _ENTRY)
        kept = [self.value(items, _ENTRY, {entry: each}, 1) for each in known]
        kept += [self.value(items, name, {}, 1) for _ in range(low - len(kept))]
        return kept if high is None else kept[:high]

    def _ids(self, schema: dict[str, Any]) -> list[Any]:
        low, high = item_limits(schema)
        return self._listed(
            list(self.speaker.fact_ids()), self._resolved(schema.get("items")), "id", low, high
        )

    def _distinct(self, values: list[Any], low: int) -> list[Any]:
        kept: list[Any] = []
        for value in values:
            if value not in kept or len(values) <= low:
                kept.append(value)
        return kept

    def _string(self, schema: dict[str, Any], name: str, row: Row) -> str:
        if "pattern" in schema:
            return matching(str(schema["pattern"]), _candidates(row, name), self.rng)
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        given = _given(row, name)
        text = given if isinstance(given, str) and given else self.speaker.text(name, length_limit(schema))
        return self._fitted(text or "", schema)

    def _fitted(self, text: str, schema: dict[str, Any]) -> str:
        low = schema.get("minLength")
        text = fit(text, length_limit(schema))
        return text.ljust(low, "·") if isinstance(low, int) and len(text) < low else text

    def _number(self, schema: dict[str, Any], name: str, row: Row, *, whole: bool) -> float | int:
        given = _given(row, name)
        known = given if isinstance(given, int | float) else self.speaker.number(name)
        value = within(float(known or 0), schema, whole=whole)
        return int(value) if whole else value


class _Unknown:
    """Nothing is known for a field (None would mean null)."""


_UNKNOWN = _Unknown()


def _given(row: Row, name: str) -> Any:
    return row.get(name, row.get(field_of(name), _UNKNOWN))


def _candidates(row: Row, name: str) -> list[str]:
    given = _given(row, name)
    return [given] if isinstance(given, str) else []


def _likeliest(options: list[dict[str, Any]], given: Any) -> dict[str, Any]:
    wanted = {str: "string", list: "array", dict: "object", bool: "boolean", int: "integer", float: "number"}
    kind = wanted.get(type(given))
    return next((option for option in options if option.get("type") == kind), options[0])


def _object_shape(items: dict[str, Any], resolved: Any) -> dict[str, Any] | None:
    """The properties of a list's items, if they are objects (or a choice that has one)."""
    if isinstance(items.get("properties"), dict):
        return dict(items["properties"])
    for option in items.get("anyOf", ()) if isinstance(items.get("anyOf"), list) else ():
        shape = _object_shape(resolved(option), resolved) if isinstance(option, dict) else None
        if shape is not None:
            return shape
    return None


def _sized[T](values: Sequence[T], low: int, high: int | None, spare: T) -> list[T]:
    """At least `low` values (the same again if need be, or the spare one) and at most `high`."""
    kept = list(values) or [spare] * low
    while len(kept) < low:
        kept.append(kept[len(kept) % len(values)])
    return kept if high is None else kept[:high]
