"""PostgreSQL, S3, the queue and Event Hubs taken away, killed or frozen, while pages are made.

All pages complete; each has ended exactly once on its user's stream; the API answers 503 with Retry-After for what
needs the dependency and never 500; health stays 200; ready says 503, names the dependency, and recovers.

In CI an outage lasts 6 s with 12 pages; at its full length:

    OUTAGE_SECONDS=20 OUTAGE_PAGES=30 pytest tests/integration/chaos/test_outages.py
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from tests.chaos import Chaos, chaos_stack
from tests.integration.chaos.ledger import calls_repeated
from tests.integration.chaos.outage import (
    Customer,
    Probe,
    Request,
    health,
    list_tasks,
    ready,
    send_message,
    upload_photo,
)
from tests.integration.chaos.pages import upload
from tests.integration.chaos.stream import Follower, assert_one_story
from tests.stack import wait_for

pytestmark = pytest.mark.chaos

log = logging.getLogger(__name__)

SECONDS = float(os.environ.get("OUTAGE_SECONDS", "6"))
PAGES = int(os.environ.get("OUTAGE_PAGES", "12"))
LONGEST_PATIENCE = 18.0  # seconds after which a frozen dependency is given up, whichever it is


@dataclass(frozen=True)
class Dependency:
    """A process of the stack that is taken away.

    Attributes:
        called: its name in `ready`.
        refused: what the API refuses meanwhile; what is not in it must be answered as always.
        asked: whether pages can be asked for meanwhile.
    """

    process: str
    called: str
    refused: tuple[Request, ...]
    asked: bool


EVERYTHING: tuple[Request, ...] = (list_tasks, upload_photo, send_message)
DEPENDENCIES = (
    Dependency("postgres", "postgres", EVERYTHING, asked=False),
    Dependency("azurite", "queue", (), asked=False),
    Dependency("s3", "s3", (upload_photo,), asked=True),
    Dependency("eventhubs", "event_hubs", (), asked=True),
)
CASES = [
    pytest.param(dependency, how, id=f"{dependency.process}-{how}")
    for how in ("killed", "frozen")
    for dependency in DEPENDENCIES
]


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos_stack(tmp_path_factory.mktemp("outages"), TASK_STALE_SECONDS="2") as chaos:
        yield chaos


@pytest.mark.timeout(180 + 4 * SECONDS)
@pytest.mark.parametrize(("dependency", "how"), CASES)
def test_an_outage(chaos: Chaos, dependency: Dependency, how: str) -> None:
    """Pages asked for before and during it all complete, and everyone is told the truth meanwhile."""
    user = f"{dependency.process}-{how}"
    chaos.control(latency={"plan": 0.8, "block": 0.6, "vision": 0.4, "images": 1.5})
    log_before = len(chaos.worker_log())
    chaos.forget_calls()
    with ExitStack() as stack:
        api = stack.enter_context(chaos.api(user))
        follower = stack.enter_context(Follower(chaos, user))
        customer = Customer(api, [upload(api) for _ in range(PAGES)])
        customer.ask(PAGES // 2, lambda: True)
        probes = start_probes(stack, chaos)
        take_away(chaos, dependency, how, customer)
        back_to_normal(chaos, dependency)
        customer.ask(PAGES - len(customer.orders), lambda: False)
        statuses = chaos.settle([order.task_id for order in customer.orders], 120)
        follower.until_marker()
    assert Counter(statuses.values()) == {"completed": PAGES}
    for order in customer.orders:
        assert_one_story(follower.of(order.task_id))
    warned = chaos.sql(
        "select w->>'code', count(*) from tasks, jsonb_array_elements(warnings) w where owner = %s group by 1",
        (user,),
    )
    assert warned == []  # our own parts are waited for: no page does without a picture for them
    repeated = sum(calls_repeated(chaos, order) for order in customer.orders)
    log.info("%s %s: %d calls repeated", dependency.process, how, repeated)
    assert_told_truth(dependency, probes, customer, noticed=how == "killed" or SECONDS >= LONGEST_PATIENCE)
    assert "unexpected error" not in chaos.worker_log()[log_before:]


def start_probes(stack: ExitStack, chaos: Chaos) -> dict[Request, Probe]:
    """Ask everything that should work, and what should not, all the time."""
    as_admin: Callable[[], httpx.Client] = lambda: chaos.api("prober", "admin")  # noqa: E731  typed for Probe
    return {
        request: stack.enter_context(Probe(as_admin, request)) for request in (*EVERYTHING, health, ready)
    }


def take_away(chaos: Chaos, dependency: Dependency, how: str, customer: Customer) -> None:
    """Stop the process for the length of the outage, and ask for pages meanwhile."""
    with chaos.killed(dependency.process) if how == "killed" else chaos.frozen(dependency.process):
        ends = time.monotonic() + SECONDS
        customer.ask(PAGES // 4, lambda: time.monotonic() > ends)
        time.sleep(max(0.0, ends - time.monotonic()))


def back_to_normal(chaos: Chaos, dependency: Dependency) -> None:
    """Ready says so within seconds."""
    with chaos.api("prober") as api:
        wait_for(lambda: ready(api).status_code == 200, 30)


def assert_told_truth(
    dependency: Dependency, probes: dict[Request, Probe], customer: Customer, *, noticed: bool
) -> None:
    """503 with Retry-After where the dependency is needed, as always where it is not, and never 500.

    A frozen process may be waited for: only when it was `noticed` must there have been a 503.
    """
    assert set(probes[health].statuses) == {200}
    down = [answer for answer in probes[ready].answers if answer.status_code != 200]
    assert {answer.status_code for answer in down} == {503}
    assert any(answer.json()["dependencies"][dependency.called]["status"] == "DOWN" for answer in down)
    refused = list(customer.refusals)
    for request in EVERYTHING:
        refused += [answer for answer in probes[request].answers if answer.status_code == 503]
        good = {200, 201, 202}
        allowed = good | {503} if request in dependency.refused else good
        assert set(probes[request].statuses) <= allowed, (request.__name__, Counter(probes[request].statuses))
        assert not probes[request].errors, (request.__name__, probes[request].errors)
        if noticed:
            assert (503 in probes[request].statuses) == (request in dependency.refused), request.__name__
    assert not customer.others, [answer.text for answer in customer.others]
    if noticed:
        assert bool(customer.refusals) == (not dependency.asked)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert {answer.headers["content-type"] for answer in refused} <= {"application/problem+json"}
