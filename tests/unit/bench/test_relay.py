"""The pure parts of bench/relay."""

from __future__ import annotations

import struct

import pytest

from bench.errors import BenchError
from bench.relay.edge import split
from bench.relay.events import MARK, Events, sent_at
from bench.relay.figures import percentile
from bench.relay.scaling import Measured, plan
from bench.relay.soak import Sample, drift
from notifications.relay.incoming import decode


def test_percentile_is_the_nearest_rank() -> None:
    """Of a hundred values the 99th, of one the only one."""
    values = [float(number) for number in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([3.0], 0.01)) == (50.0, 99.0, 3.0)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    """No values, or a share that is none, is an error."""
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_events_are_ours_and_hold_their_mark_once() -> None:
    """The relay takes them; ids differ; each holds one mark and the moment of its making."""
    first, second = Events().bodies([b"user-1", b"user-2"])
    assert [decode(body).user_id for body in (first, second)] == ["user-1", "user-2"]
    assert decode(first).event_id != decode(second).event_id
    assert first.count(MARK) == second.count(MARK) == 1
    assert sent_at(first) == sent_at(second)
    assert sent_at(first[: first.index(MARK) + 5]) is None


def test_bodies_are_split_wherever_the_stream_is_cut() -> None:
    """Every cut of two bodies gives both in the end, and nothing twice."""
    stream = b"".join(struct.pack(">I", len(body)) + body for body in (b"one", b"", b"three"))
    for cut in range(len(stream) + 1):
        bodies, held = split(stream[:cut])
        later, left = split(held + stream[cut:])
        assert ([*bodies, *later], left) == ([b"one", b"", b"three"], b"")


def test_drift_looks_past_the_first_two_minutes() -> None:
    """Growth while the window fills is no drift; growth after it is."""
    filling = [Sample(5.0 * n, 50.0 + min(n, 24), 20) for n in range(120)]
    assert drift(filling) == 0
    leaking = [Sample(5.0 * n, 100.0 + n, 20) for n in range(120)]
    assert drift(leaking) > 0.5
    with pytest.raises(ValueError, match="ten samples"):
        drift(filling[:9])


def test_more_sellers_need_more_of_everything() -> None:
    """Replicas, groups and units grow with the sellers; a rollout fits into the groups."""
    measured = Measured(memory_kb=3, event_us=40, accept_us=150)
    plans = [plan(sellers, measured) for sellers in (1_000, 100_000, 1_000_000)]
    assert plans[0].replicas == 2
    assert plans[2].replicas >= 10
    assert all(2 * each.replicas <= 5 * each.groups for each in plans)
    assert [each.units for each in plans] == sorted(each.units for each in plans)


def test_events_that_fill_a_core_cannot_be_planned() -> None:
    """Every replica reads every event, so there is a number that more replicas do not help against."""
    with pytest.raises(BenchError, match="more than a replica reads"):
        plan(100_000_000, Measured(memory_kb=3, event_us=40, accept_us=150))
