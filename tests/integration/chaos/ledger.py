"""Which provider call belongs to which step of which task, told from the stand-ins' log alone."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from tests.chaos import Chaos


@dataclass(frozen=True)
class Kill:
    """A moment a worker died: the log's last number, and what was stored of the task."""

    seq: int
    stored: frozenset[str]


@dataclass
class Order:
    """A page that was asked for.

    Attributes:
        tag: in the product's name and so in every text call.
        body: of the POST.
        kills: the worker's deaths while the task was unfinished.
    """

    task_id: str
    tag: str
    body: dict[str, Any]
    kills: list[Kill] = field(default_factory=list)

    def remember_kill(self, chaos: Chaos, seq: int) -> None:
        """Note a death of the worker, if this task was not finished."""
        status = chaos.sql("select status from tasks where task_id = %s", (self.task_id,))
        if status not in ([("completed",)], [("failed",)]):
            self.kills.append(Kill(seq, frozenset(chaos.stored(self.task_id))))


@dataclass(frozen=True)
class Paid:
    """One provider call of one step; `digest` tells equal requests."""

    seq: int
    step: str
    digest: str


def calls_of(chaos: Chaos, order: Order) -> list[Paid]:
    """The order's provider calls by step key."""
    stored = chaos.stored(order.task_id)
    blocks = _block_keys(chaos, stored)
    seeds = {uuid5(UUID(order.task_id), key).int % 2**31: key for key in stored if key.startswith("image:")}
    found = []
    for call in chaos.calls():
        step = _step(call, order, blocks, seeds)
        if step:
            request = json.dumps(call["request"], sort_keys=True)
            found.append(Paid(call["seq"], step, hashlib.sha256(request.encode()).hexdigest()))
    return found


def assert_paid_once(chaos: Chaos, order: Order) -> None:
    """No stored step was called again, and no call was repeated but those a kill interrupted."""
    calls = calls_of(chaos, order)
    for kill in order.kills:
        again = [call.step for call in calls if call.seq > kill.seq and call.step in kill.stored]
        assert not again, f"stored steps paid again: {again}"
    times = Counter((call.step, call.digest) for call in calls)
    for (step, _), count in times.items():
        interrupted = sum(step not in kill.stored for kill in order.kills)
        assert count <= 1 + interrupted, f"{step}: {count} calls, {interrupted} kills before it was stored"


def calls_repeated(chaos: Chaos, order: Order) -> int:
    """How many of the order's calls were made before by an equal request."""
    calls = calls_of(chaos, order)
    return len(calls) - len({(call.step, call.digest) for call in calls})


def in_flight(chaos: Chaos, order: Order, endpoint: str) -> bool:
    """Whether a call of this endpoint waits for its answer; text calls are told apart by tag."""
    return any(
        call["status"] is None and call["endpoint"] == endpoint and _mentions(call, order)
        for call in chaos.calls()
    )


def _mentions(call: dict[str, Any], order: Order) -> bool:
    if call["endpoint"] in {"images", "vision"}:
        return str(order.body.get("image_id")) in json.dumps(call["request"])
    if call["endpoint"] == "product":
        return bool(call["path"] == f"/products/{order.body.get('product_id')}")
    return order.tag in _content(call)


def _step(
    call: dict[str, Any], order: Order, blocks: dict[tuple[str, str], str], seeds: dict[int, str]
) -> str | None:
    match call["endpoint"]:
        case "images":
            return seeds.get(call["request"]["seed"])
        case "block" if _mentions(call, order):
            data = json.loads(_content(call))
            key = blocks.get((data["block"]["template_name"], data["block"]["brief"]))
            return f"{key}:again" if key and "findings" in data else key
        case "product" | "chat" if _mentions(call, order):
            return "product"
        case "vision" | "plan" as endpoint if _mentions(call, order):
            return str(endpoint)
    return None


def _content(call: dict[str, Any]) -> str:
    """The JSON text between the <data> tags of a chat call."""
    content = call["request"]["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[0]["text"]
    return str(text.partition("<data>\n")[2].partition("\n</data>")[0])


def _block_keys(chaos: Chaos, stored: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Step keys of the planned blocks by template name and brief, which every block call shows."""
    planned = stored.get("plan", {}).get("value", {}).get("blocks", [])
    names = dict(chaos.sql("select template_id, name from templates"))
    return {
        (names[block["template_id"]], block["brief"]): f"block:{number}"
        for number, block in enumerate(planned, start=1)
    }
