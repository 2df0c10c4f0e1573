"""What a bench reports: measurements with their bars, tables beside them, and where all that was measured."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.spread import Spread

type Kind = Literal["at most", "at least"]

_HOLDS = {"at most": operator.le, "at least": operator.ge}
_SIGNS = {"at most": "<=", "at least": ">="}


@dataclass(frozen=True, slots=True)
class Bar:
    """What a median must reach, in the unit of its measurement."""

    kind: Kind
    limit: float

    def reached(self, median: float) -> bool:
        """Whether a median is good enough; a limit that is met exactly is reached."""
        return bool(_HOLDS[self.kind](median, self.limit))

    def __str__(self) -> str:
        return f"{_SIGNS[self.kind]} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing measured.

    Attributes:
        name: what, in words for people.
        unit: of all its figures.
        ours: the product's runs.
        beside: the runs of what it is compared with, if that has such a thing.
        bar: what our median must reach; None for what is only told.
    """

    name: str
    unit: str
    ours: Spread
    beside: Spread | None = None
    bar: Bar | None = None

    @property
    def passed(self) -> bool | None:
        """Whether the bar is reached; None without a bar."""
        return None if self.bar is None else self.bar.reached(self.ours.median)


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that explain a measurement; every row has one cell per column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row of {self.title!r} needs {len(self.columns)} cells")


@dataclass(frozen=True, slots=True)
class Result:
    """One bench, run once.

    Attributes:
        bench: its name.
        beside: what the product is compared with, as a column's heading; empty when with nothing.
        measurements: in the order in which they are shown.
        tables: shown after them.
        versions: of the packages that matter, by name.
    """

    bench: str
    beside: str
    measurements: tuple[Measurement, ...]
    tables: tuple[Table, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def missed(self) -> list[Measurement]:
        """The measurements that do not reach their bars."""
        return [measurement for measurement in self.measurements if measurement.passed is False]


@dataclass(frozen=True, slots=True)
class Record:
    """A result with its circumstances, as it is kept.

    Attributes:
        date: when it ended, RFC 3339 in UTC.
        machine: see `bench.machine.machine_facts`.
        result: what was measured.
    """

    date: str
    machine: Mapping[str, Any]
    result: Result
