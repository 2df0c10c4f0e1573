"""Keeps what was simulated: docs/capacity/days.json, the plots beside it, and the tables of docs/capacity.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.result import Table
from bench.simulate.day import Day
from bench.simulate.demand import Demand
from bench.simulate.levels import LEVELS, Level, costs_table, first_limits, needs_table, prices_table
from bench.simulate.show import plot, row, table

FOLDER = Path(__file__).parents[2] / "docs" / "capacity"
PAGE = FOLDER.with_suffix(".md")
_DAYS = "days.json"


def keep(days: Sequence[Day], folder: Path = FOLDER) -> None:
    """Write the plots, and the figures of these days over what was known of them."""
    folder.mkdir(parents=True, exist_ok=True)
    known = read_days(folder)
    for day in days:
        name = day.scenario.name
        (folder / f"{name}.svg").write_text(plot(day), "utf-8")
        known[name] = {
            "row": list(row(day)),
            "busy": round(day.on_demand),
            "ready_busy": round(day.always_ready),
            "instances": day.most_instances,
            "wall": round(day.wall(0.5), 1),
        }
    (folder / _DAYS).write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def read_days(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """The days that were kept, by scenario."""
    path = folder / _DAYS
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def levels(days: Mapping[str, Mapping[str, Any]]) -> list[Level]:
    """The levels of docs/capacity.md, from the days that were kept.

    Raises:
        BenchError: one was never simulated.
    """
    if missing := [name for name in LEVELS if name not in days]:
        raise BenchError(f"not simulated yet: {', '.join(missing)}")
    names = ("busy", "ready_busy", "instances", "wall")
    return [
        Level(name, pages, **{each: days[name][each] for each in names}) for name, pages in LEVELS.items()
    ]


def tables(
    days: Mapping[str, Mapping[str, Any]],
    order: Sequence[str],
    demand: Demand,
    prices: Mapping[str, Mapping[str, Any]],
) -> dict[str, Table]:
    """The page's tables by the names of their places."""
    found = levels(days)
    return {
        "demand": demand_table(demand),
        "needs": needs_table(found, demand),
        "first": first_table(found, demand),
        "costs": costs_table(found, demand, prices),
        "prices": prices_table(prices),
        "days": table(tuple(tuple(days[name]["row"]) for name in order if name in days)),
    }


def demand_table(demand: Demand) -> Table:
    """What one page needs."""
    calls = ", ".join(f"{count:g} {name}" for name, count in demand.calls.items())
    rows = (
        ("model calls", calls),
        ("tokens in, out", f"{demand.input_tokens:,.0f}, {demand.output_tokens:,.0f}"),
        ("price of the calls", f"{demand.usd:.4f} USD, {demand.images_usd:.4f} of it pictures"),
        ("transactions of PostgreSQL", f"{demand.commits:.0f}"),
        ("written ahead", f"{demand.wal_bytes / 1e3:.0f} kB"),
        ("rows and indexes that stay", f"{(demand.row_bytes - demand.step_bytes) / 1e3:.0f} kB"),
        ("steps, kept a week", f"{demand.step_bytes / 1e3:.0f} kB"),
        ("outbox, kept a day", f"{demand.outbox_bytes / 1e3:.0f} kB"),
        ("events", f"{demand.events:.1f}, {demand.event_bytes / 1e3:.1f} kB"),
        ("pictures put into the bucket", f"{demand.objects:g}, {demand.object_bytes / 1e3:.0f} kB"),
        ("the page's HTML", f"{demand.html_bytes / 1e3:.0f} kB"),
    )
    return Table(f"The mean of {demand.pages} pages, {demand.date}", ("a page needs", ""), rows)


def first_table(found: Sequence[Level], demand: Demand) -> Table:
    """The limits that are met first."""
    rows = tuple(
        (level.name, *(f"{need.name} ({need.share:.0%})" for need in first_limits(level, demand)))
        for level in found
    )
    return Table("Met first", ("pages a day", "first", "then", "then", "then"), rows)


def as_markdown(table: Table) -> str:
    """The table's lines."""
    lines = (table.columns, ("---",) * len(table.columns), *table.rows)
    return f"{table.title}:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_text(table: Table) -> str:
    """The table with aligned columns, for a terminal."""
    lines = (table.columns, *table.rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def with_tables(page: str, found: Mapping[str, Table]) -> str:
    """The page with each table between the two comments that are kept for it.

    Raises:
        BenchError: the page has no such place.
    """
    for name, each in found.items():
        begin, end = f"<!-- table {name} -->", f"<!-- end {name} -->"
        place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not place.search(page):
            raise BenchError(f"docs/capacity.md has no place for a table: {begin} ... {end}")
        before, after = place.split(page, maxsplit=1)
        page = f"{before}{begin}\n{as_markdown(each)}\n{end}{after}"
    return page
