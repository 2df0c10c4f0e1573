"""The days that `make simulate` simulates, from what was counted and measured and from host.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.simulate.demand import Demand
from bench.simulate.scenario import (
    HOUR,
    Call,
    Latency,
    Limit,
    Outage,
    Provider,
    Returns,
    Scaling,
    Scenario,
    Work,
    Worker,
)

_ROOT = Path(__file__).parents[2]
# Limits of an account that has grown a little; assumptions, look yours up.
ORDINARY: Mapping[Provider, Limit] = {"text": Limit(2_000_000), "images": Limit(600)}
# Limits to agree on before a million pages a day.
RAISED: Mapping[Provider, Limit] = {"text": Limit(40_000_000), "images": Limit(9_000)}
_AROUND_TEN = (9.75, 11.0)


def page_work(demand: Demand, cpu: float) -> Work:
    """A page as it is counted, with latencies assumed for real models.

    Args:
        demand: what a page needs.
        cpu: seconds of a core for one page.
    """
    vision = Call("text", Latency(3.0), tokens=demand.tokens("vision"), optional=True)
    plan = Call("text", Latency(6.0), tokens=demand.tokens("plan"))
    copy = Call("text", Latency(3.5), count=demand.calls["block"], tokens=demand.tokens("block"))
    pictures = Call("images", Latency(8.0), count=demand.calls["images"], optional=True)
    return Work(((vision,), (plan,), (copy, pictures)), cpu)


def measured_cpu(path: Path = _ROOT / "bench/results/pipeline.json") -> float:
    """Seconds of a core for one page, by bench/pipeline."""
    record = json.loads(path.read_text("utf-8"))
    name = "worker's CPU for one page, at 48 at once"
    found = next(each for each in record["measurements"] if each["name"] == name)
    return float(found["ours"]["median"]) / 1000


def hosted(path: Path = _ROOT / "host.json") -> tuple[Worker, Scaling]:
    """An instance and its scaling as host.json has them."""
    queues: dict[str, Any] = json.loads(path.read_text("utf-8"))["extensions"]["queues"]
    batch, threshold = int(queues["batchSize"]), int(queues["newBatchThreshold"])
    hours, minutes, seconds = (float(part) for part in queues["maxPollingInterval"].split(":"))
    poll = hours * HOUR + minutes * 60 + seconds
    worker = Worker(batch=batch, threshold=threshold, longest_poll=poll)
    return worker, Scaling(target=batch + threshold)


def scenarios(demand: Demand, cpu: float) -> dict[str, Scenario]:
    """All of them by name.

    Args:
        demand: what a page needs.
        cpu: seconds of a core for one page.
    """
    worker, scaling = hosted()
    base = Scenario("", "", 0, page_work(demand, cpu), worker, scaling, ORDINARY)
    return {scenario.name: scenario for scenario in (*_volumes(base), *_troubles(base))}


def _volumes(base: Scenario) -> tuple[Scenario, ...]:
    """Days on which nothing happens but so many pages."""
    return (
        replace(base, name="1k", about="1,000 pages a day", pages=1_000),
        replace(base, name="100k", about="100,000 pages a day", pages=100_000),
        replace(
            base,
            name="1m",
            about="1,000,000 pages a day, providers' limits raised",
            pages=1_000_000,
            limits=RAISED,
        ),
        replace(
            base,
            name="limits",
            about="150,000 pages a day against the limits meant for 100,000",
            pages=150_000,
        ),
    )


def _troubles(base: Scenario) -> tuple[Scenario, ...]:
    """Days on which something goes wrong."""
    hour = replace(base, pages=10_000, shown=_AROUND_TEN)
    burst = replace(hour, burst=(10 * HOUR, 3_000, 300.0))
    return (
        replace(burst, name="burst", about="10,000 pages a day, and 3,000 more within five minutes at 10:00"),
        replace(
            burst,
            name="patient",
            about="the same burst, if a page outlasted 50 deliveries",
            returns=Returns(deliveries=50),
        ),
        replace(
            hour,
            name="outage",
            about="10,000 pages a day, the text model away from 10:00 to 10:15",
            outages=(Outage("text", 10 * HOUR, 10.25 * HOUR),),
        ),
        replace(
            base,
            name="deadly",
            about="100,000 pages a day, one in 20,000 kills the process that makes it",
            pages=100_000,
            work=replace(base.work, deadly=1 / 20_000),
        ),
    )
