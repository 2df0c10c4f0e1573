"""Arithmetic of the bench: percentiles, and what one side's run comes to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of all values does not exceed (nearest rank).

    Raises:
        ValueError: there are no values, or the share is none.
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile needs values and a share above 0, at most 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


@dataclass(frozen=True, slots=True)
class SideRun:
    """One run of one side.

    Attributes:
        connections: how many streams were open while events flowed.
        rss: resident memory a connection added, KB of 1,000 bytes.
        pss: the same, shared pages counted in part.
        accepts: streams opened a second, every one by a caller not seen before.
        ticket_accepts: the same with tickets; None where there are none.
        accept_cpu: microseconds of the server for one of them.
        steady_cpu: milliseconds of the server for 1,000 events at the steady rate.
        steady_rate: events delivered a second at that rate.
        p50: milliseconds from an event's making to its arrival, median, at that rate.
        p99: the same of 99 in 100.
        rate: events a second when as many as possible are asked for.
        rate_cpu: milliseconds of the server for 1,000 events then.
        rate_busy: share of its core the server used then.
        burst: milliseconds until an event for every connection at once has arrived everywhere.
        burst_cpu: milliseconds of the server for 1,000 events of such a burst.
        lost: events that did not arrive, of all phases.
    """

    connections: int
    rss: float
    pss: float
    accepts: float
    ticket_accepts: float | None
    accept_cpu: float
    steady_cpu: float
    steady_rate: float
    p50: float
    p99: float
    rate: float
    rate_cpu: float
    rate_busy: float
    burst: float
    burst_cpu: float
    lost: int
