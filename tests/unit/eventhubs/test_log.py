"""The log of a partition: what is written stays, in order, whatever happens to the process."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.eventhubs.log import PartitionLog, Retention, Stamp
from local.eventhubs.message import Position

SMALL = Retention(segment_bytes=2000, recent_bytes=1500)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: int = 1000

    def __call__(self) -> int:
        """Give the time."""
        return self.now


def _stamp(text: bytes) -> Stamp:
    return lambda position: b"%d:%s" % (position.sequence, text)


def _payloads(log: PartitionLog, sequence: int = 0) -> list[bytes]:
    found: list[bytes] = []
    while events := log.read(sequence, 7):
        found += [event.payload for event in events]
        sequence = events[-1].position.sequence + 1
    return found


def _fill(log: PartitionLog, count: int) -> None:
    for number in range(count):
        log.append([_stamp(b"event %d" % number)])


@pytest.fixture
def clock() -> Clock:
    """A clock to be moved by the test."""
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., PartitionLog]]:
    """Opens the log of one folder, again and again; closes what is still open."""
    logs: list[PartitionLog] = []

    def open_log(retention: Retention = SMALL) -> PartitionLog:
        while logs:
            logs.pop().close()
        logs.append(PartitionLog(tmp_path, clock, retention))
        return logs[0]

    yield open_log
    logs.pop().close()


def test_events_survive_a_restart(opened: Callable[..., PartitionLog]) -> None:
    """Sequence numbers, offsets and times go on where they were."""
    log = opened()
    _fill(log, 200)
    last, stored = log.last, _payloads(log)
    log = opened()
    assert log.last == last
    assert log.next_sequence == 200
    assert _payloads(log) == stored == [b"%d:event %d" % (number, number) for number in range(200)]


def test_an_append_is_all_or_nothing_in_memory_and_on_disk(opened: Callable[..., PartitionLog]) -> None:
    """Events of one append lie together and in order."""
    log = opened()
    log.append([_stamp(b"a"), _stamp(b"b"), _stamp(b"c")])
    assert _payloads(log) == [b"0:a", b"1:b", b"2:c"]
    assert [event.position.sequence for event in log.read(1, 10)] == [1, 2]


def test_a_torn_tail_is_cut_off(opened: Callable[..., PartitionLog], tmp_path: Path) -> None:
    """Wherever the last record was torn, those before it stay and writing goes on after them."""
    log = opened(Retention())
    _fill(log, 3)
    (path,) = tmp_path.glob("*.log")
    whole = path.read_bytes()
    assert log.last is not None
    for size in range(log.last.offset, len(whole)):
        path.write_bytes(whole[:size])
        log = opened(Retention())
        assert _payloads(log) == [b"0:event 0", b"1:event 1"]
        log.append([_stamp(b"again")])
        assert _payloads(log)[2:] == [b"2:again"]
        path.write_bytes(whole)


def test_a_damaged_record_ends_the_log_there(opened: Callable[..., PartitionLog], tmp_path: Path) -> None:
    """A flipped bit is noticed."""
    log = opened(Retention())
    _fill(log, 3)
    (path,) = tmp_path.glob("*.log")
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    assert len(_payloads(opened(Retention()))) == 2


def test_damage_in_an_older_file_costs_only_what_follows_in_it(
    opened: Callable[..., PartitionLog], tmp_path: Path
) -> None:
    """Readers go on with the next file."""
    _fill(opened(), 100)
    oldest = min(tmp_path.glob("*.log"))
    oldest.write_bytes(oldest.read_bytes()[:-1])
    assert len(_payloads(opened())) == 99


def test_a_disk_that_refuses_leaves_the_log_as_it_was(opened: Callable[..., PartitionLog]) -> None:
    """A write that fits only in part is taken back."""
    log = opened(Retention())
    _fill(log, 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            log.append([_stamp(b"x" * 500)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    log.append([_stamp(b"after")])
    assert _payloads(log) == _payloads(opened(Retention())) == [b"0:event 0", b"1:after"]


def test_time_never_goes_back(opened: Callable[..., PartitionLog], clock: Clock) -> None:
    """A clock set back does not reorder the log, not even over a restart."""
    log = opened()
    _fill(log, 1)
    clock.now = 500
    log = opened()
    _fill(log, 1)
    assert [event.position.enqueued_ms for event in log.read(0, 9)] == [1000, 1000]


def test_old_events_come_from_disk_and_new_ones_from_memory(opened: Callable[..., PartitionLog]) -> None:
    """Memory is bounded; what it lost is read back the same."""
    log = opened(Retention(recent_bytes=1000))
    _fill(log, 500)
    assert len(log._recent._events) < 10
    assert _payloads(log) == [b"%d:event %d" % (number, number) for number in range(500)]


def test_a_portion_is_limited_in_bytes(opened: Callable[..., PartitionLog]) -> None:
    """Large events come a few at a time, but always one."""
    log = opened(Retention())
    for _ in range(4):
        log.append([_stamp(b"x" * 200_000)])
    assert len(log.read(0, 100)) == 2


def test_size_limits_what_is_kept(opened: Callable[..., PartitionLog], tmp_path: Path) -> None:
    """The oldest files go; readers of what is gone get the oldest that is left."""
    retention = Retention(total_bytes=5000, segment_bytes=1000, recent_bytes=100)
    log = opened(retention)
    _fill(log, 1000)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.log")) < 6100
    assert log.first_sequence > 800
    assert log.read(0, 1)[0].position.sequence == log.first_sequence
    assert opened(retention).next_sequence == 1000


def test_age_limits_what_is_kept(opened: Callable[..., PartitionLog], clock: Clock) -> None:
    """A file goes once what came after it is too old as well."""
    retention = Retention(milliseconds=5000, segment_bytes=1000)
    log = opened(retention)
    _fill(log, 100)
    clock.now += 5001
    log = opened(retention)
    assert 0 < log.first_sequence < log.next_sequence == 100


def test_a_position_in_time_is_found(opened: Callable[..., PartitionLog], clock: Clock) -> None:
    """The first event at or after a time, in any file, in memory or not."""
    log = opened()
    for number in range(300):
        clock.now = 1000 + 10 * (number // 2)
        _fill(log, 1)
    for fresh in (log, opened()):
        assert fresh.first_at(0) == 0
        assert [fresh.first_at(1000 + 10 * step) for step in range(150)] == list(range(0, 300, 2))
        assert fresh.first_at(1001) == 2
        assert fresh.first_at(10_000) == 300


def test_a_position_by_offset_is_found(opened: Callable[..., PartitionLog]) -> None:
    """The first event at or after an offset, in any file."""
    log = opened()
    _fill(log, 300)
    places: list[Position] = [log.read(number, 1)[0].position for number in range(300)]
    for fresh in (log, opened()):
        assert [fresh.first_beyond(place.offset) for place in places] == list(range(300))
        assert [fresh.first_beyond(place.offset + 1) for place in places] == list(range(1, 301))
        assert fresh.first_beyond(-1) == 0


def test_an_empty_log_starts_at_zero(opened: Callable[..., PartitionLog]) -> None:
    """Nothing is there, and nothing fails."""
    log = opened()
    assert (log.first_sequence, log.next_sequence, log.last) == (0, 0, None)
    assert log.read(0, 1) == []
    assert log.first_at(0) == log.first_beyond(5) == 0
