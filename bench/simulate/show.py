"""A simulated day as a plot and as a row of a table."""

from __future__ import annotations

from bench.result import Table
from bench.simulate.day import Day
from bench.simulate.svg import Line, Panel, chart

_MEMORY_GB = 2.0
_COLUMNS = (
    *("scenario", "pages", "completed", "without a picture", "failed", "p50 s", "p95 s", "p99 s"),
    *("longest queue", "most instances", "starts", "429s", "given back", "sent again", "GB-s a page"),
)


def plot(day: Day) -> str:
    """Arrivals, the queue, instances and times of the day, as SVG."""
    minutes = day.step / 60
    panels = (
        Panel("pages asked for a minute", [Line("", [number / minutes for number in day.arrived])]),
        Panel(
            "messages in the queue, at most",
            [
                Line("to be taken", day.series["waiting"].values),
                Line("hidden until a retry", day.series["hidden"].values),
            ],
        ),
        Panel(
            "instances, at most",
            [Line("taking work or starting", day.series["instances"].values)],
        ),
        Panel(
            "seconds from request to page, by the time of the request",
            [Line("p50", day.walls_at(0.5)), Line("p95", day.walls_at(0.95))],
        ),
    )
    return chart(f"{day.scenario.name}: {day.scenario.about}", panels, day.scenario.shown)


def row(day: Day) -> tuple[str, ...]:
    """The day in figures, in the order of the table's columns."""
    gigabytes = _MEMORY_GB * (day.on_demand + day.always_ready)
    return (
        day.scenario.name,
        *(f"{number:,}" for number in (day.pages, day.completed, day.incomplete, day.failed)),
        *(f"{day.wall(share):.0f}" for share in (0.5, 0.95, 0.99)),
        *(f"{number:,}" for number in (round(day.highest["waiting"]), day.most_instances, day.started)),
        *(f"{number:,}" for number in (sum(day.refused.values()), day.given_back, day.redriven)),
        f"{gigabytes / max(1, day.completed):.2f}",
    )


def table(rows: tuple[tuple[str, ...], ...]) -> Table:
    """Days below each other."""
    return Table("Simulated days", _COLUMNS, rows)
