"""One file of a partition's log: records one after the other, only ever appended to.

A record is a 24-byte head (payload length, CRC-32 of all that follows it, sequence number, enqueued time in
ms; big-endian) and its payload. An event's offset is its place counted from the partition's first byte.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from local.eventhubs.message import Position

_HEAD: Final = struct.Struct(">IIQQ")
_SEALED: Final = struct.Struct(">QQ")
_MAX_PAYLOAD: Final = 4 * 1024 * 1024
_READ_AHEAD: Final = 64 * 1024
# Every 64th record is indexed: 16 bytes of memory for 64 events, and a seek reads at most 64 records too many.
_STRIDE: Final = 64


class StoredEvent(NamedTuple):
    """An event in the log, encoded as consumers get it."""

    position: Position
    payload: bytes


def record(position: Position, payload: bytes) -> bytes:
    """Encode a record."""
    sealed = _SEALED.pack(position.sequence, position.enqueued_ms)
    checksum = crc32(payload, crc32(sealed))
    return _HEAD.pack(len(payload), checksum, position.sequence, position.enqueued_ms) + payload


class Segment:
    """A log file and a sparse index of it, built on first use.

    Args:
        path: the file; it must exist before anything is read.
        base: sequence number and offset its first record has or will have.
    """

    def __init__(self, path: Path, base: tuple[int, int]) -> None:
        self.path = path
        self.base_sequence, self.base_offset = base
        self.size = 0
        self.last: Position | None = None
        self._count = 0
        self._places = array("Q")
        self._times = array("Q")
        self._loaded = False

    @property
    def next_sequence(self) -> int:
        """The sequence number after its last record."""
        return self.base_sequence + self._count

    def first_ms(self) -> int | None:
        """Give the enqueued time of its first event, reading no more than that; None if it is empty."""
        if not self._loaded:
            return next((event.position.enqueued_ms for event in self._walk(0, self.base_sequence)), None)
        return self._times[0] if self._times else None

    def load(self) -> None:
        """Read the file once and index its intact records; `size` then ends where they end."""
        if not self._loaded:
            self._loaded = True
            for event in self._walk(0, self.base_sequence):
                self.added(event.position, _HEAD.size + len(event.payload))

    def added(self, position: Position, size: int) -> None:
        """Take note of a record of `size` bytes that now ends the file."""
        self._loaded = True
        if self._count % _STRIDE == 0:
            self._places.append(self.size)
            self._times.append(position.enqueued_ms)
        self._count += 1
        self.size += size
        self.last = position

    def since(self, sequence: int) -> Iterator[StoredEvent]:
        """Give its events from `sequence` on."""
        self.load()
        block = max(0, sequence - self.base_sequence) // _STRIDE
        return (event for event in self._from(block) if event.position.sequence >= sequence)

    def first_at(self, milliseconds: int) -> int:
        """Give the sequence number of the first event enqueued at or after a time."""
        self.load()
        block = bisect_left(self._times, milliseconds) - 1
        return self._first(block, lambda position: position.enqueued_ms >= milliseconds)

    def first_beyond(self, offset: int) -> int:
        """Give the sequence number of the first event whose offset is `offset` or more."""
        self.load()
        block = bisect_right(self._places, max(0, offset - self.base_offset)) - 1
        return self._first(block, lambda position: position.offset >= offset)

    def _first(self, block: int, wanted: Callable[[Position], bool]) -> int:
        found = (event.position.sequence for event in self._from(max(0, block)) if wanted(event.position))
        return next(found, self.next_sequence)

    def _from(self, block: int) -> Iterator[StoredEvent]:
        if block < len(self._places):
            yield from self._walk(self._places[block], self.base_sequence + block * _STRIDE)

    def _walk(self, place: int, sequence: int) -> Iterator[StoredEvent]:
        """Give intact records in order; stop at the first that is torn, damaged or out of sequence."""
        with self.path.open("rb", buffering=_READ_AHEAD) as file:
            file.seek(place)
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                length, checksum, found, enqueued = _HEAD.unpack(head)
                payload = file.read(length) if length <= _MAX_PAYLOAD else b""
                intact = len(payload) == length and crc32(payload, crc32(head[8:])) == checksum
                if not intact or found != sequence:
                    return
                yield StoredEvent(Position(sequence, self.base_offset + place, enqueued), payload)
                sequence += 1
                place += _HEAD.size + length
