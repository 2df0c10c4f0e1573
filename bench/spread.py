"""Several runs of one measurement, and taking turns so that all sides see the same machine."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_SIGNIFICANT_DIGITS = 4  # more would be noise, and differences in what git keeps


@dataclass(frozen=True, slots=True)
class Spread:
    """The runs of one measurement, in the order in which they were made, all in the same unit."""

    runs: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("a measurement needs at least one run")

    @classmethod
    def of(cls, runs: Iterable[float]) -> Spread:
        """The spread of these runs, each rounded to four significant digits."""
        return cls(tuple(float(f"{run:.{_SIGNIFICANT_DIGITS}g}") for run in runs))

    @property
    def median(self) -> float:
        """The middle run, or the mean of the two in the middle: what a bar is held against."""
        return statistics.median(self.runs)

    @property
    def least(self) -> float:
        """The smallest run."""
        return min(self.runs)

    @property
    def most(self) -> float:
        """The largest run."""
        return max(self.runs)


def take_turns[T](
    sides: Mapping[str, Callable[[], T]], runs: int, *, warm_ups: int = 1
) -> dict[str, list[T]]:
    """Run every side `runs` times, one after the other in each round, every second round in reverse order.

    Whatever else the machine does meets all sides alike, and none always runs in the wake of the same other.

    Args:
        sides: what to run, by name.
        runs: rounds that count; at least one.
        warm_ups: rounds before them that do not (files get cached, bytecode gets compiled).

    Returns:
        What each side returned, by its name, without the warm-ups.
    """
    if runs < 1:
        raise ValueError(f"runs must be at least 1, not {runs}")
    results: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(-warm_ups, runs):
        for name in sides if number % 2 == 0 else reversed(list(sides)):
            answer = sides[name]()
            if number >= 0:
                results[name].append(answer)
    return results
