"""The heart of a discrete-event simulation: what happens next, and when."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

type Action = Callable[[], None]


class Clock:
    """Simulated time in seconds from 0; actions run in the order of their times, equal times in that of their calls."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()

    def at(self, time: float, action: Action) -> None:
        """Run `action` at `time`; a time that has passed is now."""
        heapq.heappush(self._waiting, (max(time, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Action) -> None:
        """Run `action` in `seconds`."""
        self.at(self.now + seconds, action)

    def run(self, until: float) -> None:
        """Run everything that happens up to `until`, which then is the time."""
        while self._waiting and self._waiting[0][0] <= until:
            self.now, _, action = heapq.heappop(self._waiting)
            action()
        self.now = until
