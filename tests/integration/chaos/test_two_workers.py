"""Two workers on one database and one queue: no call is made twice, and one can die or freeze."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import httpx
import psycopg2
import pytest
from azure.storage.queue import QueueClient
from psycopg2.extras import RealDictCursor

from generation.pages.requests import PageRequest
from generation.tasks import repository
from generation.tasks.model import TaskKind
from generation.tasks.repository import NewTask
from shared.messages import GENERATION_QUEUE, TaskMessage
from shared.times import now
from tests.chaos import Chaos, chaos_stack
from tests.integration.chaos.ledger import Order, assert_paid_once
from tests.integration.chaos.pages import a_product, assert_same_as_undisturbed, new_tag, order_page, upload
from tests.integration.chaos.stream import Follower, assert_one_story
from tests.stack import wait_for

pytestmark = pytest.mark.chaos

COPIES = 6


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    with chaos_stack(tmp_path_factory.mktemp("two"), "--workers", "2") as chaos:
        yield chaos


@pytest.fixture
def user() -> str:
    return f"seller-{time.time_ns()}"


@pytest.fixture
def api(chaos: Chaos, user: str) -> Iterator[httpx.Client]:
    with chaos.api(user) as client:
        yield client
    assert "unexpected error" not in chaos.worker_log()


@pytest.fixture
def follower(chaos: Chaos, user: str) -> Iterator[Follower]:
    with Follower(chaos, user) as follower:
        yield follower


@pytest.mark.timeout(120)
def test_the_same_message_many_times_at_once(
    chaos: Chaos, api: httpx.Client, user: str, follower: Follower
) -> None:
    """One run works, the others stop: four tasks with six messages each, while both workers are idle."""
    before = chaos.worker_log().count("nothing to do")
    orders = [stored_without_message(chaos, api, user) for _ in range(4)]
    send_all(chaos, [order.task_id for order in orders] * COPIES)
    chaos.settle([order.task_id for order in orders])
    wait_for(lambda: chaos.worker_log().count("nothing to do") - before >= len(orders) * (COPIES - 1))
    follower.until_marker()
    for order in orders:
        assert_one_story(follower.of(order.task_id))
        assert_paid_once(chaos, order)
    assert attempts(chaos, orders) == {1}


@pytest.mark.timeout(150)
def test_one_of_two_is_killed(chaos: Chaos, api: httpx.Client, follower: Follower) -> None:
    """The other finishes what it had in its hands; nothing stored is paid again."""
    chaos.control(latency={"plan": 0.5, "block": 1.5, "images": 1.5})
    orders = [order_page(api) for _ in range(10)]
    wait_for(lambda: any(call["endpoint"] == "block" and call["status"] is None for call in chaos.calls()))
    chaos.kill("functions-1")
    seq = max(call["seq"] for call in chaos.calls())
    for order in orders:
        order.remember_kill(chaos, seq)
    try:
        chaos.settle([order.task_id for order in orders])
    finally:
        chaos.restart("functions-1")
    chaos.control()
    assert_all_well(chaos, api, orders, follower)


@pytest.mark.timeout(150)
def test_one_of_two_freezes_and_wakes(chaos: Chaos, api: httpx.Client, follower: Follower) -> None:
    """A worker that sleeps through its lease finds its tasks taken, and stops without a word."""
    chaos.control(latency={"plan": 1, "block": 1, "images": 1})
    orders = [order_page(api) for _ in range(6)]
    wait_for(lambda: any(call["endpoint"] == "block" and call["status"] is None for call in chaos.calls()))
    with chaos.frozen("functions-1"):
        seq = max(call["seq"] for call in chaos.calls())
        for order in orders:
            order.remember_kill(chaos, seq)
        chaos.settle([order.task_id for order in orders])
    chaos.control()
    assert_all_well(chaos, api, orders, follower)


def assert_all_well(chaos: Chaos, api: httpx.Client, orders: Sequence[Order], follower: Follower) -> None:
    """Each page was completed once, told once, paid once but for what was interrupted, and is as it should be."""
    assert max(attempts(chaos, orders)) == 2, "the worker had no task in its hands"
    follower.until_marker()
    for order in orders:
        assert_one_story(follower.of(order.task_id))
        assert_paid_once(chaos, order)
    assert_same_as_undisturbed(chaos, api, orders)


def attempts(chaos: Chaos, orders: Sequence[Order]) -> set[int]:
    """How often the orders' tasks were claimed."""
    ids = [order.task_id for order in orders]
    return {n for (n,) in chaos.sql("select attempt from tasks where task_id::text = any(%s)", (ids,))}


def stored_without_message(chaos: Chaos, api: httpx.Client, user: str) -> Order:
    """A task as submit stores it, whose message is still to come."""
    tag, task_id = new_tag(), uuid4()
    body = {"product": a_product(tag), "image_id": upload(api), "options": {"images": 1}}
    request = PageRequest.model_validate(body).model_dump(mode="json", exclude_none=True)
    with psycopg2.connect(chaos.facts["database_url"]) as connection:
        cursor = connection.cursor(cursor_factory=RealDictCursor)
        repository.create(cursor, NewTask(task_id, TaskKind.PAGE, user, request, "", enqueued_at=now()))
    connection.close()
    return Order(str(task_id), tag, body)


def send_all(chaos: Chaos, task_ids: Sequence[str]) -> None:
    """Put one message for each id into the queue, all at the same time."""
    connection = chaos.facts["queue_connection_string"]
    with QueueClient.from_connection_string(connection, GENERATION_QUEUE) as queue:

        def send(task_id: str) -> None:
            text = TaskMessage(task_id=UUID(task_id)).encode()
            queue.send_message(base64.b64encode(text.encode()).decode())

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(send, task_ids))
