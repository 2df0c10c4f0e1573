"""`python -m bench.relay`: the bench in another size, or the soak; prints, and keeps nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.errors import BenchError
from bench.machine import machine_facts
from bench.relay.measure import run
from bench.relay.phases import Size
from bench.relay.soak import soak
from bench.report import as_text
from bench.result import Record


def main(arguments: Sequence[str]) -> int:
    """Run it; 1 when a bar is missed or nothing can be measured."""
    options = _parse(arguments)
    machine = machine_facts()
    try:
        if options.soak:
            result = soak(minutes=options.soak, connections=options.connections)
        else:
            size = Size(connections=options.connections, tickets=min(3_000, options.connections))
            result = run(runs=options.runs, size=size)
    except BenchError as exc:
        print(f"bench relay: {exc}", file=sys.stderr)
        return 1
    print(as_text(Record(datetime.now(UTC).isoformat(timespec="seconds"), machine, result)))
    return 1 if result.missed else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--connections", type=int, default=1_000, metavar="N", help="default 1000")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="rounds of all sides (default 1)")
    parser.add_argument(
        "--soak", type=float, default=0, metavar="MINUTES", help="the relay alone, with churn, for so long"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
