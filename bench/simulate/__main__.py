"""`make simulate`: a day of each scenario, as a table, and as plots in docs/capacity.

python -m bench.simulate                          every scenario; docs/capacity.md and its plots follow
python -m bench.simulate 100k burst               these
python -m bench.simulate 100k --pages 250000 --instances 40 --out /tmp/days   what if: nothing of docs changes
python -m bench.simulate --measure                count a page's needs on the real stack first (a minute or two)
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.errors import BenchError
from bench.simulate import demand
from bench.simulate.day import Day
from bench.simulate.levels import read_prices
from bench.simulate.model import Model
from bench.simulate.page import FOLDER, PAGE, as_text, keep, read_days, tables, with_tables
from bench.simulate.scenario import Limit, Scenario
from bench.simulate.scenarios import measured_cpu, scenarios
from bench.simulate.show import row, table

_NAMES = ("1k", "100k", "1m", "limits", "burst", "patient", "outage", "deadly")
_CHANGES = ("pages", "instances", "target", "deliveries", "tokens_a_minute", "images_a_minute")


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when it did what was asked."""
    options = _parser().parse_args(arguments)
    try:
        if options.measure:
            demand.save(demand.measure())
        needed = demand.load()
        known = scenarios(needed, measured_cpu())
        asked = [changed(known[name], options) for name in options.names or known]
        days = _simulate(asked, options.seed)
        print(as_text(table(tuple(row(day) for day in days))))
        if options.out or _is_what_if(options):
            keep(days, options.out or Path(".local/simulate"))
            return 0
        keep(days)
        found = tables(read_days(), list(known), needed, read_prices())
        PAGE.write_text(with_tables(PAGE.read_text("utf-8"), found), "utf-8")
    except (BenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\nplots in {FOLDER.relative_to(PAGE.parents[1])}, figures in {PAGE.relative_to(PAGE.parents[1])}")
    return 0


def changed(scenario: Scenario, options: argparse.Namespace) -> Scenario:
    """The scenario with what the options say."""
    scaling, limits, returns = scenario.scaling, dict(scenario.limits), scenario.returns
    if options.instances:
        scaling = replace(scaling, most=options.instances)
    if options.target:
        scaling = replace(scaling, target=options.target)
    if options.deliveries:
        returns = replace(returns, deliveries=options.deliveries)
    if options.tokens_a_minute:
        limits["text"] = Limit(options.tokens_a_minute)
    if options.images_a_minute:
        limits["images"] = Limit(options.images_a_minute)
    pages = options.pages or scenario.pages
    return replace(scenario, pages=pages, scaling=scaling, limits=limits, returns=returns)


def _is_what_if(options: argparse.Namespace) -> bool:
    return options.seed != 1 or any(getattr(options, name) for name in _CHANGES)


def _simulate(asked: Sequence[Scenario], seed: int) -> list[Day]:
    """The days, side by side on the machine's cores, the longest begun first."""
    order = sorted(asked, key=lambda scenario: -scenario.pages)
    with ProcessPoolExecutor(min(len(asked), os.cpu_count() or 1)) as pool:
        days = {day.scenario.name: day for day in pool.map(partial(_day, seed), order)}
    return [days[scenario.name] for scenario in asked]


def _day(seed: int, scenario: Scenario) -> Day:
    return Model(scenario, seed).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="SCENARIO", choices=[[], *_NAMES], help=", ".join(_NAMES))
    parser.add_argument("--seed", type=int, default=1, help="of the dice (default 1)")
    parser.add_argument("--measure", action="store_true", help="count a page's needs first")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="for plots and figures instead of docs/capacity"
    )
    changes = parser.add_argument_group("what if (plots then go to .local/simulate, or --out)")
    for name, about in (
        ("pages", "a day"),
        ("instances", "at most"),
        ("target", "messages an instance stands for when scaling"),
        ("deliveries", "after which a page fails"),
        ("tokens-a-minute", "the text model allows"),
        ("images-a-minute", "the image model allows"),
    ):
        changes.add_argument(f"--{name}", type=_positive, metavar="N", help=about)
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
