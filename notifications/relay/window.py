"""The replay window: each user's recent events, bounded by time, number and total bytes.

A user's events are all in one partition (the partition key is the user id), so a position is a partition and a
sequence number, the same on every replica. What was evicted is remembered by its last sequence number, so that a
quiet user may still resume from it.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from notifications.relay.incoming import Incoming

_POSITION = re.compile(r"([0-9]{1,5})-([0-9]{1,19})")
_EVENT_OVERHEAD = 300  # bytes of Python objects beside the frame itself
_ORDER_OVERHEAD = 150
_QUIET_USERS = 100_000


class _Kept(NamedTuple):
    sequence: int
    frame: bytes  # empty for a publisher's repetition: its id resumes, there is nothing to send
    event_id: str


class _UserWindow:
    __slots__ = ("events", "evicted", "partition", "user_id")

    def __init__(self, user_id: str, partition: str, evicted: int) -> None:
        self.user_id = user_id
        self.partition = partition
        self.evicted = evicted  # sequence number of the newest event let go, or -1
        self.events: deque[_Kept] = deque()

    def last_id(self) -> str:
        """The SSE id of the user's newest event, still kept or not; empty when there was none."""
        sequence = self.events[-1].sequence if self.events else self.evicted
        return f"{self.partition}-{sequence}" if sequence >= 0 else ""


