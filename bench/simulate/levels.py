"""The arithmetic of docs/capacity.md: what a number of pages a day needs at its busiest, and costs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import number
from bench.result import Table
from bench.simulate.demand import Demand
from bench.simulate.scenario import DAY, WORKING_DAY
from shared.settings import RetentionSettings

PRICES = Path(__file__).with_name("prices.json")
LEVELS = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
PEAK = max(WORKING_DAY) * len(WORKING_DAY) / sum(WORKING_DAY)  # the busiest hour over the mean one

# What nobody has measured. docs/capacity.md gives the reasons.
HTTP_PER_PAGE = 6  # upload, request, three looks, the finished page
TELEMETRY_BYTES = 50_000  # taken in for a page before sampling
PHOTO_READS = 4  # by vision and three edits
REPLICAS, REPLICA_VCPU, REPLICA_GIB = 2, 1.0, 2.0  # infra/environments/prod.relay.parameters.json
MEMORY_GB, HTTP_ALWAYS_READY, PAGE_ALWAYS_READY = 2.0, 2, 1  # prod.parameters.json
VCORES = {"1k": 4, "100k": 4, "1m": 8}
DISK_GB = {"1k": 128, "100k": 512, "1m": 1024}
# Timers: sweep every 4 s, documents every 15 s, queues every minute, purge every hour; a run is billed as a second at
# least. Only the purge takes longer: 0.09 s for the batch of 200 tasks (docs/decisions/0015), pauses included.
PURGES = DAY / 3600
TIMER_RUNS = DAY / 4 + DAY / 15 + DAY / 60 + PURGES
PURGE_SECONDS = 0.09 / 200
STEP_DAYS: int = RetentionSettings.model_fields["step_days"].default


@dataclass(frozen=True, slots=True)
class Level:
    """Pages a day, with what the simulation of that day told.

    Attributes:
        name: of the scenario.
        busy: seconds in which instances that start on demand were making pages; `ready_busy`: those always ready.
        wall: median seconds of a page.
    """

    name: str
    pages: int
    busy: float
    ready_busy: float
    instances: int
    wall: float

    @property
    def peak(self) -> float:
        """Pages a second in the busiest hour."""
        return self.pages / DAY * PEAK


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is needed at the busiest hour, beside what there is of it.

    Attributes:
        has: the limit as configured or assumed; `limit_of`: in words.
    """

    name: str
    needed: float
    has: float
    limit_of: str

    @property
    def share(self) -> float:
        """How much of the limit is used."""
        return self.needed / self.has


def read_prices(path: Path = PRICES) -> dict[str, dict[str, Any]]:
    """Prices by name; `usd` `per` something, with region, date and source."""
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return found


def needs(level: Level, demand: Demand) -> list[Need]:
    """What the busiest hour of a level needs."""
    peak, minute = level.peak, level.peak * 60
    tokens = demand.input_tokens + demand.output_tokens
    watching = peak * (level.wall + 30)  # a stream is opened with the page and left open for a while
    events = peak * demand.events
    return [
        Need("text tokens a minute", minute * tokens, 2_000_000, "assumed for an ordinary account"),
        Need("text requests a minute", minute * _chats(demand), 10_000, "the same"),
        Need("images a minute", minute * demand.calls["images"], 600, "the same"),
        Need(
            "page instances", level.instances, 97, "maximumInstanceCount 100, less three for HTTP and timers"
        ),
        Need(
            "memory of instances, MB",
            (level.instances + 3) * 2048,
            512_000,
            "a subscription's quota in a region",
        ),
        Need(
            "PostgreSQL connections", (level.instances + 3) * 4, 1_718, "maxConnections; DATABASE_POOL_SIZE 4"
        ),
        Need("PostgreSQL commits a second", peak * demand.commits, 500, "writes of the 128 GB disk (P10)"),
        Need("written ahead, MB/s", peak * demand.wal_bytes / 1e6, 100, "the same disk"),
        Need("queue messages a second", peak * 3, 2_000, "a queue"),
        Need("events in a second", events, 2_000, "two throughput units"),
        Need(
            "events out, MB/s",
            events * demand.event_bytes / demand.events * REPLICAS / 1e6,
            4,
            "two throughput units, every replica reads all",
        ),
        Need("open streams", watching, REPLICAS * 10_000, "two relays, 10,000 each as designed"),
        Need("bucket writes a second", peak * (demand.objects + 1), 3_500, "a prefix of an S3 bucket"),
        Need("disk after 30 days, GB", disk(level, demand, 30) / 1e9, 128, "storageSizeGB"),
    ]


def disk(level: Level, demand: Demand, days: int) -> float:
    """Bytes of the database after so many days: what stays of each page, the steps of a week, the outbox of a day."""
    stays = days * (demand.row_bytes - demand.step_bytes)
    steps = min(days, STEP_DAYS) * demand.step_bytes
    return level.pages * (stays + steps + demand.outbox_bytes)


def _chats(demand: Demand) -> float:
    return sum(demand.calls.get(name, 0.0) for name in ("vision", "plan", "block", "translate"))


