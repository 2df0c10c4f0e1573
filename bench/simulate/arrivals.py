"""When pages are asked for: a Poisson process whose rate follows the hours of a day."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from bench.simulate.scenario import DAY, HOUR, Scenario


def arrivals(scenario: Scenario, dice: random.Random) -> Iterator[float]:
    """Seconds from midnight, in order, the burst included."""
    burst = _burst(scenario, dice)
    waiting = next(burst, None)
    for time in _day(scenario.pages, scenario.profile, scenario.seconds, dice):
        while waiting is not None and waiting <= time:
            yield waiting
            waiting = next(burst, None)
        yield time
    while waiting is not None:
        yield waiting
        waiting = next(burst, None)


def rate(time: float, pages: float, profile: Sequence[float]) -> float:
    """Pages a second at `time`; a profile's hours go around."""
    hour = int(time / HOUR) % len(profile)
    return pages / DAY * profile[hour] * len(profile) / sum(profile)


def _day(pages: float, profile: Sequence[float], seconds: float, dice: random.Random) -> Iterator[float]:
    """Thinning: candidates at the highest rate, kept with the share that the hour has of it (Lewis, Shedler 1979)."""
    if pages <= 0:
        return
    highest = pages / DAY * max(profile) * len(profile) / sum(profile)
    time = 0.0
    while (time := time + dice.expovariate(highest)) < seconds:
        if dice.random() * highest < rate(time, pages, profile):
            yield time


def _burst(scenario: Scenario, dice: random.Random) -> Iterator[float]:
    if scenario.burst:
        begins, pages, over = scenario.burst
        yield from sorted(begins + over * dice.random() for _ in range(pages))
