"""Minutes of churn: connections come and go while events flow; memory and descriptors must stay where they are."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.errors import BenchError
from bench.relay.callers import callers
from bench.relay.crowd import Crowd, open_streams
from bench.relay.events import Events
from bench.relay.measure import clients_core
from bench.relay.nginx import Nginx
from bench.relay.phases import Load
from bench.relay.sides import Side, Sides
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread

# Short, so that the replay window is full and moving well before the second minute.
WINDOW_SECONDS = 30
DRIFT_SHARE = 0.02
_RATE = 1_000  # events a second
_CHURN = 0.02  # share of the streams that is replaced every second
_SAMPLE_SECONDS = 5.0
_TICK = 0.005
_GONE_LIMIT = 15.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the relay: seconds since the beginning, RSS in MB, open descriptors."""

    at: float
    rss: float
    descriptors: int


@dataclass(slots=True)
class Churn:
    """Replaces streams, a part of them every second.

    Attributes:
        side: the relay.
        groups: streams that come and go together.
        requests: of each group.
        opened: streams opened so far.
    """

    side: Side
    groups: list[Crowd]
    requests: list[list[bytes]]
    opened: int = 0

    async def fill(self) -> None:
        """Open every stream."""
        for number in range(len(self.groups)):
            await self._open(number)

    async def turn(self) -> None:
        """Close one group and open it again."""
        number = random.randrange(len(self.groups))
        self.groups[number].leave()
        await self._open(number)

    async def _open(self, number: int) -> None:
        self.groups[number] = Crowd()
        await self.groups[number].join(open_streams(self.side.address, self.requests[number]))
        self.opened += len(self.requests[number])


def soak(*, minutes: float, connections: int) -> Result:
    """Run the relay, as it is deployed but for a short window, under churn.

    Args:
        minutes: how long; drift is measured from the second minute on, from half time when shorter than four.
        connections: streams open at a time.

    Raises:
        BenchError: the relay does not start or refuses a stream.
    """
    with clients_core() as core, callers(connections) as known:
        settings = {"RELAY_WINDOW_SECONDS": str(WINDOW_SECONDS)}
        sides = Sides(known, Path(), Nginx(Path(), Path()), settings)
        samples, before, after, opened = uvloop.run(_run(sides, core, minutes * 60))
    return result_of(samples, (before, after), opened)


def result_of(samples: Sequence[Sample], descriptors: tuple[int, int], opened: int) -> Result:
    """Drift of memory, and descriptors before the first and after the last stream."""
    measurements = (
        Measurement(
            "drift of resident memory",
            "%",
            Spread.of([100 * drift(samples)]),
            bar=_at_most(100 * DRIFT_SHARE),
        ),
        Measurement(
            "descriptors left over", "", Spread.of([descriptors[1] - descriptors[0]]), bar=_at_most(0)
        ),
        Measurement("streams opened", "", Spread.of([opened])),
    )
    rows = tuple(
        (f"{sample.at:.0f}", f"{sample.rss:.1f}", str(sample.descriptors))
        for sample in samples[:: max(1, len(samples) // 20)]
    )
    return Result(
        "relay-soak", "", measurements, (Table("On the way", ("s", "RSS MB", "descriptors"), rows),)
    )


def drift(samples: Sequence[Sample]) -> float:
    """By what share memory has grown from minute two (half time of a short run) to the end; medians of a fifth each.

    Raises:
        ValueError: there are fewer than ten samples.
    """
    if len(samples) < 10:
        raise ValueError("a drift needs ten samples")
    settled = min(120.0, samples[-1].at / 2)
    later = [sample.rss for sample in samples if sample.at >= settled]
    part = max(1, len(later) // 5)
    return statistics.median(later[-part:]) / statistics.median(later[:part]) - 1


def _at_most(limit: float) -> Bar:
    return Bar("at most", limit)


async def _run(sides: Sides, core: int, seconds: float) -> tuple[list[Sample], int, int, int]:
    async with sides.relay() as side:
        side.server.pin(core)
        await _touch(side)
        before = side.server.descriptors()
        size = max(1, round(len(side.by_token) * _CHURN))
        requests = [list(side.by_token[start : start + size]) for start in range(0, len(side.by_token), size)]
        churn = Churn(side, [Crowd() for _ in requests], requests)
        await churn.fill()
        samples = await _flow(side, churn, [user.encode() for user in sides.callers.users], seconds)
        for group in churn.groups:
            group.leave()
        return samples, before, await _descriptors_after(side, before), churn.opened


async def _touch(side: Side) -> None:
    """One stream and an event, so that what is opened once is open."""
    crowd = Crowd()
    await crowd.join(open_streams(side.address, side.by_token[:1]))
    await asyncio.sleep(1.0)
    crowd.leave()
    await asyncio.sleep(1.0)


async def _flow(side: Side, churn: Churn, users: list[bytes], seconds: float) -> list[Sample]:
    load = Load(side, Crowd(), Events(), users)
    samples: list[Sample] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        due = int(passed * _RATE) - load.published
        if due > 0:
            load.publish(load.anyone(due))
        if passed >= churn_due(churn, len(users)):
            await churn.turn()
        if passed >= len(samples) * _SAMPLE_SECONDS:
            samples.append(Sample(passed, side.server.memory().rss, side.server.descriptors()))
        await asyncio.sleep(_TICK)
    return samples


def churn_due(churn: Churn, connections: int) -> float:
    """When the next group is replaced: seconds since the beginning."""
    return (churn.opened - connections) / (connections * _CHURN)


async def _descriptors_after(side: Side, before: int) -> int:
    """How many are open once every stream is gone."""
    ends = time.monotonic() + _GONE_LIMIT
    while (found := side.server.descriptors()) > before and time.monotonic() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.2)  # another process's: there is nothing to wait on
    if not side.server.alive:
        raise BenchError("the relay ended")
    return found
