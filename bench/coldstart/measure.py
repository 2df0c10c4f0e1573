"""Start and memory of the function app, beside the stack of the service it replaces."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path

from bench.child import run_child
from bench.coldstart.first_page import LATER_PAGES, Worker, measure_workers
from bench.coldstart.import_profile import profile_table
from bench.coldstart.processes import HERE, ROOT, SDKS, Start, copy_deployed, start_old, start_ours
from bench.machine import installed_versions
from bench.other_python import other_python, pinned_versions
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread, take_turns

OLD_REQUIREMENTS = HERE / "old_stack" / "requirements.txt"
# What the old service imported by name; the other pins are what these need.
OLD_PACKAGES = ("chromadb", "fastapi", "langchain", "langchain-community", "langchain-openai", "uvicorn")

START_BAR = Bar("at most", 0.6)  # seconds (DESIGN section 10)
MEMORY_BAR = Bar("at most", 150)  # MB

_PROFILES = 7
_COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
_OUR_PACKAGES = ("azure-functions", "azure-functions-runtime", "pydantic", "openai", "together", "boto3")


def run(*, runs: int = 7) -> Result:
    """Measure both sides, `runs` starts each, taking turns.

    Raises:
        BenchError: a side cannot be started, or the stack makes no page.
    """
    python = other_python(OLD_REQUIREMENTS)
    with tempfile.TemporaryDirectory() as folder:
        fresh = copy_deployed(Path(folder))
        sides: dict[str, Callable[[], Start]] = {
            "ours": start_ours,
            "old": partial(start_old, python),
            "fresh": partial(start_ours, fresh, write_bytecode=False),
            "all": partial(start_ours, later=SDKS),
            "configured": partial(start_ours, more=_COLLECTOR),
        }
        starts = take_turns(sides, runs)
    workers, traced = measure_workers(runs), measure_workers(max(1, runs // 2), traces=True)
    versions = {
        **installed_versions(_OUR_PACKAGES),
        **pinned_versions(OLD_REQUIREMENTS.read_text("utf-8"), OLD_PACKAGES),
    }
    measurements = (
        *start_measurements(starts),
        *memory_measurements(starts, workers),
        *page_measurements(workers),
        *traced_measurements(starts["configured"], traced),
    )
    tables = import_profile(), sdk_table(starts["all"])
    return Result("coldstart", "old stack", measurements, tables, versions)


def start_measurements(starts: dict[str, list[Start]]) -> list[Measurement]:
    """Times until ready: ours by import and index, the old stack's by import and building its store."""
    ours, old, fresh, everything = (starts[name] for name in ("ours", "old", "fresh", "all"))
    both = ("import", "index"), ("import", "build")
    return [
        _measured("import", "s", ours, _wall("import"), old, _wall("import")),
        _measured("index / build vector store", "s", ours, _wall("index"), old, _wall("build")),
        _measured("import + index / build", "s", ours, _wall(*both[0]), old, _wall(*both[1]), START_BAR),
        _measured("the same, CPU time", "s", ours, _cpu(*both[0]), old, _cpu(*both[1])),
        _measured("the same, our code not yet compiled", "s", fresh, _wall(*both[0]), bar=START_BAR),
        _measured("the same, and every SDK imported", "s", everything, _whole_wall),
        _measured("whole process", "s", ours, attrgetter("wall"), old, attrgetter("wall")),
        _measured(
            "whole process, CPU time", "s", ours, lambda start: start.cpu, old, lambda start: start.cpu
        ),
    ]


