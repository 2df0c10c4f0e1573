"""What is simulated: a load, what a page needs, how instances work and scale, what the providers allow.

Figures that nobody here could measure (latencies of real models, their limits, how fast Azure starts instances) are
assumptions; docs/capacity.md lists them with their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.retry import RetryPolicy

type Provider = Literal["text", "images"]

HOUR = 3600.0
DAY = 24 * HOUR
# Sellers' working day in Korea (UTC+9), by hour from midnight; only the shape counts. An assumption.
WORKING_DAY = (
    *(0.25, 0.15, 0.1, 0.08, 0.08, 0.12, 0.25, 0.5, 0.9, 1.5, 2.0, 1.8),
    *(1.2, 1.6, 2.0, 2.1, 2.0, 1.7, 1.2, 1.0, 1.1, 1.2, 0.9, 0.5),
)


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds a call takes: `median`, and the spread of a log-normal (0: always the median) or an exponential."""

    median: float
    spread: float = 0.35
    shape: Literal["lognormal", "exponential"] = "lognormal"


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of call of a phase.

    Attributes:
        count: how many of them; a fraction is drawn for each page.
        tokens: that one of them counts against the provider's limit; images count as one.
        optional: the page is made without it when it fails for good (its picture is the seller's own photo).
    """

    provider: Provider
    latency: Latency
    count: float = 1.0
    tokens: float = 1.0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A page: phases one after the other, the calls of a phase side by side; CPU seconds spread over their edges."""

    phases: tuple[tuple[Call, ...], ...]
    cpu: float = 0.0438
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    deadly: float = 0.0  # share of pages that kill the process that makes them


@dataclass(frozen=True, slots=True)
class Worker:
    """One instance, as host.json has it.

    Attributes:
        batch: messages taken at once; `threshold`: more are taken when no more than so many are being worked on.
        longest_poll: seconds between two looks into an empty queue.
        start: seconds until a new instance works (platform, then import and index).
        warm_up: CPU seconds its first page pays for importing SDKs.
    """

    batch: int = 32
    threshold: int = 16
    longest_poll: float = 2.0
    start: Latency = Latency(4.0, 0.4)
    warm_up: float = 0.95


@dataclass(frozen=True, slots=True)
class Scaling:
    """Target-based scaling; desired instances = queue length / target.

    Attributes:
        target: messages one instance stands for: batchSize + newBatchThreshold in the extension's source.
        every: seconds between two decisions; `step`: most instances started or stopped by one.
        patience: decisions in a row that ask for fewer before one stops instances.
    """

    target: int = 48
    every: float = 30.0
    step: int = 4
    patience: int = 3
    most: int = 100
    always_ready: int = 1


@dataclass(frozen=True, slots=True)
class Limit:
    """A provider's limit in tokens or images a minute, refilled evenly; unused, it holds `burst` seconds' worth."""

    per_minute: float = float("inf")
    burst: float = 10.0


@dataclass(frozen=True, slots=True)
class Returns:
    """What follows a failed or killed run (generation/tasks/runner.py, sweep.py, operations/redrive.py), in seconds.

    Attributes:
        first: the pause after the first failed delivery, doubled after each; `longest`: no longer than that.
        deliveries: after so many a page is failed, and sent again once.
        stale: until a killed run is found by a sweep, which is made every `sweep`.
        redrive_after: until a failed page is sent again, at most `redrive_most` a minute.
    """

    first: float = 5.0
    longest: float = 120.0
    deliveries: int = 5
    stale: float = 60.0
    sweep: float = 4.0
    redrive_after: float = 600.0
    redrive_most: int = 100


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a provider refuses every call."""

    provider: Provider
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day to simulate.

    Attributes:
        pages: a day, spread as `profile` has it by the hour.
        burst: (when, pages, over how many seconds) on top.
        shown: hours of the day that its plot shows.
    """

    name: str
    about: str
    pages: float
    work: Work
    worker: Worker = Worker()
    scaling: Scaling = Scaling()
    limits: Mapping[Provider, Limit] = field(default_factory=dict)
    returns: Returns = Returns()
    profile: tuple[float, ...] = WORKING_DAY
    burst: tuple[float, int, float] | None = None
    outages: tuple[Outage, ...] = ()
    seconds: float = DAY
    shown: tuple[float, float] = (0.0, 24.0)
