"""Sizes and models that tell one product of a shop from the next: a drill of 18 V is not that of 20 V."""

from __future__ import annotations

from collections import defaultdict

from generation.claims.quantities import quantities
from generation.claims.text import normalise

# What a product is sold by. Counts, days and prices are left out: a title may say "3개월 후기" of anything.
_TELLING = frozenset(
    ("volume", "mass", "length", "inch", "charge", "energy", "power", "voltage", "current", "frequency")
)
_CODE = "code"


def contradict(name: str, title: str) -> bool:
    """Whether both name a measure or a model's code of the same sort, and none in common."""
    ours, theirs = _measures(name), _measures(title)
    return any(ours[sort].isdisjoint(theirs[sort]) for sort in ours.keys() & theirs.keys())


def _measures(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for quantity in quantities(normalise(text)):
        if quantity.writing == _CODE:
            found[_CODE].add(quantity.text.casefold())
        elif quantity.unit.name in _TELLING:
            found[quantity.unit.name].add(str(quantity.amount.normalize()))
    return found
