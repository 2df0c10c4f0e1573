"""A partition's log: events in order, on disk before anybody hears of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from local.eventhubs.message import Position
from local.eventhubs.recent import RecentEvents
from local.eventhubs.segment import Segment, StoredEvent, record

_LOG = logging.getLogger(__name__)
_SUFFIX: Final = ".log"
_PORTION_BYTES: Final = 256 * 1024

type Stamp = Callable[[Position], bytes]


@dataclass(frozen=True, slots=True)
class Retention:
    """How much is kept; the oldest files go first, the newest one never.

    Args:
        total_bytes: of all files of a partition.
        milliseconds: age from which an event need not be kept.
        segment_bytes: size at which a new file is begun.
        recent_bytes: of the newest events, held in memory.
    """

    total_bytes: int = 64 * 1024 * 1024
    milliseconds: int = 24 * 3600 * 1000
    segment_bytes: int = 8 * 1024 * 1024
    recent_bytes: int = 1024 * 1024


class PartitionLog:
    """Append-only storage of one partition. Everything written survives the death of the process.

    Args:
        folder: where its files lie; made if it is not there.
        clock: milliseconds since the epoch; times in the log never go back even if the clock does.
        retention: what is kept.
    """

    def __init__(self, folder: Path, clock: Callable[[], int], retention: Retention) -> None:
        self._folder = folder
        self._clock = clock
        self._retention = retention
        self._recent = RecentEvents(retention.recent_bytes)
        folder.mkdir(parents=True, exist_ok=True)
        self._segments = [_segment(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))]
        if not self._segments:
            self._segments.append(_segment(self._path(0, 0)))
        self._file = self._recover()
        self.last = self._last_position()
        self._expire()

    @property
    def first_sequence(self) -> int:
        """The oldest sequence number still held (the next one, if nothing is)."""
        return self._segments[0].base_sequence

    @property
    def next_sequence(self) -> int:
        """The sequence number the next event will get."""
        return self._segments[-1].next_sequence

    def append(self, stamps: Sequence[Stamp]) -> None:
        """Write events; all of them are with the operating system when this returns.

        Args:
            stamps: for each event, what encodes it once its position is known.

        Raises:
            OSError: the disk refused; nothing of it stays in the log.
        """
        if self._segments[-1].size >= self._retention.segment_bytes:
            self._roll()
        now = max(self._clock(), self.last.enqueued_ms if self.last else 0)
        active = self._segments[-1]
        sequence, offset = active.next_sequence, active.base_offset + active.size
        events, records = [], []
        for stamp in stamps:
            position = Position(sequence, offset, now)
            payload = stamp(position)
            records.append(record(position, payload))
            events.append(StoredEvent(position, payload))
            sequence, offset = sequence + 1, offset + len(records[-1])
        self._write(b"".join(records))
        for event, encoded in zip(events, records, strict=True):
            active.added(event.position, len(encoded))
            self._recent.add(event)
        self.last = events[-1].position

    def read(self, sequence: int, limit: int) -> list[StoredEvent]:
        """Give up to `limit` events, and not much over 256 KiB of them, from `sequence` on.

        Events that are no longer held are passed over.
        """
        if sequence >= self.next_sequence:
            return []
        return _portion(self._recent.since(sequence) or self._stored(sequence), limit)

    def first_at(self, milliseconds: int) -> int:
        """Give the sequence number of the first event enqueued at or after a time, or the next one."""
        for segment in reversed(self._segments):
            first = segment.first_ms()
            if first is not None and first < milliseconds:
                return segment.first_at(milliseconds)
        return self.first_sequence

    def first_beyond(self, offset: int) -> int:
        """Give the sequence number of the first event whose offset is `offset` or more, or the next one."""
        for segment in reversed(self._segments):
            if segment.base_offset <= offset:
                return segment.first_beyond(offset)
        return self.first_sequence

    def close(self) -> None:
        """Close the file being written."""
        os.close(self._file)

    def _stored(self, sequence: int) -> Iterator[StoredEvent]:
        following = [segment.base_sequence for segment in self._segments[1:]]
        for segment, end in zip(self._segments, [*following, self.next_sequence], strict=True):
            if end > sequence:
                yield from segment.since(sequence)

    def _write(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:] if written else data)
        except OSError:
            os.ftruncate(self._file, self._segments[-1].size)
            raise

    def _recover(self) -> int:
        """Open the newest file for writing, its torn tail cut off."""
        newest = self._segments[-1]
        file = os.open(newest.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        newest.load()
        torn = os.fstat(file).st_size - newest.size
        if torn:
            _LOG.warning("cutting %s torn bytes off %s", torn, newest.path.name)
            os.ftruncate(file, newest.size)
        return file

    def _last_position(self) -> Position | None:
        for segment in reversed(self._segments):
            segment.load()
            if segment.last:
                return segment.last
        return None

    def _roll(self) -> None:
        full = self._segments[-1]
        path = self._path(full.next_sequence, full.base_offset + full.size)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.close(self._file)
        self._file = file
        self._segments.append(_segment(path))
        self._expire()

    def _expire(self) -> None:
        """Drop the oldest files while there is too much, or while the file after them is already too old."""
        newest, oldest_kept = self._segments[-1], self._clock() - self._retention.milliseconds
        while len(self._segments) > 1:
            oldest, following = self._segments[:2]
            held = newest.base_offset + newest.size - oldest.base_offset
            began = following.first_ms()
            if held <= self._retention.total_bytes and (began is None or began >= oldest_kept):
                return
            oldest.path.unlink()
            self._segments.pop(0)

    def _path(self, sequence: int, offset: int) -> Path:
        return self._folder / f"{sequence:020d}-{offset:020d}{_SUFFIX}"


def _portion(events: Iterator[StoredEvent], limit: int) -> list[StoredEvent]:
    portion, size = [], 0
    for event in islice(events, limit):
        portion.append(event)
        size += len(event.payload)
        if size >= _PORTION_BYTES:
            break
    return portion


def _segment(path: Path) -> Segment:
    sequence, offset = path.stem.split("-")
    return Segment(path, (int(sequence), int(offset)))
