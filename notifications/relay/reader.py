"""Reads every partition for as long as the relay lives, and notices when one falls silent.

While the broker is away, or a partition stalls (azure-sdk-for-python issue 35948), the SDK reports nothing. So
the partitions that are silent are compared, one every two seconds, with what the broker says of them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from notifications.relay.hub import Hub
from notifications.relay.incoming import Received
from notifications.relay.log import PartitionedLog, PartitionState, Position
from notifications.relay.metrics import Metrics
from notifications.relay.tracing import delivery_span
from shared.errors import UnavailableError

logger = logging.getLogger(__name__)

_SILENT_AFTER = 10.0
_CHECK_EVERY = 2.0
_STALLED_AFTER = 3.0
_BACKOFF = (0.2, 3.0)
_AT_ONCE = 8  # partitions asked for at the same time when starting
_UNREADY_LAG_SECONDS = 30.0


class Reader:
    """Feeds the hub from the log.

    Args:
        log: Event Hubs.
        hub: takes what is read.
        metrics: what is counted.
        window: seconds to read back when starting.
    """

    def __init__(self, log: PartitionedLog, hub: Hub, metrics: Metrics, *, window: float) -> None:
        self._log = log
        self._hub = hub
        self._metrics = metrics
        self._window = window
        self._targets: dict[str, int] = {}
        self._filled = False
        self._behind_since: dict[str, float] = {}
        self._lag: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._receiving: dict[str, asyncio.Task[None]] = {}
        self._from_start: set[str] = set()
        self.reachable = False

    def ready(self) -> bool:
        """Whether the window is filled, and no partition has been stuck for long.

        A broker that is away does not make a replica unready: all would be, and no other could do better.
        """
        if not self._filled:
            window = self._hub.window
            self._filled = bool(self._targets) and all(
                window.head(partition) >= target for partition, target in self._targets.items()
            )
        stuck_before = time.monotonic() - _UNREADY_LAG_SECONDS
        return self._filled and all(since > stuck_before for since in self._behind_since.values())

    def lag(self) -> dict[str, int]:
        """Messages known to be unread, by partition."""
        return dict(self._lag)

    async def run(self) -> None:
        """Read until cancelled."""
        partitions = await self._begin()
        async with asyncio.TaskGroup() as group:
            for partition in partitions:
                group.create_task(self._follow(partition))
            group.create_task(self._watch(partitions))

    async def _begin(self) -> list[str]:
        failures = 0
        while True:
            try:
                partitions = await self._log.partitions()
                states = await self._states(partitions)
            except UnavailableError as error:
                logger.warning("the hub cannot be read yet: %s", error.message)
                failures += 1
                await asyncio.sleep(_backoff(failures))
                continue
            self.reachable = True
            for partition, state in states.items():
                self._open(partition, state)
            return partitions

    async def _states(self, partitions: list[str]) -> dict[str, PartitionState]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(partition: str) -> PartitionState:
            async with gate:
                return await self._log.state(partition)

        return dict(zip(partitions, await asyncio.gather(*map(ask, partitions)), strict=True))

    def _open(self, partition: str, state: PartitionState) -> None:
        # Nothing to wait for where nothing is recent enough to be delivered.
        nothing = state.empty or state.last_enqueued_at < time.time() - self._window
        self._hub.window.open(partition, head=state.last_sequence if nothing else -1)
        self._targets[partition] = -1 if state.empty else state.last_sequence

    async def _follow(self, partition: str) -> None:
        failures = 0
        while True:
            head = self._hub.window.head(partition)
            task = asyncio.create_task(
                self._log.receive(
                    partition, self._position(partition), lambda batch: self._take(partition, batch)
                )
            )
            self._receiving[partition] = task
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
            failures = failures + 1 if self._hub.window.head(partition) == head else 1
            if not task.cancelled() and (error := task.exception()) is not None:
                logger.warning("reading stopped: %s", error, extra={"partition": partition})
            self._metrics.reader_restarts[partition] += 1
            await asyncio.sleep(_backoff(failures))

    def _position(self, partition: str) -> Position:
        if partition in self._from_start:
            self._from_start.discard(partition)
            return "-1"
        head = self._hub.window.head(partition)
        return head if head >= 0 else datetime.now(UTC) - timedelta(seconds=self._window)

    def _take(self, partition: str, batch: Sequence[Received]) -> None:
        self._heard[partition] = time.monotonic()
        self._lag.pop(partition, None)
        self._behind_since.pop(partition, None)
        with delivery_span(partition, batch):
            self._hub.receive(partition, batch)

    async def _watch(self, partitions: list[str]) -> None:
        while True:
            await asyncio.sleep(_CHECK_EVERY)
            partition = min(partitions, key=lambda name: self._heard.get(name, 0.0))
            if time.monotonic() - self._heard.get(partition, 0.0) < _SILENT_AFTER:
                continue
            head = self._hub.window.head(partition)
            try:
                state = await self._log.state(partition)
            except UnavailableError:
                self._note_reachable(reachable=False)
                continue
            self._note_reachable(reachable=True)
            self._heard[partition] = time.monotonic()
            await self._compare(partition, head, state)

    async def _compare(self, partition: str, head: int, state: PartitionState) -> None:
        """Judge a silent partition; `head` was read before the broker was asked."""
        if state.last_sequence < head:
            self._hub.restart(partition)
            self._from_start.add(partition)
            self._receiving[partition].cancel()
            return
        behind = 0 if state.empty else state.last_sequence - head
        if behind <= 0:
            return
        await asyncio.sleep(_STALLED_AFTER)
        if self._hub.window.head(partition) == head:
            logger.warning("partition stalled", extra={"partition": partition, "behind": behind})
            self._lag[partition] = behind
            self._behind_since.setdefault(partition, time.monotonic())
            self._receiving[partition].cancel()

    def _note_reachable(self, *, reachable: bool) -> None:
        if reachable != self.reachable:
            logger.warning("Event Hubs is %s", "back" if reachable else "away")
        self.reachable = reachable


def _backoff(failures: int) -> float:
    longest = min(_BACKOFF[1], _BACKOFF[0] * 2.0 ** (failures - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311  jitter needs no cryptography