@dataclass(slots=True)
class _Partition:
    head: int = -1  # newest sequence number seen
    floor: int = -1  # oldest sequence number this replica has read


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a stream continues.

    Attributes:
        frames: what to send first.
        reset: why continuity cannot be promised, or None.
        last_id: with `reset`, the user's newest position, or empty.
        ahead: another replica has seen more: ask again in a moment.
    """

    frames: list[bytes] = field(default_factory=list)
    reset: str | None = None
    last_id: str = ""
    ahead: bool = False


class Window:
    """Recent events by user.

    Args:
        seconds: how long an event is kept.
        max_bytes: of all frames together, bookkeeping included.
        user_events: most events kept for one user.
        clock: seconds since the epoch.
    """

    def __init__(
        self, *, seconds: float, max_bytes: int, user_events: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._user_events = user_events
        self._clock = clock
        self._users: dict[str, _UserWindow] = {}
        self._quiet: dict[str, tuple[str, int]] = {}
        self._order: deque[tuple[float, int, _UserWindow]] = deque()
        self._ids: set[str] = set()
        self._partitions: dict[str, _Partition] = {}
        self.bytes = 0

    @property
    def users(self) -> int:
        """How many users have events in the window."""
        return len(self._users)

    def open(self, partition: str, *, head: int = -1) -> None:
        """A partition exists; when nothing in it is recent enough to be read, `head` is its newest number."""
        known = self._partitions.setdefault(partition, _Partition())
        if head > known.head:
            known.head, known.floor = head, head + 1

    def head(self, partition: str) -> int:
        """The newest sequence number seen, or -1."""
        known = self._partitions.get(partition)
        return known.head if known else -1

    def advance(self, partition: str, sequence: int) -> bool:
        """Note a sequence number; False when it was seen before (a restarted reader delivers again)."""
        known = self._partitions.get(partition)
        if known is None:
            known = self._partitions[partition] = _Partition()
        if sequence <= known.head:
            return False
        if known.floor < 0:
            known.floor = sequence
        known.head = sequence
        return True

    def add(self, partition: str, sequence: int, at: float, event: Incoming, frame: bytes) -> bool:
        """Keep an event enqueued at `at`; False when its event_id was seen before (a publisher's repetition)."""
        window = self._user(event.user_id, partition)
        repeated = event.event_id in self._ids
        kept = _Kept(sequence, b"", "") if repeated else _Kept(sequence, frame, event.event_id)
        if not repeated:
            self._ids.add(event.event_id)
        if len(window.events) >= self._user_events:
            self._let_go(window)
        window.events.append(kept)
        self._order.append((at, sequence, window))
        self.bytes += len(kept.frame) + _EVENT_OVERHEAD + _ORDER_OVERHEAD
        if self.bytes > self._max_bytes:
            self.evict()
        return not repeated

    def evict(self) -> None:
        """Let go of what is too old, and of the oldest while there is too much."""
        order, oldest = self._order, self._clock() - self._seconds
        while order and (order[0][0] < oldest or self.bytes > self._max_bytes):
            _, sequence, window = order.popleft()
            self.bytes -= _ORDER_OVERHEAD
            if window.events and window.events[0].sequence == sequence:
                self._let_go(window)
                self._retire(window)

    def restart(self, partition: str) -> None:
        """The hub was made anew: its sequence numbers mean nothing any more."""
        self._partitions[partition] = _Partition()
        for window in [window for window in self._users.values() if window.partition == partition]:
            self._drop(window)
        self._quiet = {user: known for user, known in self._quiet.items() if known[0] != partition}

    def resume(self, user_id: str, last_id: str | None) -> Resume:
        """What to send to a client that last saw `last_id`; everything in the window when it saw nothing."""
        window = self._users.get(user_id)
        if not last_id:
            return Resume([kept.frame for kept in window.events] if window else [])
        position = _POSITION.fullmatch(last_id)
        if position is None:
            return self._reset(user_id, "malformed")
        partition, sequence = position[1], int(position[2])
        known = self._partitions.get(partition)
        if known is None:
            return self._reset(user_id, "foreign")
        if sequence > known.head:
            return Resume(ahead=True)
        return self._after(user_id, partition, sequence) or self._reset(
            user_id, "evicted" if self._evicted(user_id, partition, sequence) else "foreign"
        )

    def reset(self, user_id: str, reason: str) -> Resume:
        """A stream that starts over from the user's newest position."""
        return self._reset(user_id, reason)

    def _after(self, user_id: str, partition: str, sequence: int) -> Resume | None:
        """What follows one of the user's own positions, or None when it is not (or no longer) known as such."""
        window = self._users.get(user_id)
        if window is None:
            return Resume() if self._quiet.get(user_id) == (partition, sequence) else None
        if window.partition != partition:
            return None
        newer: list[bytes] = []
        for kept in reversed(window.events):
            if kept.sequence <= sequence:
                return Resume(newer[::-1]) if kept.sequence == sequence else None
            newer.append(kept.frame)
        return Resume(newer[::-1]) if window.evicted == sequence else None

    def _evicted(self, user_id: str, partition: str, sequence: int) -> bool:
        window = self._users.get(user_id)
        place, evicted = (window.partition, window.evicted) if window else self._quiet.get(user_id, ("", -1))
        return sequence < self._partitions[partition].floor or (place == partition and sequence < evicted)

    def _reset(self, user_id: str, reason: str) -> Resume:
        window = self._users.get(user_id)
        if window is not None:
            return Resume(reset=reason, last_id=window.last_id())
        quiet = self._quiet.get(user_id)
        return Resume(reset=reason, last_id=f"{quiet[0]}-{quiet[1]}" if quiet else "")

    def _user(self, user_id: str, partition: str) -> _UserWindow:
        window = self._users.get(user_id)
        if window is not None and window.partition == partition:
            return window
        if window is not None:  # the number of partitions was changed: the old positions lead nowhere
            self._drop(window)
        place, evicted = self._quiet.pop(user_id, (partition, -1))
        window = _UserWindow(user_id, partition, evicted if place == partition else -1)
        self._users[user_id] = window
        return window

    def _let_go(self, window: _UserWindow) -> None:
        kept = window.events.popleft()
        window.evicted = kept.sequence
        self._ids.discard(kept.event_id)
        self.bytes -= len(kept.frame) + _EVENT_OVERHEAD

    def _retire(self, window: _UserWindow) -> None:
        if window.events:
            return
        self._users.pop(window.user_id, None)
        self._quiet[window.user_id] = (window.partition, window.evicted)
        if len(self._quiet) > _QUIET_USERS:
            del self._quiet[next(iter(self._quiet))]

    def _drop(self, window: _UserWindow) -> None:
        while window.events:
            self._let_go(window)
        self._users.pop(window.user_id, None)
