"""What every side goes through: streams opened, a steady flow, as much as it can take, bursts to all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import BenchError
from bench.relay.crowd import Crowd, open_streams
from bench.relay.events import Events
from bench.relay.figures import SideRun, percentile
from bench.relay.sides import Open, Side

_TICK = 0.001
_CHUNK = 100  # events published in one go when as many as possible are wanted
_SETTLE = 1.0
_ARRIVAL_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything.

    Attributes:
        connections: streams, each of a user of its own.
        tickets: streams opened with tickets.
        rate: events a second of the steady flow.
        steady: seconds of it.
        full: seconds of as much as possible.
        window: events under way then.
        bursts: how many.
        core: the server's; the clients are on the other one.
    """

    connections: int = 10_000
    tickets: int = 3_000
    rate: int = 4_000
    steady: float = 5.0
    full: float = 4.0
    window: int = 2_000
    bursts: int = 3
    core: int = 0


@dataclass(slots=True)
class Load:
    """Publishes to one side and counts what arrives.

    Attributes:
        side: the server.
        crowd: its clients.
        users: whose streams are open.
        published: events so far.
    """

    side: Side
    crowd: Crowd
    events: Events
    users: list[bytes]
    published: int = 0

    def publish(self, users: list[bytes]) -> None:
        """Send an event to each of these users."""
        self.side.feed.publish(users, self.events.bodies(users))
        self.published += len(users)

    def anyone(self, count: int) -> list[bytes]:
        """So many users, drawn by chance."""
        return random.choices(self.users, k=count)

    async def settle(self) -> bool:
        """Wait for all that was published; whether it came."""
        return await self.crowd.reach(self.published, _ARRIVAL_LIMIT)


@dataclass(frozen=True, slots=True)
class Flow:
    """What a phase cost: events arrived, seconds, the server's seconds of CPU."""

    events: int
    seconds: float
    cpu: float

    @property
    def per_thousand(self) -> float:
        """Milliseconds of CPU for 1,000 events."""
        return 1e6 * self.cpu / max(1, self.events)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What open streams cost.

    Attributes:
        users: whose they are.
        rss: KB of memory for one; `pss`: with what processes share counted once.
        cpu: microseconds of the server's CPU for accepting one.
        rate: accepted a second.
    """

    users: list[bytes]
    rss: float
    pss: float
    cpu: float
    rate: float


async def measure_side(open_side: Open, size: Size) -> SideRun:
    """Start a side and take it through all phases.

    Raises:
        BenchError: it does not start, refuses a stream, or drops one.
    """
    async with open_side() as side:
        side.server.pin(size.core)
        crowd = Crowd()
        arrival = await _arrive(side, crowd, side.by_token[: size.connections])
        load = Load(side, crowd, Events(), arrival.users)
        await _warm_up(load)
        flow, delays = await steady(load, size)
        most = await saturation(load, size)
        waits, bursts = await burst(load, size)
        lost = load.published - crowd.count
        tickets = await _tickets(side, crowd, size.tickets)
        dropped = crowd.lost_connections
        crowd.leave()
    if dropped:
        raise BenchError(f"{dropped} of {size.connections} streams were ended by the server")
    return SideRun(
        connections=size.connections,
        rss=arrival.rss,
        pss=arrival.pss,
        accepts=arrival.rate,
        ticket_accepts=tickets,
        accept_cpu=arrival.cpu,
        steady_cpu=flow.per_thousand,
        steady_rate=flow.events / flow.seconds,
        p50=1000 * percentile(delays, 0.5),
        p99=1000 * percentile(delays, 0.99),
        rate=most.events / most.seconds,
        rate_cpu=most.per_thousand,
        rate_busy=most.cpu / most.seconds,
        burst=1000 * percentile(waits, 0.5),
        burst_cpu=bursts.per_thousand,
        lost=lost,
    )


async def _arrive(side: Side, crowd: Crowd, requests: Sequence[bytes]) -> Arrival:
    """Open all streams; the first is not counted: it pays what is imported and fetched once."""
    first, *others = requests
    await _open(side, crowd, [first])
    await asyncio.sleep(_SETTLE)
    idle = side.server.memory()
    used, rate = await _open(side, crowd, others)
    await asyncio.sleep(_SETTLE)
    full = side.server.memory()
    return Arrival(
        users=[_user(request) for request in requests],
        rss=1000 * (full.rss - idle.rss) / len(others),
        pss=1000 * (full.pss - idle.pss) / len(others),
        cpu=1e6 * used / len(others),
        rate=rate,
    )


async def _open(side: Side, crowd: Crowd, requests: list[bytes]) -> tuple[float, float]:
    """Open streams; the server's seconds of CPU, and how many a second."""
    cpu, began = side.server.cpu(), time.perf_counter()
    sockets = open_streams(side.address, requests)
    seconds, used = time.perf_counter() - began, side.server.cpu() - cpu
    await crowd.join(sockets)
    return used, len(requests) / seconds


async def _tickets(side: Side, crowd: Crowd, count: int) -> float | None:
    if side.by_ticket is None:
        return None
    _, rate = await _open(side, crowd, side.by_ticket(count))
    return rate


async def _warm_up(load: Load) -> None:
    """An event for everyone, so that what is made at the first one is there."""
    for start in range(0, len(load.users), _CHUNK):
        load.publish(load.users[start : start + _CHUNK])
        await load.settle()


async def steady(load: Load, size: Size) -> tuple[Flow, list[float]]:
    """A flow at a fixed rate, to users drawn by chance; and the seconds that events took."""
    crowd, server = load.crowd, load.side.server
    crowd.sampling, crowd.delays = True, []
    count, cpu, began = crowd.count, server.cpu(), time.perf_counter()
    sent = 0
    while (passed := time.perf_counter() - began) < size.steady:
        due = int(passed * size.rate) - sent
        if due:
            load.publish(load.anyone(due))
            sent += due
        await asyncio.sleep(_TICK)
    await load.settle()
    crowd.sampling = False
    return Flow(crowd.count - count, time.perf_counter() - began, server.cpu() - cpu), crowd.delays


async def saturation(load: Load, size: Size) -> Flow:
    """As many as the side takes: a fixed number is under way all the time."""
    crowd, server = load.crowd, load.side.server
    count, cpu, began = crowd.count, server.cpu(), time.perf_counter()
    ends = began + size.full
    while (now := time.perf_counter()) < ends:
        while load.published - crowd.count <= size.window - _CHUNK:
            load.publish(load.anyone(_CHUNK))
        await crowd.reach(load.published - size.window + _CHUNK, ends - now + 0.1)
    flow = Flow(crowd.count - count, time.perf_counter() - began, server.cpu() - cpu)
    await load.settle()
    return flow


async def burst(load: Load, size: Size) -> tuple[list[float], Flow]:
    """An event for every stream at once, a few times; the seconds until the last has its own, and the cost."""
    crowd, server = load.crowd, load.side.server
    count, cpu, began = crowd.count, server.cpu(), time.perf_counter()
    waits = []
    for _ in range(size.bursts):
        started = time.perf_counter()
        load.publish(load.users)
        await load.settle()
        waits.append(time.perf_counter() - started)
    return waits, Flow(crowd.count - count, time.perf_counter() - began, server.cpu() - cpu)


def _user(request: bytes) -> bytes:
    """The user in a request's target."""
    target = request.split(b" ", 2)[1]
    return target.replace(b"=", b"/").rpartition(b"/")[2]
