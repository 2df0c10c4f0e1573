"""A template found from the worker's cache and from PostgreSQL, beside Chroma; a page rendered and sanitised."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bench.errors import BenchError
from bench.machine import installed_versions
from bench.other_python import other_python
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread, take_turns
from bench.templates.shelves import TEMPLATES, Page, large_library, stored
from generation.templates.css import clean_style
from generation.templates.library_files import Library
from generation.templates.repository import TemplateRepository
from local.programs import ROOT
from shared.db.connect import connector
from shared.db.pool import Database
from shared.settings import DatabaseSettings

_OLD_REQUIREMENTS = ROOT / "bench" / "coldstart" / "old_stack" / "requirements.txt"  # it had Chroma
_QUERIES = 300
_LOOKUPS = 3_000
_PAGES = 40
_FIRST_PAGES = 5
_FASTER = 20.0
_PAGE_LIMIT = 8.0

type Run = Callable[[], float]
"""Measures once; the median in milliseconds."""


def run(*, runs: int = 7) -> Result:
    """Measure each side `runs` times, taking turns.

    Raises:
        BenchError: a side does not start or finds nothing.
    """
    library = large_library()
    page = Page()
    with tempfile.TemporaryDirectory(prefix="bench-templates-") as name:
        folder = Path(name)
        with stored(folder, library) as settings, vector_queries(folder, library) as query:
            sides: dict[str, Run] = {
                "cached": lambda: asyncio.run(_looked_up(settings, library, fresh_for=2.0)),
                "stored": lambda: asyncio.run(_looked_up(settings, library, fresh_for=0.0)),
                "vector": query,
                "page": lambda: _median([page.render] * _PAGES),
                "page CPU": lambda: _median([page.render] * _PAGES, time.thread_time),
                "first page": lambda: _first(page),
            }
            return result_of(take_turns(sides, runs), page.size)


def result_of(medians: dict[str, list[float]], page_bytes: int) -> Result:
    """The lookup's bar is a ratio within each round, so that both of its sides saw the same machine."""
    times = [vector / cached for vector, cached in zip(medians["vector"], medians["cached"], strict=True)]
    cached, stored_ = (_us(medians[name]) for name in ("cached", "stored"))
    measurements = (
        Measurement("a template from the worker's cache", "us", cached, _us(medians["vector"])),
        Measurement("a template from PostgreSQL, not cached", "us", stored_, _us(medians["vector"])),
        Measurement(
            "the cache over the vector query", "times", Spread.of(times), None, Bar("at least", _FASTER)
        ),
        Measurement(
            "a page rendered and sanitised",
            "ms",
            Spread.of(medians["page"]),
            None,
            Bar("at most", _PAGE_LIMIT),
        ),
        Measurement("the same, CPU time", "ms", Spread.of(medians["page CPU"])),
        Measurement("the same, its styles never seen before", "ms", Spread.of(medians["first page"])),
    )
    what = (
        ("templates in PostgreSQL, documents in Chroma", str(TEMPLATES)),
        ("lookups in a run, cached and stored", f"{_LOOKUPS:,}, {_QUERIES:,}"),
        ("vector queries in a run, k = 1, 1536 numbers, vectors given", f"{_QUERIES:,}"),
        ("bytes of the page", f"{page_bytes:,}"),
    )
    versions = installed_versions(("psycopg2-binary", "jinja2", "nh3", "tinycss2"))
    return Result("templates", "Chroma", measurements, (Table("What a run is", ("", ""), what),), versions)


def _us(milliseconds: Sequence[float]) -> Spread:
    return Spread.of(one * 1000 for one in milliseconds)


async def _looked_up(settings: DatabaseSettings, library: Library, *, fresh_for: float) -> float:
    """Ask for one active template after the other by id, as a page's choice does; with 0 every answer is read anew."""
    database = Database(connector(settings), size=2)
    templates = TemplateRepository(database, fresh_for=fresh_for)
    ids = [(one.template_id,) for one in library.templates]
    try:
        for wanted in ids:  # a worker that has seen every template
            await templates.get(wanted)
        taken = []
        for number in range(_LOOKUPS if fresh_for else _QUERIES):
            wanted = ids[number % len(ids)]
            start = time.perf_counter()
            found = await templates.get(wanted)
            taken.append((time.perf_counter() - start) * 1000)
            if found[0].template_id != wanted[0]:
                raise BenchError(f"asked for {wanted[0]}, found {found[0].template_id}")
    finally:
        await database.close()
    return statistics.median(taken)


def _median(calls: Sequence[Callable[[], object]], clock: Callable[[], float] = time.perf_counter) -> float:
    taken = []
    for call in calls:
        start = clock()
        call()
        taken.append((clock() - start) * 1000)
    return statistics.median(taken)


def _first(page: Page) -> float:
    """A page in a worker that has cleaned no style yet."""
    taken = []
    for _ in range(_FIRST_PAGES):
        clean_style.cache_clear()
        taken.append(_median([page.render]))
    return statistics.median(taken)


@contextmanager
def vector_queries(folder: Path, library: Library) -> Iterator[Run]:
    """A Chroma that holds the library's descriptions; what is yielded runs its queries.

    Raises:
        BenchError: it does not start.
    """
    documents = folder / "documents.json"
    described = [
        {"id": one.template_id, "text": f"{one.name} {one.description}", "block_type": one.block_type}
        for one in library.templates
    ]
    documents.write_text(json.dumps(described), "utf-8")
    program = ROOT / "bench" / "templates" / "old_stack" / "vector_store.py"
    command = [str(other_python(_OLD_REQUIREMENTS)), str(program), str(folder / "chroma"), str(documents)]
    process = subprocess.Popen(
        command, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        ready = json.loads(_line(process.stdout))
        if ready["documents"] != len(described):
            raise BenchError(f"Chroma holds {ready['documents']} documents of {len(described)}")
        yield lambda: _asked(process)
    finally:
        process.terminate()
        process.wait(10)


def _asked(process: subprocess.Popen[str]) -> float:
    if process.stdin is None:
        raise BenchError("Chroma takes no orders")
    process.stdin.write(f"{_QUERIES}\n")
    process.stdin.flush()
    taken: list[float] = json.loads(_line(process.stdout))
    return statistics.median(taken)


def _line(stream: IO[str] | None) -> str:
    line = stream.readline() if stream else ""
    if not line:
        raise BenchError("Chroma ended without an answer")
    return line
