"""`python -m bench.relay.scaling`: writes the tables of docs/scaling.md from what bench/relay has measured.

What could not be measured here is an assumption with its reason (ASSUMED); the rest is arithmetic, shown on that page.
"""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.report import circumstances, number
from bench.result import Measurement, Record
from bench.storage import RESULTS, load
from local.programs import ROOT

PAGE = ROOT / "docs" / "scaling.md"
PRICES = ROOT / "bench" / "simulate" / "prices.json"
SELLERS = (1_000, 10_000, 100_000, 1_000_000)

# What this arithmetic needs of the measurements, by their names in bench/relay/measure.py.
MEMORY = "memory of a connection"
EVENT = "CPU for 1,000 events at the steady rate, SDK and AMQP included"
ACCEPT = "CPU of an accept, a new token each"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is not measured: each is in docs/scaling.md with its reason.

    Attributes:
        events_hour: events of one connected seller in the busiest hour (a page, 20.2 events in docs/capacity.md).
        event_kb: one event on Event Hubs' way, annotations and frame included.
        kernel_kb: the kernel's memory for an idle connection.
        lifetime: seconds of a stream (RELAY_LIFETIME_SECONDS).
        beat: seconds between heartbeats, and CPU microseconds of one.
        busy: share of a core that may be used in the busiest hour.
        peak: the busiest hour over the mean one.
        streams: most streams of one replica, so that losing it is bearable.
        unit_in, unit_out: events a second into, MB a second out of a throughput unit (Microsoft Learn).
    """

    events_hour: float = 20.2
    event_kb: float = 0.65
    kernel_kb: float = 5.0
    lifetime: float = 200.0
    beat: float = 15.0
    beat_us: float = 8.0
    busy: float = 0.6
    peak: float = 2.1
    streams: int = 100_000
    unit_in: float = 1_000.0
    unit_out: float = 2.0


ASSUMED = Assumed()


@dataclass(frozen=True, slots=True)
class Measured:
    """KB of a connection; CPU microseconds of an event and of an accept."""

    memory_kb: float
    event_us: float
    accept_us: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What so many connected sellers need in the busiest hour.

    Attributes:
        sellers: with one stream each.
        events: a second, all of them.
        replicas: of one core.
        core: share of its core each uses.
        memory_mb: of the streams of each, the kernel's part included.
        groups: consumer groups, so that a rollout has room.
        out_mb: a second, to all replicas.
        units: throughput units, and those of a rollout, when twice the replicas read.
    """

    sellers: int
    events: float
    replicas: int
    core: float
    memory_mb: float
    groups: int
    out_mb: float
    units: tuple[int, int]


def plan(sellers: int, measured: Measured, assumed: Assumed = ASSUMED) -> Plan:
    """The fewest replicas, at least two, that carry these sellers.

    Raises:
        BenchError: events alone fill a core: every replica reads all of them, so more replicas do not help.
    """
    events = sellers * assumed.events_hour / 3600
    reading = events * measured.event_us / 1e6
    if reading >= assumed.busy:
        raise BenchError(f"{events:.0f} events a second are more than a replica reads")
    each = measured.accept_us / assumed.lifetime / 1e6 + assumed.beat_us / assumed.beat / 1e6
    most = min(assumed.streams, (assumed.busy - reading) / each)
    replicas = max(2, math.ceil(sellers / most))
    streams = sellers / replicas
    out = events * assumed.event_kb / 1000 * replicas
    return Plan(
        sellers,
        events,
        replicas,
        reading + streams * each,
        streams * (measured.memory_kb + assumed.kernel_kb) / 1000,
        math.ceil(2 * replicas / 5),
        out,
        (_units(events, out, assumed), _units(events, 2 * out, assumed)),
    )


def _units(events: float, out_mb: float, assumed: Assumed) -> int:
    return max(1, math.ceil(events / assumed.unit_in), math.ceil(out_mb / assumed.unit_out))


def cost(needs: Plan, prices: dict[str, float], assumed: Assumed = ASSUMED) -> tuple[float, float]:
    """USD a day for Event Hubs and for replicas of one core and 2 GiB."""
    hub = needs.units[1] * 24 * prices["event_hubs_unit"]
    sent = needs.events / assumed.peak * 86_400 / 1e6 * prices["event_hubs_events"]
    core, memory = prices["container_vcpu"], 2 * prices["container_memory"]
    return hub + sent, needs.replicas * 86_400 * (core + memory)


def tables(record: Record, prices: dict[str, float]) -> str:
    """Both tables as Markdown."""
    measured = _measured(record)
    plans = [plan(sellers, measured) for sellers in SELLERS]
    figures = (
        "| measured | |",
        "| --- | --- |",
        f"| {MEMORY} | {number(measured.memory_kb)} KB |",
        f"| CPU of an event, SDK and AMQP included | {number(measured.event_us)} us |",
        f"| CPU of an accept, a new token each | {number(measured.accept_us)} us |",
    )
    rows = (
        _row("connected sellers", [f"{each.sellers:,}" for each in plans]),
        _row("---", ["---"] * len(plans)),
        _row("events/s in the busiest hour", [number(each.events) for each in plans]),
        _row("replicas of one core", [str(each.replicas) for each in plans]),
        _row("each uses of its core", [f"{each.core:.0%}" for each in plans]),
        _row("each one's streams, MB", [number(each.memory_mb) for each in plans]),
        _row("consumer groups", [str(each.groups) for each in plans]),
        _row("out of Event Hubs, MB/s", [number(each.out_mb) for each in plans]),
        _row("throughput units", [str(each.units[0]) for each in plans]),
        _row("the same in a rollout", [str(each.units[1]) for each in plans]),
        _row("Event Hubs, USD a day", [number(cost(each, prices)[0]) for each in plans]),
        _row("replicas, USD a day", [number(cost(each, prices)[1]) for each in plans]),
        _row("USD a month for 1,000 sellers", [number(_share(each, prices)) for each in plans]),
    )
    return "\n".join((f"{circumstances(record)}:", "", *figures, "", *rows))


def _share(needs: Plan, prices: dict[str, float]) -> float:
    return 30 * sum(cost(needs, prices)) / (needs.sellers / 1000)


def _row(name: str, cells: list[str]) -> str:
    return f"| {' | '.join((name, *cells))} |"


def _measured(record: Record) -> Measured:
    known = {each.name: each for each in record.result.measurements}
    return Measured(_median(known, MEMORY), _median(known, EVENT), _median(known, ACCEPT))


def _median(known: dict[str, Measurement], name: str) -> float:
    if name not in known:
        raise BenchError(f"bench/results/relay.json has no {name!r}: run `python -m bench relay`")
    return known[name].ours.median


def read_prices(path: Path = PRICES) -> dict[str, float]:
    """USD by name."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return {name: float(each["usd"]) for name, each in raw.items()}


def main() -> int:
    """Rewrite the page's tables."""
    path = RESULTS / "relay.json"
    if not path.is_file():
        print("there is no bench/results/relay.json: run `python -m bench relay`", file=sys.stderr)
        return 1
    text = PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- figures scaling -->", "<!-- end scaling -->"
    place = re.compile(f"{begin}.*?{end}", re.DOTALL)
    made = f"{begin}\n{tables(load(path), read_prices())}\n{end}"
    PAGE.write_text(place.sub(lambda _: made, text, count=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
