"""Where one page's time goes: its critical path cut at the moments that the database and the models noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.pipeline.fixed_services import Call

PARTS = (
    "request until its row is stored",
    "queue: message sent, found by the poll, claimed",
    "product and photo (two stores)",
    "vision (answers at once): call and store",
    "facts, templates, until the plan is asked",
    "plan: the model",
    "plan: store, until the first picture is asked",
    "pictures: the model",
    "last picture: check, S3, row, until its store",
    "store, check of all pictures, assemble, page stored",
)


@dataclass(frozen=True, slots=True)
class Moments:
    """When what happened to one page; seconds since the epoch on one machine's clock."""

    asked: float
    created: float
    started: float
    finished: float
    steps: Mapping[str, float]
    calls: Sequence[Call]


def parts(moments: Moments) -> list[float]:
    """The seconds of each of PARTS; they add up to the time from the request to the finished page."""
    pictures = [call for call in moments.calls if call.endpoint == "images"]
    vision, plan = _only(moments, "vision"), _only(moments, "plan")
    last = max(stored for key, stored in moments.steps.items() if key.startswith("image:"))
    cuts = [
        *(moments.asked, moments.created, moments.started, vision.arrived, moments.steps["vision"]),
        *(plan.arrived, plan.answered, min(call.arrived for call in pictures)),
        *(max(call.answered for call in pictures), last, moments.finished),
    ]
    return [later - earlier for earlier, later in pairwise(cuts)]


def critical_path(latency: Mapping[str, float]) -> float:
    """The least a page can take: the plan, then the slowest of copy and pictures."""
    return latency.get("vision", 0.0) + latency["plan"] + max(latency["block"], latency["images"])


def _only(moments: Moments, endpoint: str) -> Call:
    return next(call for call in moments.calls if call.endpoint == endpoint)
