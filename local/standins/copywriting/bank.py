"""The phrase bank: JSON files beside this package, read once, looked up by category, kind and field."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "phrases"

_REMEMBERED = 10_000

Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class FactPhrases:
    """How to speak about one sort of fact; `match` is a pattern for the fact's name."""

    key: str
    match: str
    title: list[str]
    limit: list[str]
    way: list[str]
    question: list[str]
    usual: str
    headline: list[str]


@dataclass(frozen=True, slots=True)
class Bank:
    """All phrases; get it from `load_bank`. `known_names` remembers which sort of fact a name is."""

    general: dict[str, Fields]
    categories: dict[str, dict[str, Any]]
    moments: tuple[dict[str, Any], ...]
    facts: tuple[FactPhrases, ...]
    known_names: dict[str, FactPhrases] = field(default_factory=dict)

    def category_of(self, *texts: str) -> str:
        """The category that the first telling text names: food, living, beauty, fashion, electronics or general."""
        for text in texts:
            for name, category in self.categories.items():
                if category["match"] and re.search(category["match"], text.lower()):
                    return name
        return "general"

    def moments_of(self, category: str, name: str) -> Fields:
        """The occasions of a product: of its own kind of thing if its category has that, else of its category."""
        own = next(
            (
                each
                for each in self.moments
                if category in {*each["categories"], "general"} and re.search(each["match"], name)
            ),
            None,
        )
        chosen = own or self.categories[category]["moments"]
        return {
            key: value if isinstance(value, list) else [value]
            for key, value in chosen.items()
            if key not in {"match", "categories"}
        }

    def phrases(self, category: str, kind: str, field: str) -> list[list[str]]:
        """Candidates in order of preference: the category's, the kind's, then those for any block."""
        own = self.categories[category]["kinds"].get(kind, {}).get(field, [])
        general = self.general.get(kind, {}).get(field, [])
        spare = self.general["any"].get(field, [])
        return [own, general if kind != "any" else [], spare]

    def about(self, fact_name: str) -> FactPhrases:
        """How to speak of a fact with this name."""
        if fact_name not in self.known_names:
            if len(self.known_names) > _REMEMBERED:
                self.known_names.clear()
            found = next(each for each in self.facts if re.search(each.match, fact_name))
            self.known_names[fact_name] = found
        return self.known_names[fact_name]


@cache
def load_bank() -> Bank:
    """Read the bank; the same object for every call, since it never changes."""
    return Bank(
        general=_read("general"),
        categories=_read("categories"),
        moments=tuple(_read("moments")),
        facts=tuple(FactPhrases(**each) for each in _read("facts")),
    )


def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
