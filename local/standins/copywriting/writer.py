"""Copy for one block, field by field; see `schema_fill.Speaker`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from local.standins.copywriting.fact_rows import table_facts
from local.standins.copywriting.rows import make_rows
from local.standins.copywriting.schema_fill import Row
from local.standins.copywriting.size_matrix import NO_UNIT, SizeMatrix, size_matrix
from local.standins.copywriting.vocabulary import field_of
from local.standins.copywriting.voice import Voice

_COLUMNS = ("항목", "내용", "비고")
_LIST = 3
_ALIKE = {"ingredients": "material", "materials": "ingredient", "contents": "set", "components": "set"}
#: what stands where a text is needed and no fact gives one
_UNSAID = {
    "unit": NO_UNIT,
    "color": "표시 없음",
    "step": "순서",
    "unproven": "표시 없음",
    "price": "옵션에서 확인해 주세요",
}
_ASIDES = ("note", "quote", "author")  # left out rather than filled with what is true of any product
_PRICE = ("price", "amount")


class Writer:
    """Says what belongs into the fields of one block."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.listed = False

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """A text in the block's voice; a label or a value comes from a fact."""
        field = field_of(name)
        if field in {"label", "value", "ours", "figure"}:
            return self._from_fact(field, limit)
        if field in _UNSAID:
            known = self._known(field)
            return known or (_UNSAID[field] if needed else None)
        aside = field in _ASIDES and not self.voice.has_own(field)
        # A text below a list that has said it all would only say it again.
        if not needed and (aside or (field == "body" and self.listed)):
            return None
        return self.voice.say(field, limit)

    def _known(self, field: str) -> str | None:
        """What facts say for a field that no phrase fits."""
        if field == "unit" and self.voice.kind == "size":
            unit = self._matrix().unit
            return None if unit == NO_UNIT else unit
        return self.voice.texts.get({"price": "v_price", "color": "v_color"}.get(field, ""))

    def _matrix(self) -> SizeMatrix:
        facts = [fact for fact, _ in table_facts(self.voice)]
        return size_matrix(facts, ("분류", self.voice.texts["category"]))

    def _from_fact(self, field: str, limit: int | None) -> str:
        key = "label" if field == "label" else "value"
        rows = make_rows(self.voice, {"label": None, "value": None, key: limit}, 1, 1)
        return rows[0][key] if rows else self.voice.known.name

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """Rows for a list; a size chart's matrix has its sizes in `columns` and its measures in `cells`."""
        self.listed = True
        if self.voice.kind == "size" and field_of(name) == "columns":
            return [{"label": size} for size in self._matrix().sizes]
        if self.voice.kind == "size" and {"label", "cells"} <= fields.keys():
            return self._measures()
        return make_rows(self.voice, fields, low, high)

    def _measures(self) -> list[Row]:
        matrix = self._matrix()
        for fact in matrix.facts:
            self.voice.rest_on(fact)
        return [{"label": name, "cells": list(cells)} for name, cells in matrix.rows]

    def strings(self, name: str, low: int, high: int | None, limit: int | None) -> Sequence[str]:
        """What a fact enumerates, the lines of a table, a table's head, or sentences, by the list's name."""
        field = field_of(name)
        if field == "columns":
            return _COLUMNS
        shown = self._parts(name.lower()) or self._lines(field)
        fitting = [each for each in shown if limit is None or len(each) <= limit]
        if fitting and len(fitting) >= low:
            return fitting
        count = max(low, _LIST if high is None else min(_LIST, high))
        said = dict.fromkeys(self._sentence(field, limit) for _ in range(count))
        return list(said)

    def _sentence(self, field: str, limit: int | None) -> str:
        return self.voice.prose("body", limit, 1) if field == "body" else self.voice.say(field, limit)

    def _lines(self, field: str) -> list[str]:
        if self.voice.kind not in {"specification", "notice", "size"} or field not in {
            "label",
            "value",
            "body",
        }:
            return []
        facts = [fact for fact, _ in table_facts(self.voice)]
        return [fact.value if field == "value" else f"{fact.name}: {fact.value}" for fact in facts]

    def _parts(self, name: str) -> list[str]:
        """What a fact enumerates, for a list named after that sort of fact, such as `ingredients` or `colors`."""
        for fact, about in self.voice.known.facts:
            if (
                about.key in name
                or about.key == _ALIKE.get(name)
                or ("packag" in name and "packaging" in fact.source)
            ):
                self.voice.rest_on(fact)
                return [part.strip() for part in re.split(r"[,/]", fact.value) if part.strip()]
        return []

    def number(self, name: str) -> float | None:
        """The price where one is asked for and known; no other number is made up."""
        if not any(each in name.lower() for each in _PRICE):
            return None
        price = self.voice.reading.product.get("price_krw")
        return float(price) if isinstance(price, int | float) else None

    def flag(self, name: str) -> bool:
        """Always false: nothing is claimed."""
        del name
        return False

    def fact_ids(self) -> Sequence[str]:
        """The facts that the copy rests on, in the order they were used."""
        return list(self.voice.used)
