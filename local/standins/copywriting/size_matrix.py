"""A size chart's matrix: sizes across, measures down, all of it read from facts such as `총장: M 68cm, L 70cm`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from local.standins.copywriting.reading import Fact

_UNIT = r"cm|mm|m|㎝|㎜|inch|인치"
_SIZE = r"\d?X{0,3}[SML]|FREE|F|\d{2,3}(?:호|사이즈)?|프리|특대|[소중대]"
_MEASURED = re.compile(
    rf"(?<![\w.])(?P<size>{_SIZE})(?:\s*[:(]\s*|\s+|(?<=[a-z가-힣]))(?P<figure>\d+(?:\.\d+)?)\s*(?P<unit>{_UNIT})?(?![\w.])",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"^(?:{_SIZE})$", re.IGNORECASE)
_SHARED_UNIT = re.compile(rf"\d\s*({_UNIT})(?![\w])")
_LABEL, _CELL = 16, 12  # characters that a row's name and a cell have room for
_MOST_SIZES = 6
_FEW = 2
NO_UNIT = "표 참고"


@dataclass(frozen=True, slots=True)
class SizeMatrix:
    """A matrix and the facts it rests on; every row has as many cells as there are sizes."""

    unit: str
    sizes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    facts: tuple[Fact, ...]


def size_matrix(facts: Sequence[Fact], spare: tuple[str, str]) -> SizeMatrix:
    """The matrix of measures by size; where no fact has them, the sizes there are, else each fact in one column.

    Args:
        facts: those about sizes, the most fitting first.
        spare: name and value of the row to show when there is no fact at all.
    """
    return _measured(facts) or _listed(facts) or _single(facts, spare)


def _measured(facts: Sequence[Fact]) -> SizeMatrix | None:
    found = [(fact, _measures(fact.value)) for fact in facts if len(fact.name) <= _LABEL]
    told = [(fact, cells) for fact, cells in found if len(cells) >= _FEW]
    if not told:
        return None
    sizes = tuple(told[0][1])[:_MOST_SIZES]
    # A measure that is given for other sizes would leave holes in the table.
    fitting = [(fact, cells) for fact, cells in told if set(sizes) <= cells.keys()]
    units = {unit for _, cells in fitting for _, unit in cells.values() if unit}
    one = units.pop() if len(units) == 1 else ""
    rows: dict[str, tuple[str, ...]] = {}
    for fact, cells in fitting:
        row = tuple(figure if one else f"{figure}{unit}" for figure, unit in (cells[size] for size in sizes))
        rows.setdefault(fact.name, row)
    return SizeMatrix(one or NO_UNIT, sizes, tuple(rows.items()), tuple(fact for fact, _ in fitting))


def _measures(value: str) -> dict[str, tuple[str, str]]:
    """Size -> figure and unit, the unit of a later size standing for those before it (`M 68, L 70cm`)."""
    found = {each["size"]: (each["figure"], each["unit"] or "") for each in _MEASURED.finditer(value)}
    units = {unit for _, unit in found.values() if unit}
    shared = units.pop() if len(units) == 1 else ""
    return {size: (figure, unit or shared) for size, (figure, unit) in found.items()}


def _listed(facts: Sequence[Fact]) -> SizeMatrix | None:
    for fact in facts:
        sizes = [each.strip() for each in re.split(r"[,/·]", fact.value)]
        if len(sizes) >= _FEW and all(map(_PLAIN.match, sizes)) and len(fact.name) <= _LABEL:
            kept = tuple(dict.fromkeys(sizes))[:_MOST_SIZES]
            return SizeMatrix(NO_UNIT, kept, ((fact.name, tuple("있음" for _ in kept)),), (fact,))
    return None


def _single(facts: Sequence[Fact], spare: tuple[str, str]) -> SizeMatrix:
    fitting = [fact for fact in facts if len(fact.name) <= _LABEL and len(fact.value) <= _CELL]
    rows: dict[str, tuple[str, ...]] = {}
    for name, value in [(fact.name, fact.value) for fact in fitting] or [spare]:
        rows.setdefault(name, (value[:_CELL],))
    units = {unit for fact in fitting for unit in _SHARED_UNIT.findall(fact.value)}
    unit = units.pop() if len(units) == 1 else NO_UNIT
    return SizeMatrix(unit, ("표시",), tuple(rows.items()), tuple(fitting))
