"""The newest events of a partition in memory, so that readers at the end of the log never touch the disk."""

from __future__ import annotations

from collections.abc import Iterator

from local.eventhubs.segment import StoredEvent

_OVERHEAD = 200  # bytes an event costs in Python beside its payload


class RecentEvents:
    """Consecutive newest events, the oldest dropped once `max_bytes` are held."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._first = 0
        self._events: dict[int, StoredEvent] = {}

    def add(self, event: StoredEvent) -> None:
        """Keep the event that follows the one added last."""
        if not self._events:
            self._first = event.position.sequence
        self._events[event.position.sequence] = event
        self._bytes += len(event.payload) + _OVERHEAD
        while self._bytes > self._max_bytes and len(self._events) > 1:
            dropped = self._events.pop(self._first)
            self._first += 1
            self._bytes -= len(dropped.payload) + _OVERHEAD

    def since(self, sequence: int) -> Iterator[StoredEvent] | None:
        """Give the events from `sequence` on, or None if they are older than what is held."""
        if sequence < self._first or not self._events:
            return None
        end = self._first + len(self._events)
        return (self._events[number] for number in range(sequence, end))
