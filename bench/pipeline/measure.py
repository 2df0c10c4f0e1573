"""One page beside the old sequential way, and how many pages at once one core carries."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import aiohttp

from bench.child import run_child
from bench.machine import installed_versions
from bench.pipeline.crowd import Crowd, crowd
from bench.pipeline.fixed_services import Call
from bench.pipeline.pages import Sellers, Tasks, one_page
from bench.pipeline.stack import BenchStack, bench_stack
from bench.pipeline.timeline import PARTS, Moments, critical_path, parts
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread

LATENCY = {"plan": 0.8, "block": 0.6, "images": 1.5}
LEVELS = (1, 8, 16, 32, 48, 64, 96)
PATH_BAR = Bar("at most", 1.10)  # (DESIGN section 10)
OLD_BAR = Bar("at least", 2.5)
CROWD_BAR = Bar("at least", 48)

_GROWTH = 1.10
_WARM_UPS = 6
_SWEEPS = 3
_PACKAGES = ("openai", "together", "aiohttp", "azure-functions-runtime", "azure-eventhub", "psycopg2-binary")


@dataclass(frozen=True, slots=True)
class Pair:
    """One page of each way; seconds.

    Attributes:
        ours: from the request's row to the finished page.
        parts: the time from the request on, in timeline.PARTS.
        old: the sequential way's.
    """

    ours: float
    parts: Sequence[float]
    old: float


def run(*, runs: int = 7) -> Result:
    """Measure `runs` pages of each way taking turns, then every level of load three times.

    Raises:
        BenchError: the stack does not come up or a page is not done.
    """
    with bench_stack(LATENCY) as stack:
        pairs, sweeps = asyncio.run(_measure(stack, runs))
    floor = critical_path(LATENCY)
    held = [float(carried(sweep)) for sweep in sweeps]
    measurements = (
        Measurement("wall time of a page", "s", Spread.of(pair.ours for pair in pairs), _old(pairs)),
        Measurement(
            "the same over its critical path",
            "",
            Spread.of(pair.ours / floor for pair in pairs),
            bar=PATH_BAR,
        ),
        Measurement("old way over ours", "", Spread.of(pair.old / pair.ours for pair in pairs), bar=OLD_BAR),
        Measurement("pages at once on one core, +10 %", "pages", Spread.of(held), bar=CROWD_BAR),
        Measurement(
            "worker's CPU for one page, at 48 at once",
            "ms",
            Spread.of(1000 * _at(sweep, 48).cpu for sweep in sweeps),
        ),
    )
    tables = (parts_table(pairs), levels_table(sweeps))
    return Result("pipeline", "old way", measurements, tables, installed_versions(_PACKAGES))


def carried(sweep: Sequence[Crowd]) -> int:
    """The most pages at once before the wall time is over 1.1 times that of the first level.

    Between two levels the wall time is taken as a straight line.
    """
    limit = sweep[0].wall * _GROWTH
    for lower, upper in pairwise(sweep):
        if upper.wall > limit:
            share = (limit - lower.wall) / (upper.wall - lower.wall)
            return int(lower.pages + share * (upper.pages - lower.pages))
    return sweep[-1].pages


def parts_table(pairs: Sequence[Pair]) -> Table:
    """Where a page's time goes."""
    total = statistics.median(sum(pair.parts) for pair in pairs)
    rows = [
        (name, f"{1000 * statistics.median(pair.parts[number] for pair in pairs):.0f}")
        for number, name in enumerate(PARTS)
    ]
    return Table(
        "One page, request to finished page, medians", ("part", "ms"), (*rows, ("all", f"{1000 * total:.0f}"))
    )


def levels_table(sweeps: Sequence[Sequence[Crowd]]) -> Table:
    """Wall time and CPU by the number of pages at once: medians of the sweeps."""
    columns = (
        "pages at once",
        "wall s",
        "p95 s",
        "pages/s",
        "worker CPU ms/page",
        "core busy",
        "of that others",
        "other core",
    )
    rows = []
    for level in zip(*sweeps, strict=True):

        def middle(name: str, level: Sequence[Crowd] = level) -> float:
            return statistics.median(float(getattr(each, name)) for each in level)

        rows.append(
            (
                str(level[0].pages),
                *(f"{middle(name):.2f}" for name in ("wall", "worst")),
                f"{middle('rate'):.1f}",
                f"{1000 * middle('cpu'):.1f}",
                *(f"{middle(name):.0%}" for name in ("worker_core", "foreign", "other_core")),
            )
        )
    return Table("Pages at once, the worker alone on one core", columns, tuple(rows))


def _old(pairs: Sequence[Pair]) -> Spread:
    return Spread.of(pair.old for pair in pairs)


def _at(sweep: Sequence[Crowd], pages: int) -> Crowd:
    return next(level for level in sweep if level.pages == pages)


async def _measure(stack: BenchStack, runs: int) -> tuple[list[Pair], list[list[Crowd]]]:
    tasks = Tasks(stack.facts["database_url"])
    try:
        async with aiohttp.ClientSession() as session:
            sellers = Sellers(stack, session)
            await sellers.prepare()
            for _ in range(_WARM_UPS):
                await one_page(sellers, tasks)
            order = await _old_order(stack, session)
            pairs = [await _pair(stack, session, sellers, tasks, order) for _ in range(runs)]
            floor = critical_path(LATENCY)
            sweeps = [
                [await crowd(sellers, tasks, stack.worker, pages, floor=floor) for pages in LEVELS]
                for _ in range(_SWEEPS)
            ]
    finally:
        tasks.close()
    return pairs, sweeps


async def _pair(
    stack: BenchStack, session: aiohttp.ClientSession, sellers: Sellers, tasks: Tasks, order: dict[str, Any]
) -> Pair:
    async with session.delete(f"{stack.models_url}/_calls"):
        pass
    task_id, row, asked = await one_page(sellers, tasks)
    async with session.get(f"{stack.models_url}/_calls") as answer:
        calls = [Call(*call) for call in await answer.json()]
    moments = Moments(asked, row["created"], row["started"], row["finished"], tasks.steps(task_id), calls)
    old = await asyncio.to_thread(_make_old_page, order)
    return Pair(row["finished"] - row["created"], parts(moments), old)


async def _old_order(stack: BenchStack, session: aiohttp.ClientSession) -> dict[str, Any]:
    """The calls of the warm-up page, for the old way to make."""
    async with session.get(f"{stack.models_url}/_kinds") as answer:
        kinds = await answer.json()
    return {
        "models_url": stack.models_url,
        "objects_url": f"{stack.facts['s3_endpoint']}/{stack.facts['s3_bucket']}",
        "chats": [body for name, body in kinds if name in {"plan", "block"}],
        "images": [body for name, body in kinds if name == "images"],
    }


def _make_old_page(order: dict[str, Any]) -> float:
    command = [sys.executable, "-m", "bench.pipeline.old_way"]
    return float(run_child(command, os.environ, order=order).report["seconds"])
