"""`python -m bench [NAME ...]`: measure, print, keep the figures; exit code 1 when a bar is missed."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.documentation import document
from bench.errors import BenchError
from bench.machine import machine_facts
from bench.report import as_text
from bench.result import Record
from bench.storage import save

_HERE = Path(__file__).resolve().parent


def bench_names(folder: Path = _HERE) -> list[str]:
    """The benches there are: every package with a `measure` module."""
    return sorted(path.parent.name for path in folder.glob("*/measure.py"))


def main(arguments: Sequence[str]) -> int:
    """Run the benches asked for, all of them when none is; the process's exit code."""
    options = _parse(arguments)
    codes = [_run(name, options.runs, keep=options.keep) for name in options.names or bench_names()]
    return max(codes, default=0)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=_known, help=f"of {', '.join(bench_names())}; default: all"
    )
    parser.add_argument("--runs", type=_positive, default=7, metavar="N", help="of each side (default 7)")
    parser.add_argument(
        *("--no-keep",),
        dest="keep",
        action="store_false",
        help="only print: leave bench/results and docs/benchmarks.md as they are",
    )
    return parser.parse_args(arguments)


def _known(name: str) -> str:
    if name not in bench_names():
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(bench_names())}")
    return name


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _run(name: str, runs: int, *, keep: bool) -> int:
    """Run one bench; 1 when it misses a bar or cannot measure."""
    machine = machine_facts()
    print(f"measuring {name} ...", file=sys.stderr)
    try:
        result = importlib.import_module(f"bench.{name}.measure").run(runs=runs)
        record = Record(datetime.now(UTC).isoformat(timespec="seconds"), machine, result)
        print(as_text(record))
        if keep:
            print(f"\nkept in bench/results/{save(record).name} and docs/benchmarks.md")
            document(record)
    except BenchError as exc:
        print(f"bench {name}: {exc}", file=sys.stderr)
        return 1
    _explain(measurement.name for measurement in result.missed)
    return 1 if result.missed else 0


def _explain(missed: Iterable[str]) -> None:
    for name in missed:
        print(f"missed its bar: {name}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
