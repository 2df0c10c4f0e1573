"""When something is due, for many thousands of connections: buckets of a quarter second instead of timers."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator

TICK = 0.25


class Deadlines[Item: Hashable]:
    """Items by the moment they are due, to the tick.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[int, set[Item]] = {}
        self._next = math.ceil(clock() / TICK)

    def add(self, at: float, item: Item) -> int:
        """Plan `item` for the first tick at or after `at`; the number to remove it by."""
        bucket = max(self._next, math.ceil(at / TICK))
        self._buckets.setdefault(bucket, set()).add(item)
        return bucket

    def discard(self, bucket: int, item: Item) -> None:
        """Forget an item; no error when it is gone."""
        items = self._buckets.get(bucket)
        if items is not None:
            items.discard(item)
            if not items:
                del self._buckets[bucket]

    def due(self) -> Iterator[Item]:
        """Take out everything due by now."""
        now = math.floor(self._clock() / TICK)
        while self._next <= now:
            yield from self._buckets.pop(self._next, set())
            self._next += 1


class Beat[Item: Hashable]:
    """Spreads a periodic duty of many items evenly over its period.

    Args:
        period: seconds between two turns of one item.
    """

    def __init__(self, period: float) -> None:
        self._slots: list[set[Item]] = [set() for _ in range(max(1, round(period / TICK)))]
        self._joined = 0
        self._turn = 0

    def add(self, item: Item) -> int:
        """Let `item` take part; the number to remove it by. Its first turn comes within a period.

        Slots are dealt in turn, so that thousands who came at once do not have their turns at once.
        """
        self._joined += 1
        slot = self._joined % len(self._slots)
        self._slots[slot].add(item)
        return slot

    def discard(self, slot: int, item: Item) -> None:
        """Let it take part no more."""
        self._slots[slot].discard(item)

    def turn(self) -> tuple[Item, ...]:
        """Called once a tick: whose turn it is."""
        items = tuple(self._slots[self._turn])
        self._turn = (self._turn + 1) % len(self._slots)
        return items