def memory_measurements(starts: dict[str, list[Start]], workers: Sequence[Worker]) -> list[Measurement]:
    """Resident memory at each stage; the old stack's first query stands beside our first page."""
    ours, old = starts["ours"], starts["old"]
    moment = "after the first page / query"
    return [
        _measured("RSS after import", "MB", ours, _memory("import"), old, _memory("import")),
        _measured("RSS after index / build", "MB", ours, _memory("index"), old, _memory("build")),
        _measured("RSS of an idle worker in the local stack", "MB", workers, attrgetter("idle.rss")),
        _measured(f"RSS {moment}", "MB", workers, attrgetter("first.rss"), old, _memory("query"), MEMORY_BAR),
        _measured(f"PSS {moment}", "MB", workers, attrgetter("first.pss"), old, _memory("query", "pss")),
        _measured(f"USS {moment}", "MB", workers, attrgetter("first.uss"), old, _memory("query", "uss")),
        _measured(f"RSS after {LATER_PAGES + 1} pages", "MB", workers, attrgetter("later.rss")),
    ]


def page_measurements(workers: Sequence[Worker]) -> list[Measurement]:
    """What the imports that were put off cost the first page."""
    return [
        _measured("first page of a worker", "s", workers, attrgetter("first_seconds")),
        _measured("second page of a worker", "s", workers, attrgetter("second_seconds")),
    ]


def traced_measurements(starts: Sequence[Start], workers: Sequence[Worker]) -> list[Measurement]:
    """The bars once more where an exporter is configured: OpenTelemetry is loaded at the first invocation."""
    return [
        _measured(
            "import + index, OTLP exporter configured", "s", starts, _wall("import", "index"), bar=START_BAR
        ),
        _measured(
            "RSS after the first page, OTLP on", "MB", workers, attrgetter("first.rss"), bar=MEMORY_BAR
        ),
        _measured(f"RSS after {LATER_PAGES + 1} pages, OTLP on", "MB", workers, attrgetter("later.rss")),
        _measured("first page of a worker, OTLP on", "s", workers, attrgetter("first_seconds")),
        _measured("second page of a worker, OTLP on", "s", workers, attrgetter("second_seconds")),
    ]


def import_profile(runs: int = _PROFILES) -> Table:
    """The dearest imports of function_app."""
    command = [sys.executable, "-X", "importtime", "-c", "import function_app"]
    environment = {"PATH": "", "PYTHONPATH": str(ROOT)}
    return profile_table(run_child(command, environment).errors for _ in range(runs))


def sdk_table(starts: Sequence[Start]) -> Table:
    """What each SDK costs in time and memory, of starts that imported them one by one after the index."""
    rows, before = [], [start.stages["index"].memory.rss for start in starts]
    for module in list(starts[0].stages)[2:]:  # after import and index
        after = [start.stages[module].memory.rss for start in starts]
        grown = statistics.median(late - early for early, late in zip(before, after, strict=True))
        took = statistics.median(start.stages[module].wall for start in starts)
        rows.append((module, f"{took * 1000:.0f}", f"{grown:.1f}"))
        before = after
    columns = ("SDK", "ms", "MB")
    return Table(
        "SDKs that work imports later, in this order (the first of two pays what they share)",
        columns,
        tuple(rows),
    )


def _measured[A, B](
    name: str,
    unit: str,
    ours: Sequence[A],
    of_ours: Callable[[A], float],
    beside: Sequence[B] = (),
    of_beside: Callable[[B], float] | None = None,
    bar: Bar | None = None,
) -> Measurement:
    other = Spread.of(map(of_beside, beside)) if of_beside else None
    return Measurement(name, unit, Spread.of(map(of_ours, ours)), other, bar)


def _wall(*stages: str) -> Callable[[Start], float]:
    return lambda start: sum(start.stages[stage].wall for stage in stages)


def _whole_wall(start: Start) -> float:
    return sum(stage.wall for stage in start.stages.values())


def _cpu(*stages: str) -> Callable[[Start], float]:
    return lambda start: sum(start.stages[stage].cpu for stage in stages)


def _memory(stage: str, kind: str = "rss") -> Callable[[Start], float]:
    return lambda start: float(getattr(start.stages[stage].memory, kind))
