"""A model service with a limit: what is over it gets 429 with Retry-After."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.simulate.scenario import Limit, Outage

_OUTAGE_RETRY = 5.0  # what a service that is away asks for


class Service:
    """A token bucket, which never lets more through than its limit over any longer time."""

    def __init__(self, limit: Limit, outages: Sequence[Outage] = ()) -> None:
        self._rate = limit.per_minute / 60.0
        self._most = self._rate * limit.burst
        self._outages = outages
        self._held = self._most
        self._at = 0.0
        self.refused = 0
        self.taken = 0

    def ask(self, now: float, tokens: float, number: int) -> tuple[int, float]:
        """How many of `number` calls of so many tokens are taken, and Retry-After for the others, in whole seconds."""
        if any(outage.begins <= now < outage.ends for outage in self._outages):
            self.refused += number
            return 0, _OUTAGE_RETRY
        if math.isinf(self._rate):
            self.taken += number
            return number, 0.0
        most = max(self._most, tokens)  # a single call larger than the burst gets through in time
        self._held = min(most, self._held + (now - self._at) * self._rate)
        self._at = now
        taken = min(number, int(self._held / tokens))
        self._held -= taken * tokens
        self.taken += taken
        self.refused += number - taken
        return taken, float(math.ceil(max(1.0, (tokens - self._held) / self._rate)))
