"""The hubs, their partitions and consumer groups, and how an event finds its partition."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final
from zlib import crc32

from local.eventhubs.addresses import SourceAddress, TargetAddress
from local.eventhubs.errors import (
    NOT_FOUND,
    RESOURCE_LIMIT_EXCEEDED,
    AmqpLinkError,
    MessageRejectedError,
)
from local.eventhubs.log import PartitionLog, Retention
from local.eventhubs.message import IncomingEvent
from local.eventhubs.readers import ReaderGroup
from shared.errors import ConflictError, InvalidError

DEFAULT_GROUP: Final = "$Default"
_NAME: Final = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,254}[A-Za-z0-9])?$")
_MAX_PARTITIONS: Final = 32


def now_ms() -> int:
    """Give milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


class Partition:
    """A partition: its log, who waits for its next event, and who reads it in each group."""

    def __init__(self, number: str, log: PartitionLog) -> None:
        self.number = number
        self.log = log
        self.readers: dict[str, ReaderGroup] = defaultdict(ReaderGroup)
        self._waiting: set[Callable[[], None]] = set()

    def publish(self, events: Sequence[IncomingEvent]) -> None:
        """Store events, then wake the readers.

        Raises:
            MessageRejectedError: the disk did not take them.
        """
        try:
            self.log.append([event.stamped for event in events])
        except OSError as exc:
            raise MessageRejectedError(
                RESOURCE_LIMIT_EXCEEDED, f"the log cannot be written: {exc.strerror}"
            ) from exc
        for wake in self._waiting:
            wake()

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Call `wake`, which only schedules work, after every publish."""
        self._waiting.add(wake)

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """Stop calling `wake`."""
        self._waiting.discard(wake)


class Hub:
    """An event hub.

    Args:
        name: as clients spell it.
        partitions: numbered from "0".
        groups: names of its consumer groups.
        created_ms: when it was first made.
    """

    def __init__(
        self, name: str, partitions: Sequence[Partition], groups: Iterable[str], created_ms: int
    ) -> None:
        self.name = name
        self.created_ms = created_ms
        self.partitions = {partition.number: partition for partition in partitions}
        self._in_order = tuple(partitions)
        self._groups = {group.casefold() for group in groups}
        self._turn = count()

    def partition_for(self, key: str | None) -> Partition:
        """Choose a partition: always the same one for a key, each in turn without."""
        number = next(self._turn) if key is None else crc32(key.encode())
        return self._in_order[number % len(self._in_order)]

    def partition(self, number: str) -> Partition:
        """Find a partition by its number; raises AmqpLinkError if there is none."""
        if number not in self.partitions:
            raise AmqpLinkError(NOT_FOUND, f"event hub {self.name!r} has no partition {number!r}")
        return self.partitions[number]

    def readers(self, group: str, partition: Partition) -> ReaderGroup:
        """Give the readers of a partition in a group; raises AmqpLinkError if there is no such group."""
        if group.casefold() not in self._groups:
            raise AmqpLinkError(NOT_FOUND, f"event hub {self.name!r} has no consumer group {group!r}")
        return partition.readers[group.casefold()]


class Broker:
    """All hubs of a data folder, which no other process may use at the same time.

    Args:
        folder: holds a folder per hub; made if it is not there.
        hubs: partitions by name of hub.
        groups: consumer groups of every hub; `$Default` is always one.
        retention: what each partition keeps.
        clock: milliseconds since the epoch.

    Raises:
        InvalidError: a name or number that cannot be.
        ConflictError: the folder is in use, or holds a hub with another number of partitions.
    """

    def __init__(
        self,
        folder: Path,
        hubs: Mapping[str, int],
        groups: Iterable[str],
        retention: Retention,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._retention, self._clock = retention, clock
        _check(hubs)
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder / ".lock")
        names = {DEFAULT_GROUP, *groups}
        try:
            self._hubs = {
                name.casefold(): self._hub(folder / name, size, names) for name, size in hubs.items()
            }
        except BaseException:
            os.close(self._lock)
            raise

    def hub(self, name: str) -> Hub:
        """Find a hub, whatever the case of its letters; raises AmqpLinkError if there is none."""
        found = self._hubs.get(name.casefold())
        if found is None:
            raise AmqpLinkError(NOT_FOUND, f"there is no event hub {name!r}")
        return found

    def target(self, address: TargetAddress) -> tuple[Hub, Partition | None]:
        """Find what a sender sends to; raises AmqpLinkError if it is not there."""
        hub = self.hub(address.hub)
        return hub, None if address.partition is None else hub.partition(address.partition)

    def source(self, address: SourceAddress) -> tuple[Partition, ReaderGroup]:
        """Find what a receiver reads; raises AmqpLinkError if it is not there."""
        hub = self.hub(address.hub)
        partition = hub.partition(address.partition)
        return partition, hub.readers(address.group, partition)

    def close(self) -> None:
        """Close all logs and free the folder."""
        for hub in self._hubs.values():
            for partition in hub.partitions.values():
                partition.log.close()
        os.close(self._lock)

    def _hub(self, folder: Path, partitions: int, groups: Iterable[str]) -> Hub:
        created = _created(folder / "hub.json", partitions, self._clock)
        logs = [
            PartitionLog(folder / str(number), self._clock, self._retention) for number in range(partitions)
        ]
        return Hub(
            folder.name, [Partition(str(number), log) for number, log in enumerate(logs)], groups, created
        )


def _check(hubs: Mapping[str, int]) -> None:
    for name, partitions in hubs.items():
        if not _NAME.fullmatch(name):
            raise InvalidError(f"{name!r} cannot be the name of an event hub")
        if not 1 <= partitions <= _MAX_PARTITIONS:
            raise InvalidError(
                f"event hub {name!r} needs 1 to {_MAX_PARTITIONS} partitions, not {partitions}"
            )
    if len({name.casefold() for name in hubs}) < len(hubs):
        raise InvalidError("names of event hubs must differ in more than case")


def _lock(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        os.close(file)
        raise ConflictError(f"{path.parent} is in use by another Event Hubs stand-in") from exc
    return file


def _created(path: Path, partitions: int, clock: Callable[[], int]) -> int:
    """Read what the hub was made with, or note it: a key's partition must not change under it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {"created_ms": clock(), "partitions": partitions}
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(made))
        draft.replace(path)
    made = json.loads(path.read_text())
    if made["partitions"] != partitions:
        raise ConflictError(
            f"{path.parent} holds {made['partitions']} partitions; {partitions} were asked for"
        )
    return int(made["created_ms"])
