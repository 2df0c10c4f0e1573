"""Requests for pages taken in a second, and their CPU time, beside FastAPI with Celery on Redis."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.child import run_child
from bench.errors import BenchError
from bench.machine import installed_versions
from bench.other_python import other_python
from bench.pipeline.pages import IMAGES, TEMPLATES
from bench.pipeline.processes import cpu_seconds
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread, take_turns
from bench.submit.servers import Side, both_sides, forget_tasks
from generation.pages.requests import Product
from local.programs import ROOT

_OLD_REQUIREMENTS = ROOT / "bench" / "submit" / "old_stack" / "requirements.txt"
CONNECTIONS = 32
SECONDS = 4.0
_LOAD_LIMIT = 60.0
_PACKAGES = (
    "azure-functions",
    "azure-functions-runtime",
    "psycopg2-binary",
    "pydantic",
    "uvicorn",
    "aiohttp",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one side.

    Attributes:
        rate: requests answered with 202 a second.
        cpu: milliseconds of the server's process for one of them.
    """

    rate: float
    cpu: float


def run(*, runs: int = 7) -> Result:
    """Load both sides, `runs` times each, taking turns.

    Raises:
        BenchError: a side does not start, or answers anything but 202.
    """
    with both_sides(other_python(_OLD_REQUIREMENTS)) as (ours, old, database_url):
        sides: dict[str, Callable[[], Run]] = {
            side.name: partial(load, side, database_url) for side in (ours, old)
        }
        results = take_turns(sides, runs)
    return result_of(results["ours"], results["old"])


def result_of(ours: Sequence[Run], old: Sequence[Run]) -> Result:
    """The bars are the old side's own medians in this run."""
    old_rate, old_cpu = Spread.of(each.rate for each in old), Spread.of(each.cpu for each in old)
    measurements = (
        Measurement(
            "requests a second",
            "1/s",
            Spread.of(each.rate for each in ours),
            old_rate,
            Bar("at least", old_rate.median),
        ),
        Measurement(
            "CPU for a request",
            "ms",
            Spread.of(each.cpu for each in ours),
            old_cpu,
            Bar("at most", old_cpu.median),
        ),
    )
    return Result("submit", "FastAPI + Celery", measurements, (_what(),), installed_versions(_PACKAGES))


def load(side: Side, database_url: str) -> Run:
    """Send requests for a few seconds.

    Raises:
        BenchError: something else than 202 came back.
    """
    forget_tasks(database_url)
    order = {
        "url": side.url,
        "connections": CONNECTIONS,
        "seconds": SECONDS,
        "body": _body(),
        "tokens": list(side.tokens),
    }
    before = cpu_seconds(side.pid)
    report = _generate(order)
    used = cpu_seconds(side.pid) - before
    if set(report["statuses"]) != {"202"}:
        raise BenchError(f"{side.name} answered {report['statuses']}")
    return Run(report["requests"] / report["seconds"], 1000 * used / report["requests"])


def _generate(order: dict[str, Any]) -> dict[str, Any]:
    """Run the generator; it inherits this process's core."""
    command = [sys.executable, "-m", "bench.submit.load"]
    return run_child(command, os.environ, limit=_LOAD_LIMIT, order=order).report


def _body() -> dict[str, Any]:
    with (ROOT / "local" / "samples" / "products.jsonl").open(encoding="utf-8") as lines:
        record = json.loads(next(lines))
    product = {name: record[name] for name in Product.model_fields}
    return {"product": product, "template_ids": list(TEMPLATES), "options": {"images": IMAGES}}


def _what() -> Table:
    rows = (
        ("token, roles", "yes", "no"),
        ("body checked against the models", "yes", "yes"),
        ("templates checked", "yes", "no"),
        ("rate and budget of the user", "yes", "no"),
        ("row in PostgreSQL", "yes", "yes"),
        ("message in the queue", "storage queue", "Redis"),
        ("event on the user's stream", "yes", "no"),
    )
    return Table("What each does for a request", ("", "ours", "FastAPI + Celery"), rows)