def costs(level: Level, demand: Demand, prices: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """USD a day by what it is spent on."""
    usd = {name: float(price["usd"]) for name, price in prices.items()}
    return {
        "image model": level.pages * demand.images_usd,
        "text model": level.pages * (demand.usd - demand.images_usd),
        "functions": _functions(level, usd),
        "PostgreSQL": VCORES[level.name] * 24 * usd["postgres_vcore"] * 2  # a standby in another zone
        + DISK_GB[level.name] * usd["postgres_storage"] / 30 * 2,
        "logs and traces": level.pages * TELEMETRY_BYTES / 1e9 * usd["logs"],
        "bucket": _bucket(level, demand, usd),
        "Event Hubs": units(level, demand) * 24 * usd["event_hubs_unit"]
        + level.pages * demand.events / 1e6 * usd["event_hubs_events"],
        "relays": REPLICAS
        * DAY
        * (REPLICA_VCPU * usd["container_vcpu"] + REPLICA_GIB * usd["container_memory"]),
        "queues": queue_operations(level) / 10_000 * usd["storage_operations"],
    }


def units(level: Level, demand: Demand) -> int:
    """Throughput units of the busiest hour; two at least, for a publisher's bursts."""
    events = level.peak * demand.events
    size = demand.event_bytes / demand.events
    return max(2, math.ceil(events / 1_000), math.ceil(events * size * REPLICAS / 2e6))


def queue_operations(level: Level) -> float:
    """Put, a share of a get, delete; looks into three queues every two seconds while an instance listens; the timers'.

    Those are one look at each of three poison queues every 15 s, and the length and first message of six a minute.
    """
    return 3.0 * level.pages + 3 * DAY / 2 * max(1.0, level.instances / 2) + 3 * DAY / 15 + 12 * DAY / 60


def _functions(level: Level, usd: Mapping[str, float]) -> float:
    idle = (HTTP_ALWAYS_READY + PAGE_ALWAYS_READY) * MEMORY_GB * DAY * usd["functions_always_ready_idle"]
    http = level.pages * HTTP_PER_PAGE
    # A request takes some 20 ms, but an instance is billed for a second at least and serves many in it.
    http_busy = min(DAY * HTTP_ALWAYS_READY, http * 1.0) * MEMORY_GB * usd["functions_always_ready_busy"]
    pages = MEMORY_GB * (
        level.busy * usd["functions_on_demand"] + level.ready_busy * usd["functions_always_ready_busy"]
    )
    timed = TIMER_RUNS - PURGES + max(PURGES, level.pages * PURGE_SECONDS)
    timers = timed * MEMORY_GB * usd["functions_on_demand"]
    runs = (http + level.pages + TIMER_RUNS) / 1e6 * usd["functions_executions"]
    return idle + http_busy + pages + timers + runs


def _bucket(level: Level, demand: Demand, usd: Mapping[str, float]) -> float:
    photo = demand.object_bytes / demand.objects  # a seller's photo is about as large as a picture of ours
    month = 30 * level.pages * (demand.object_bytes + photo) / 1e9
    return (
        level.pages * (demand.objects + 1) / 1_000 * usd["s3_put"]
        + level.pages * (PHOTO_READS + demand.objects + 1) / 1_000 * usd["s3_get"]
        + month * usd["s3_storage"] / 30
        + level.pages * PHOTO_READS * photo / 1e9 * usd["s3_egress"]
    )


def needs_table(levels: Sequence[Level], demand: Demand) -> Table:
    """What is needed in the busiest hour, and the share of the limit that is."""
    columns = ("in the busiest hour", *(level.name for level in levels), "limit", "which is")
    listed = [needs(level, demand) for level in levels]
    rows = tuple(
        (
            row[0].name,
            *(f"{number(each.needed)} ({each.share:.0%})" for each in row),
            f"{row[0].has:,}",
            row[0].limit_of,
        )
        for row in zip(*listed, strict=True)
    )
    return Table("Needs and limits as deployed", columns, rows)


def first_limits(level: Level, demand: Demand, most: int = 4) -> list[Need]:
    """The limits that are met first, the fullest before."""
    return sorted(needs(level, demand), key=lambda need: -need.share)[:most]


def costs_table(levels: Sequence[Level], demand: Demand, prices: Mapping[str, Mapping[str, Any]]) -> Table:
    """USD a day, and for a page."""
    listed = [costs(level, demand, prices) for level in levels]
    rows = [(name, *(_money(each[name]) for each in listed)) for name in listed[0]]
    rows.append(("all", *(_money(sum(each.values())) for each in listed)))
    rows.append(
        (
            "a page",
            *(f"{sum(each.values()) / level.pages:.4f}" for each, level in zip(listed, levels, strict=True)),
        )
    )
    rows.append(
        (
            "a page without models",
            *(
                f"{(sum(each.values()) - each['image model'] - each['text model']) / level.pages:.5f}"
                for each, level in zip(listed, levels, strict=True)
            ),
        )
    )
    return Table("USD a day", ("", *(level.name for level in levels)), tuple(rows))


def prices_table(prices: Mapping[str, Mapping[str, Any]]) -> Table:
    """Prices with where and when they were read."""
    rows = tuple(
        (
            name,
            f"{price['usd']:.6f}".rstrip("0"),
            price["per"],
            price["region"],
            price["date"],
            price["source"],
        )
        for name, price in prices.items()
    )
    return Table("Prices", ("price", "USD", "per", "region", "date", "source"), rows)


def _money(usd: float) -> str:
    return f"{usd:,.2f}" if usd < 1_000 else f"{usd:,.0f}"
