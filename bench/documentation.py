"""Keeps the figures in docs/benchmarks.md those of bench/results."""

from __future__ import annotations

import re
from pathlib import Path

from bench.errors import BenchError
from bench.report import as_markdown
from bench.result import Record

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def with_figures(page: str, record: Record) -> str:
    """The page with the record's tables between the two comments that are kept for its bench.

    Raises:
        BenchError: the page has no such place.
    """
    begin, end = (f"<!-- {edge} {record.result.bench} -->" for edge in ("figures", "end"))
    place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not place.search(page):
        raise BenchError(f"docs/benchmarks.md has no place for figures: {begin} ... {end}")
    return place.sub(lambda _: f"{begin}\n{as_markdown(record)}\n{end}", page, count=1)


def document(record: Record, path: Path = PAGE) -> None:
    """Write the record's tables into the page."""
    path.write_text(with_figures(path.read_text(encoding="utf-8"), record), encoding="utf-8")
