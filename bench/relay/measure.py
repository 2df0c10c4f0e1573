"""The relay beside nginx with nchan and sse-starlette: memory, CPU, events a second, delay, accepts."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import uvloop

from bench.errors import BenchError
from bench.machine import installed_versions
from bench.other_python import other_python
from bench.relay.callers import callers
from bench.relay.figures import SideRun
from bench.relay.nginx import find_nginx
from bench.relay.phases import Size, measure_side
from bench.relay.sides import EDGE, NCHAN, SDK, Open, Sides
from bench.relay.tables import bursts, comparison, what_each_does
from bench.result import Bar, Measurement, Result
from bench.spread import Spread, take_turns
from local.programs import ROOT

_STARLETTE = ROOT / "bench" / "relay" / "old_stack" / "requirements.txt"
MOST_ROUNDS = 3  # a round of four sides takes two minutes
MEMORY_KB, DELAY_MS, ACCEPTS = 6.0, 10.0, 3_000.0
_PACKAGES = ("azure-eventhub", "uvloop", "httptools", "orjson", "pyjwt", "cryptography")


def run(*, runs: int = 7, size: Size | None = None) -> Result:
    """Measure all four sides, taking turns, at most MOST_ROUNDS times each.

    Raises:
        BenchError: a side does not start, or cannot be had.
    """
    with clients_core() as server_core:
        size = size or Size(core=server_core)
        with callers(size.connections) as known:
            nginx = find_nginx()
            sides = Sides(known, other_python(_STARLETTE), nginx).all()
            # No round is thrown away: every server is a new process and is warmed up by its first events.
            results = take_turns(
                {name: _turn(each, size) for name, each in sides.items()}, min(runs, MOST_ROUNDS), warm_ups=0
            )
        return result_of(results, {"nginx": nginx.version()})


def result_of(results: Mapping[str, Sequence[SideRun]], versions: Mapping[str, str]) -> Result:
    """The bars: those of the design, and nchan's own medians in this run."""
    return Result(
        "relay",
        NCHAN,
        (*_deployed(results), *_edge(results)),
        (comparison(results), bursts(results), what_each_does()),
        {**installed_versions(_PACKAGES), **versions},
    )


def _deployed(results: Mapping[str, Sequence[SideRun]]) -> Iterator[Measurement]:
    """The relay as it is deployed, its events from Event Hubs through the SDK."""
    rss = partial(_spread, results, figure=lambda run: run.rss)
    p99 = partial(_spread, results, figure=lambda run: run.p99)
    accepts = partial(_spread, results, figure=lambda run: run.accepts)
    tickets = Spread.of(run.ticket_accepts or 0.0 for run in results[SDK])
    nchan_rss = rss(NCHAN)
    yield Measurement(
        "memory of a connection", "KB", rss(SDK), nchan_rss, Bar("at most", min(MEMORY_KB, nchan_rss.median))
    )
    yield Measurement(
        "p99 at the steady rate, Event Hubs to client", "ms", p99(SDK), None, Bar("at most", DELAY_MS)
    )
    yield Measurement(
        "p99 at the steady rate, at the edge", "ms", p99(EDGE), p99(NCHAN), Bar("at most", DELAY_MS)
    )
    yield Measurement(
        "accepts, a new token each", "1/s", accepts(SDK), accepts(NCHAN), Bar("at least", ACCEPTS)
    )
    cpu = partial(_spread, results, figure=lambda run: run.accept_cpu)
    yield Measurement("CPU of an accept, a new token each", "us", cpu(SDK), cpu(NCHAN))
    yield Measurement("accepts, a ticket each", "1/s", tickets, None, Bar("at least", ACCEPTS))


def _edge(results: Mapping[str, Sequence[SideRun]]) -> Iterator[Measurement]:
    """CPU and events a second, of what both do: nchan decodes no AMQP, so neither does ours here."""
    steady = partial(_spread, results, figure=lambda run: run.steady_cpu)
    full = partial(_spread, results, figure=lambda run: run.rate_cpu)
    rate = partial(_spread, results, figure=lambda run: run.rate)
    for name, figure in (("at the steady rate", steady), ("at full rate", full)):
        yield Measurement(
            f"CPU for 1,000 events {name}",
            "ms",
            figure(EDGE),
            figure(NCHAN),
            Bar("at most", figure(NCHAN).median),
        )
    yield Measurement("events a second", "1/s", rate(EDGE), rate(NCHAN), Bar("at least", rate(NCHAN).median))
    included = "SDK and AMQP included"
    yield Measurement(
        f"CPU for 1,000 events at the steady rate, {included}", "ms", steady(SDK), steady(NCHAN)
    )
    yield Measurement(f"CPU for 1,000 events at full rate, {included}", "ms", full(SDK), full(NCHAN))
    yield Measurement(f"events a second, {included}", "1/s", rate(SDK), rate(NCHAN))


def _spread(
    results: Mapping[str, Sequence[SideRun]], side: str, figure: Callable[[SideRun], float]
) -> Spread:
    return Spread.of(map(figure, results[side]))


def _turn(side: Open, size: Size) -> Callable[[], SideRun]:
    def turn() -> SideRun:
        gc.collect()
        return uvloop.run(measure_side(side, size))

    return turn


@contextmanager
def clients_core() -> Iterator[int]:
    """Keep this process, the clients', on one core; the server's is the other.

    Raises:
        BenchError: there is only one.
    """
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        raise BenchError("server and clients need a core each")
    server, clients = sorted(allowed)[:2]
    os.sched_setaffinity(0, {clients})
    # A collection among 10,000 connections is a pause of the clients, which would count as the server's.
    gc.freeze()
    gc.disable()
    try:
        yield server
    finally:
        gc.enable()
        gc.unfreeze()
        os.sched_setaffinity(0, allowed)
