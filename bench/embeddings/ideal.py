"""How fast documents could be embedded if nothing but the model took time."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass

from local.programs import ROOT


@dataclass(frozen=True, slots=True)
class Intake:
    """How a function instance takes messages from its queue (Azure Functions, "host.json", queues).

    Attributes:
        batch: messages taken at once.
        threshold: so many or fewer are being worked on when the next are taken.
    """

    batch: int
    threshold: int


def intake() -> Intake:
    """As host.json has it."""
    queues = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]["queues"]
    return Intake(queues["batchSize"], queues["newBatchThreshold"])


def least_seconds(durations: Sequence[float], how: Intake) -> float:
    """When the last of these documents is done: each takes its calls' latency, and messages are there at once."""
    waiting, working, now = list(reversed(durations)), list[float](), 0.0
    while waiting or working:
        while waiting and len(working) <= how.threshold:
            for _ in range(min(how.batch, len(waiting))):
                heapq.heappush(working, now + waiting.pop())
        now = heapq.heappop(working)
    return now
