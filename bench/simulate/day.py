"""What a simulated day was like: counts, times, and series for plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.simulate.scenario import HOUR, Provider, Scenario

if TYPE_CHECKING:
    from bench.simulate.fleet import Fleet
    from bench.simulate.pages import Page
    from bench.simulate.providers import Service

POINTS = 144  # of a plot: ten minutes of a day each


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of `ordered` values lie; 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(slots=True)
class Series:
    """The highest of the samples at each point of a plot."""

    values: list[float]

    def note(self, point: int | None, value: float) -> None:
        """Take a sample; those that the plot does not show do not count."""
        if point is not None:
            self.values[point] = max(self.values[point], value)


@dataclass(slots=True)
class Day:
    """Counts, and times from request to finished page.

    Attributes:
        walls: of all pages, in seconds; `walls_shown`: by the point of the plot at which the page was asked for.
        highest: the most of each series in the whole day.
    """

    scenario: Scenario
    pages: int = 0
    completed: int = 0
    failed: int = 0
    incomplete: int = 0
    given_back: int = 0
    killed: int = 0
    redriven: int = 0
    refused: Mapping[Provider, int] = field(default_factory=dict)
    started: int = 0
    most_instances: int = 0
    on_demand: float = 0.0
    always_ready: float = 0.0
    arrived: list[int] = field(default_factory=lambda: [0] * POINTS)
    walls: list[float] = field(default_factory=list)
    walls_shown: list[list[float]] = field(default_factory=lambda: [[] for _ in range(POINTS)])
    series: dict[str, Series] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)

    @property
    def step(self) -> float:
        """Seconds of one point of the plot."""
        begins, ends = self.scenario.shown
        return (ends - begins) * HOUR / POINTS

    def _point(self, time: float) -> int | None:
        point = int((time - self.scenario.shown[0] * HOUR) // self.step)
        return point if 0 <= point < POINTS else None

    @property
    def open(self) -> int:
        """Pages that were asked for and have not ended."""
        return self.pages - self.completed - self.failed

    def asked(self, time: float) -> None:
        """A page was asked for."""
        self.pages += 1
        if (point := self._point(time)) is not None:
            self.arrived[point] += 1

    def ended(self, time: float, page: Page, *, failed: bool) -> None:
        """A page ended."""
        if failed:
            self.failed += 1
            return
        self.completed += 1
        self.incomplete += page.missing > 0
        self.walls.append(time - page.asked)
        if (point := self._point(page.asked)) is not None:
            self.walls_shown[point].append(time - page.asked)

    def sample(self, time: float, **figures: float) -> None:
        """What is to be seen at `time`."""
        for name, value in figures.items():
            self.highest[name] = max(self.highest.get(name, 0.0), value)
            self.series.setdefault(name, Series([0.0] * POINTS)).note(self._point(time), value)

    def close(self, fleet: Fleet, services: Mapping[Provider, Service]) -> None:
        """Take over what the instances and services have counted."""
        self.refused = {name: service.refused for name, service in services.items()}
        self.started, self.most_instances = fleet.started, fleet.most
        self.on_demand, self.always_ready = fleet.spent[False], fleet.spent[True]

    def wall(self, share: float) -> float:
        """Seconds from request to finished page in which `share` of all pages were done."""
        return quantile(sorted(self.walls), share)

    def walls_at(self, share: float) -> list[float | None]:
        """The same by the points of the plot; None where nothing was asked for."""
        return [quantile(sorted(point), share) if point else None for point in self.walls_shown]
