"""Cut anywhere, resumed on any of three replicas: nothing is lost, doubled, or out of order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack

import pytest

from notifications.eventhubs import EventHubSender
from shared.auth import issue_ticket
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.cutting import CuttingProxy, cutting
from tests.contract.notifications.followers import (
    Follower,
    Got,
    httpx_sse,
    npm_eventsource,
    stream_js,
    stream_py,
)
from tests.contract.notifications.relay_process import SECRET, RelayProcess, body, running_issuer, token

USERS = ("a", "b", "c", "d", "e", "f")
TASKS = ("t1", "t2")


@pytest.fixture
def replicas(broker: StandIn) -> Iterator[list[RelayProcess]]:
    """Three, with a window that holds the whole test and streams that also end by themselves."""
    settings = {
        "RELAY_USER_EVENTS": "1000000",
        "RELAY_LIFETIME_SECONDS": "3",
        "RELAY_LIFETIME_JITTER_SECONDS": "1",
    }
    with running_issuer() as issuer, ExitStack() as stack:
        running = [RelayProcess(broker, issuer, f"relay-{number}", **settings) for number in range(3)]
        for replica in running:
            replica.start(ready=False)
            stack.callback(replica.stop)
        for replica in running:
            replica.wait("/readyz")
        yield running


class Numbers:
    """Sends each user's tasks their next events, as long as it is asked to."""

    def __init__(self, sender: EventHubSender) -> None:
        self.sent = 0  # events of each task
        self._sender = sender

    async def send(self) -> None:
        """One more event of every task of every user."""
        self.sent += 1
        await self._sender.send([(user, body(user, self.sent, task)) for user in USERS for task in TASKS])

    def expected(self) -> dict[str, list[int]]:
        """What every user must have seen."""
        return {task: list(range(1, self.sent + 1)) for task in TASKS}


def by_task(got: Got) -> dict[str, list[int]]:
    """The sequences of each task in the order they came."""
    found: dict[str, list[int]] = {task: [] for task in TASKS}
    for _, kind, event in got:
        assert kind == "task.progress", event  # no reset either
        found[event["subject"]].append(event["data"]["sequence"])
    return found


async def until_cut(proxy: CuttingProxy, numbers: Numbers, cuts: int) -> None:
    """Send until so many connections were cut, then let the answers through."""
    while proxy.cuts < cuts:
        await numbers.send()
        await asyncio.sleep(0.02)
    proxy.cutting = False
    await numbers.send()


@pytest.mark.parametrize(
    "cuts", [60, pytest.param(1000, marks=[pytest.mark.chaos, pytest.mark.timeout(600)])]
)
async def test_random_cuts(replicas: list[RelayProcess], sender: EventHubSender, cuts: int) -> None:
    """Six users, cut at any byte so many times together, each coming back to any replica with its last id."""
    numbers = Numbers(sender)
    async with cutting(replicas) as proxy, AsyncExitStack() as stack:
        clients: dict[str, Follower] = {}
        for user in USERS:
            url = f"{proxy.url}/api/notifications/stream/{user}"
            clients[user] = await stack.enter_async_context(httpx_sse(url, token(user)))
        await until_cut(proxy, numbers, cuts)
        for user, client in clients.items():
            got = await client.until(numbers.sent * len(TASKS))
            assert by_task(got) == numbers.expected(), user
        assert proxy.cuts >= cuts
        assert len(proxy.used) == len(replicas)


@pytest.mark.parametrize("cuts", [12, pytest.param(100, marks=[pytest.mark.chaos, pytest.mark.timeout(600)])])
async def test_clients_through_cuts(replicas: list[RelayProcess], sender: EventHubSender, cuts: int) -> None:
    """stream.js, stream.py and npm's eventsource give each event once, wherever their connection was cut."""
    numbers = Numbers(sender)
    async with cutting(replicas, longest=4000) as proxy, AsyncExitStack() as stack:
        url = f"{proxy.url}/api/notifications/stream/"
        ticket = issue_ticket("c", SECRET, expires_at=time.time() + 3000, ttl=3000)
        clients = [
            await stack.enter_async_context(stream_js(url + "a", token("a"))),
            await stack.enter_async_context(stream_py(url + "b", token("b"))),
            await stack.enter_async_context(npm_eventsource(f"{url}c?ticket={ticket}")),
        ]
        await until_cut(proxy, numbers, cuts)
        for client in clients:
            got = await client.until(numbers.sent * len(TASKS))
            assert by_task(got) == numbers.expected()
