"""So many pages at once, all the time: a new one is asked for whenever one is done."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass

from bench.errors import BenchError
from bench.pipeline.pages import Sellers, Tasks
from bench.pipeline.processes import core_use, cpu_seconds
from bench.pipeline.stack import OTHER_CORE, WORKER_CORE

_LOOK_EVERY = 0.02
_LIMIT = 180.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a level of load did; times in seconds.

    Attributes:
        pages: at once.
        wall: median of a page, from the request's row to the finished page.
        worst: its 95th percentile.
        rate: pages done a second.
        cpu: the worker's CPU time for one page.
        worker_core: share of the worker's core that was busy.
        other_core: share of the other core that was busy.
        foreign: share of the worker's core that others than the worker took.
    """

    pages: int
    wall: float
    worst: float
    rate: float
    cpu: float
    worker_core: float
    other_core: float
    foreign: float


async def crowd(
    sellers: Sellers, tasks: Tasks, worker: int, pages: int, *, floor: float, rounds: float = 3.0
) -> Crowd:
    """Keep `pages` pages in the making for `rounds` times their least duration `floor`.

    They start spread over one duration, as sellers' requests do; that first round is not counted.
    """
    load = _Load(sellers, tasks)
    starting = asyncio.create_task(load.start(pages, over=floor))
    watching = asyncio.create_task(load.watch())
    await starting
    await asyncio.sleep(floor * 0.5)
    began, before = time.time(), _Use.now(worker)
    await asyncio.sleep(floor * rounds)
    ended, after = time.time(), _Use.now(worker)
    load.refill = False
    await watching
    walls = sorted(wall for finished, wall in load.done if began <= finished <= ended)
    if len(walls) < 2:
        raise BenchError(f"with {pages} pages at once none was done in {floor * rounds:.1f} s")
    return _summary(pages, walls, ended - began, before, after)


class _Load:
    def __init__(self, sellers: Sellers, tasks: Tasks) -> None:
        self._sellers = sellers
        self._tasks = tasks
        self._open: set[str] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self.refill = True
        self.done: list[tuple[float, float]] = []  # when, wall

    async def start(self, pages: int, *, over: float) -> None:
        """Ask for so many pages, evenly over `over` seconds; returns when the last request was answered."""
        began = time.monotonic()
        asked: list[asyncio.Task[None]] = []
        for number in range(pages):
            await asyncio.sleep(began + over * number / pages - time.monotonic())
            asked.append(asyncio.create_task(self._ask()))
        await asyncio.gather(*asked)

    async def watch(self) -> None:
        """Note every page that is done, and ask for the next in its place while `refill`; returns when none is open.

        Raises:
            BenchError: pages are not done after 180 s.
        """
        ends = time.monotonic() + _LIMIT
        await asyncio.sleep(_LOOK_EVERY)
        while self._open or self._asking or self.refill:
            if time.monotonic() > ends:
                raise BenchError(f"pages were not done after {_LIMIT:g} s")
            for task_id, row in self._tasks.ended(list(self._open)).items():
                self._open.discard(task_id)
                self.done.append((row["finished"], row["finished"] - row["created"]))
                if self.refill:
                    self._asking.add(asyncio.create_task(self._ask()))
            self._asking = {task for task in self._asking if not _is_done(task)}
            await asyncio.sleep(_LOOK_EVERY)

    async def _ask(self) -> None:
        self._open.add(await self._sellers.ask())


def _is_done(asking: asyncio.Task[None]) -> bool:
    """Whether it is; a refused request ends the level, which would else go on with fewer pages than it says."""
    if asking.done():
        asking.result()
    return asking.done()


@dataclass(frozen=True, slots=True)
class _Use:
    cpu: float
    busy: float
    other: float

    @classmethod
    def now(cls, worker: int) -> _Use:
        """Seconds since their counters began: the worker's CPU, and how long each of the two cores was busy."""
        return cls(cpu_seconds(worker), core_use(WORKER_CORE).busy, core_use(OTHER_CORE).busy)


def _summary(pages: int, walls: list[float], seconds: float, before: _Use, after: _Use) -> Crowd:
    cpu, busy = after.cpu - before.cpu, after.busy - before.busy
    return Crowd(
        pages=pages,
        wall=statistics.median(walls),
        worst=walls[int(len(walls) * 0.95)],
        rate=len(walls) / seconds,
        cpu=cpu / len(walls),
        worker_core=busy / seconds,
        other_core=(after.other - before.other) / seconds,
        foreign=max(0.0, (busy - cpu) / seconds),
    )
