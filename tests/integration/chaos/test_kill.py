"""A worker killed with SIGKILL at every step boundary and inside every provider call loses and repeats nothing.

Afterwards each task has ended once, its page is the one an undisturbed task makes, no stored step was paid for again,
and the user's stream tells one story. CI kills a worker four times with 23 tasks in its hands; CHAOS_ROUNDS=100 makes
it a hundred rounds over every point in turn, three tasks each (about 20 minutes):

    CHAOS_ROUNDS=100 pytest tests/integration/chaos/test_kill.py --log-cli-level INFO
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.chaos import Chaos, chaos_stack
from tests.integration.chaos.gates import Gates
from tests.integration.chaos.ledger import Order, assert_paid_once, calls_repeated, in_flight
from tests.integration.chaos.pages import assert_same_as_undisturbed, new_tag, order_page
from tests.integration.chaos.stream import Follower, assert_one_story
from tests.stack import wait_for

log = logging.getLogger(__name__)

# From late to early: what holds a later step does not keep an earlier one from being reached.
CALLS = ("images", "block", "plan", "vision", "chat", "product")
STEPS = ("product", "photo", "vision", "plan", "block:1", "block:4", "image:%", "page")
HELD = 60.0
WORKER = "functions-0"
BODIES: dict[str, dict[str, Any]] = {
    "chat": {"product_data": "머그컵 350ml, 전자레인지 사용 가능, 소재 도자기", "options": {"images": 0}},
    "product": {"product_id": "S-2001"},
}


@dataclass
class Seller:
    """A user with a stream."""

    chaos: Chaos
    gates: Gates
    api: httpx.Client
    follower: Follower

    def kill_with(self, orders: Sequence[Order]) -> None:
        """Kill the worker and note what was stored of each order then."""
        self.chaos.kill(WORKER)
        seq = max((call["seq"] for call in self.chaos.calls()), default=0)
        for order in orders:
            order.remember_kill(self.chaos, seq)

    def verify(self, orders: Sequence[Order]) -> list[int]:
        """Let them end, then check everything a kill must not change; how many calls of each were repeated."""
        self.chaos.control()
        statuses = self.chaos.settle([order.task_id for order in orders])
        assert set(statuses.values()) == {"completed"}, statuses
        self.follower.until_marker()
        for order in orders:
            assert_one_story(self.follower.of(order.task_id))
            assert_paid_once(self.chaos, order)
            assert self.chaos.sql("select warnings from tasks where task_id = %s", (order.task_id,)) == [
                ([],)
            ]
        repeated = [calls_repeated(self.chaos, order) for order in orders]
        assert_same_as_undisturbed(self.chaos, self.api, orders)
        return repeated


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    """One worker; nothing but these tests uses it."""
    with chaos_stack(tmp_path_factory.mktemp("kill")) as chaos:
        yield chaos


@pytest.fixture(scope="module")
def gates(chaos: Chaos) -> Gates:
    return Gates(chaos)


@pytest.fixture
def seller(chaos: Chaos, gates: Gates, request: pytest.FixtureRequest) -> Iterator[Seller]:
    user = f"seller-{time.time_ns()}"
    with chaos.api(user) as api, Follower(chaos, user) as follower:
        yield Seller(chaos, gates, api, follower)
    assert "unexpected error" not in chaos.worker_log()


@pytest.mark.timeout(180)
def test_killed_at_every_point_at_once(chaos: Chaos, gates: Gates, seller: Seller) -> None:
    """A task waiting before the commit of each step, a task with each kind of call in flight: all die together."""
    with ExitStack() as stack:
        stopped = stop_before_commits(stack, gates, seller)
        calling = stop_inside_calls(chaos, seller)
        seller.kill_with([*stopped, *calling])
    chaos.control()
    chaos.restart(WORKER)
    repeated = seller.verify([*stopped, *calling])
    assert min(repeated[len(stopped) :]) >= 1, dict(zip(CALLS, repeated[len(stopped) :], strict=True))


def stop_before_commits(stack: ExitStack, gates: Gates, seller: Seller) -> list[Order]:
    """One task for each step whose transaction is kept from its commit: the one window of a second payment."""
    orders = []
    for step in STEPS:
        tag = new_tag()
        stack.enter_context(gates.closed(tag, step))
        orders.append(order_page(seller.api, tag))
    gates.wait_until_held(len(STEPS))
    return orders


def stop_inside_calls(chaos: Chaos, seller: Seller) -> list[Order]:
    """One task for each kind of provider call, which has been sent and is not answered."""
    orders = []
    latency: dict[str, float] = {}
    for endpoint in CALLS:
        latency[endpoint] = HELD
        chaos.control(latency=latency)
        order = order_page(seller.api, **BODIES.get(endpoint, {}))
        wait_for(partial(in_flight, chaos, order, endpoint))
        orders.append(order)
    return orders


ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "3"))
TOGETHER = 4  # rounds that are checked together
# Where a worker dies: right after a commit, inside a call, before a commit. The first three are CI's.
POINTS = (
    *(("after", step) for step in ("plan", "page", "claim")),
    *(("after", step) for step in ("product", "photo", "vision", "block:1", "block:4", "image:%")),
    *(("in", endpoint) for endpoint in CALLS),
    *(("before", step) for step in STEPS),
)


@pytest.mark.timeout(120 + 20 * ROUNDS)
@pytest.mark.chaos
def test_killed_again_and_again(seller: Seller) -> None:
    """Round after round at every point in turn, with more tasks near it and those of earlier rounds undone."""
    for first in range(0, ROUNDS, TOGETHER):
        started = time.monotonic()
        seller.chaos.forget_calls()
        points = [POINTS[number % len(POINTS)] for number in range(first, min(first + TOGETHER, ROUNDS))]
        orders: list[Order] = []
        for kind, where in points:
            orders += reach(seller, kind, where, orders)
            seller.chaos.restart(WORKER)
        repeated = sum(seller.verify(orders))
        spent = time.monotonic() - started
        log.info("%s: %d tasks, %d calls repeated, %.0f s", points, len(orders), repeated, spent)


def reach(seller: Seller, kind: str, where: str, earlier: Sequence[Order]) -> list[Order]:
    """Bring one task to the point while two more are somewhere near, and kill their worker there; the new ones."""
    chaos, tag = seller.chaos, new_tag()
    with ExitStack() as stack:
        commits = stack.enter_context(seller.gates.commits())
        if kind == "before":
            stack.enter_context(seller.gates.closed(tag, where))
        if kind == "in":
            chaos.control(latency={where: HELD})
        orders = [order_page(seller.api) for _ in range(2)]
        orders.append(order_page(seller.api, tag, **(BODIES.get(where, {}) if kind == "in" else {})))
        match kind:
            case "after":
                commits.wait_for(orders[-1].task_id, where.rstrip("%"))
            case "in":
                wait_for(partial(in_flight, chaos, orders[-1], where))
            case "before":
                seller.gates.wait_until_held(1)
        seller.kill_with([*earlier, *orders])
    chaos.control()
    return orders
