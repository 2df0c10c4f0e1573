"""The four sides beside each other."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.relay.figures import SideRun
from bench.relay.sides import EDGE, NCHAN, SDK, STARLETTE
from bench.report import number
from bench.result import Table

_ORDER = (SDK, EDGE, NCHAN, STARLETTE)

type Results = Mapping[str, Sequence[SideRun]]

_ROWS: tuple[tuple[str, Callable[[SideRun], float | None]], ...] = (
    ("connections", lambda run: run.connections),
    ("memory of a connection, RSS KB", lambda run: run.rss),
    ("the same, PSS KB", lambda run: run.pss),
    ("accepts/s", lambda run: run.accepts),
    ("accepts/s by ticket", lambda run: run.ticket_accepts),
    ("CPU of an accept, us", lambda run: run.accept_cpu),
    ("steady: events/s", lambda run: run.steady_rate),
    ("steady: CPU for 1,000 events, ms", lambda run: run.steady_cpu),
    ("steady: p50 ms", lambda run: run.p50),
    ("steady: p99 ms", lambda run: run.p99),
    ("full rate: events/s", lambda run: run.rate),
    ("full rate: CPU for 1,000 events, ms", lambda run: run.rate_cpu),
    ("full rate: server's share of its core, %", lambda run: 100 * run.rate_busy),
)
_BURST: tuple[tuple[str, Callable[[SideRun], float | None]], ...] = (
    ("until everyone has it, ms", lambda run: run.burst),
    ("CPU for 1,000 events, ms", lambda run: run.burst_cpu),
    ("events that never came, all phases", lambda run: run.lost),
)


def comparison(results: Results) -> Table:
    """Every figure of every side, medians."""
    return _table("All sides, each alone on one core, medians", results, _ROWS)


def bursts(results: Results) -> Table:
    """What an event for everyone at once takes."""
    return _table("An event for every connection at once", results, _BURST)


def what_each_does() -> Table:
    """What is switched on, and where events come from."""
    rows = (
        ("events come", "Event Hubs, SDK", "plain socket", "HTTP POST", "plain socket"),
        ("token or ticket verified", "yes", "yes", "no", "no"),
        ("ten minutes to resume from", "yes", "yes", "yes", "no"),
        ("publishers' repetitions dropped", "yes", "yes", "no", "no"),
        ("streams limited for each user", "yes", "yes", "no", "no"),
        ("slow clients bounded", "yes", "yes", "no", "no"),
        ("bounded lifetime, ends with the token", "yes", "yes", "no", "no"),
    )
    return Table("What each does", ("", *_ORDER), rows)


def _table(
    title: str, results: Results, rows: Iterable[tuple[str, Callable[[SideRun], float | None]]]
) -> Table:
    cells = ((name, *(_median(results[side], figure) for side in _ORDER)) for name, figure in rows)
    return Table(title, ("", *_ORDER), tuple(cells))


def _median(runs: Sequence[SideRun], figure: Callable[[SideRun], float | None]) -> str:
    known = [value for run in runs if (value := figure(run)) is not None]
    return number(statistics.median(known)) if known else "-"
