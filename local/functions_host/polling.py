"""How long a queue listener waits between polls that found nothing.

Microsoft's RandomizedExponentialBackoffStrategy (Azure/azure-webjobs-sdk, Host/Timers): the first wait after a batch
is the minimum; each further one is the minimum plus a doubling step, randomised by 20 %, up to the maximum.
"""

import random

MINIMUM_SECONDS = 0.1
_RANDOMIZATION = 0.2


class Backoff:
    """The waits of one queue listener."""

    def __init__(
        self, maximum: float, *, minimum: float = MINIMUM_SECONDS, rng: random.Random | None = None
    ) -> None:
        self._minimum = minimum
        self._maximum = maximum
        self._rng = rng or random.Random()
        self._steps = 0
        self._current = 0.0

    def next_delay(self, *, found: bool) -> float:
        """Return the seconds to wait; `found` tells whether a message was found since the last wait."""
        if found:
            self._current = self._minimum
            self._steps = 1
        elif self._current != self._maximum:
            self._current = self._grown()
        return self._current

    def _grown(self) -> float:
        delay = self._minimum
        if self._steps:
            factor = self._rng.uniform(1 - _RANDOMIZATION, 1 + _RANDOMIZATION)
            delay += factor * 2.0 ** (self._steps - 1) * self._minimum
        if delay >= self._maximum:
            return self._maximum
        self._steps += 1
        return delay
