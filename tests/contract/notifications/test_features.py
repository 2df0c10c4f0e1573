"""Each thing a relay promises its clients, asked of a process from outside, with raw sockets."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from notifications.eventhubs import EventHubSender
from shared.auth import issue_ticket
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import HUB, hub_settings
from tests.contract.notifications.relay_process import SECRET, RelayProcess, body, running_issuer, token
from tests.unit.notifications.relay_support import Edge, StreamClient, until

ORIGIN = "https://app.example.com"
SETTINGS = {
    "RELAY_USER_EVENTS": "5",
    "RELAY_HEARTBEAT_SECONDS": "0.5",
    "RELAY_CONNECTIONS_PER_USER": "3",
    "CORS_ORIGINS": ORIGIN,
}
SHORT_LIVED = {"RELAY_LIFETIME_SECONDS": "3", "RELAY_LIFETIME_JITTER_SECONDS": "0.5"}
_users = count()


class Replica(Edge):
    """A relay process, with its raw clients."""

    async def stream(self, user: str, *, query: str = "", **headers: str) -> StreamClient:
        """Open this user's stream with a valid token."""
        headers.setdefault("Authorization", f"Bearer {token(user)}")
        return await self.request(f"/api/notifications/stream/{user}{query}", **headers)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StandIn, list[RelayProcess]]]:
    """A broker, two replicas, and one whose streams soon end, for all tests here; each test is a user of its own."""
    broker = StandIn(
        tmp_path_factory.mktemp("hub"), "--hub", f"{HUB}:4", "--consumer-groups", "relay-0,relay-1"
    )
    with running_issuer() as issuer, ExitStack() as stack:
        broker.start()
        stack.callback(broker.process.wait, 10)
        stack.callback(broker.process.terminate)
        relays = [RelayProcess(broker, issuer, f"relay-{number}", **SETTINGS) for number in range(2)]
        relays.append(RelayProcess(broker, issuer, **SETTINGS, **SHORT_LIVED))
        for relay in relays:
            relay.start()
            stack.callback(relay.stop)
        yield broker, relays


@pytest.fixture
async def replicas(processes: tuple[StandIn, list[RelayProcess]]) -> AsyncIterator[list[Replica]]:
    """All three, with no client left open afterwards; the first two are alike."""
    replicas = [Replica(port=relay.port) for relay in processes[1]]
    yield replicas
    for replica in replicas:
        for client in replica.clients:
            await client.close()


@pytest.fixture
def relay(replicas: list[Replica]) -> Replica:
    """One of them."""
    return replicas[0]


@pytest.fixture
async def sender(processes: tuple[StandIn, list[RelayProcess]]) -> AsyncIterator[EventHubSender]:
    made = EventHubSender(hub_settings(processes[0]))
    yield made
    await made.close()


@pytest.fixture
def user() -> str:
    """Nobody else's."""
    return f"user-{next(_users)}"


async def history(replica: Replica, sender: EventHubSender, user: str, events: int) -> list[str]:
    """Send a user so many events; the ids they have got."""
    client = await replica.stream(user)
    await sender.send([(user, body(user, number)) for number in range(events)])
    return [(await client.event(15)).id for _ in range(events)]


def sequence(event: object) -> int:
    """The event's own number."""
    number: int = event.json["data"]["sequence"]  # type: ignore[attr-defined]
    return number


async def test_resume_continues_on_any_replica(
    replicas: list[Replica], sender: EventHubSender, user: str
) -> None:
    """By header or by query, here or there: what followed the id, then what comes."""
    ids = await history(replicas[0], sender, user, 4)
    by_header = await replicas[0].stream(user, Last_Event_ID=ids[1])
    by_query = await replicas[1].stream(user, query=f"?last_event_id={ids[1]}")
    await sender.send([(user, body(user, 4))])
    for client in (by_header, by_query):
        assert [sequence(await client.event()) for _ in range(3)] == [2, 3, 4]


@pytest.mark.parametrize("kind", ["evicted", "another user's", "of a partition that is not", "malformed"])
async def test_ids_that_lead_nowhere_get_a_reset(
    replicas: list[Replica], sender: EventHubSender, user: str, kind: str
) -> None:
    """The reason is told first, on any replica; what comes later follows, and the reset's id can be resumed from."""
    ids = await history(replicas[0], sender, user, 8)  # three more than are kept
    others = await history(replicas[0], sender, f"{user}-other", 1)
    place, reason = {
        "evicted": (ids[0], "evicted"),
        "another user's": (others[0], "foreign"),
        "of a partition that is not": ("77-1", "foreign"),
        "malformed": ("0-1 or 1=1", "malformed"),
    }[kind]
    for replica in replicas[:2]:
        client = await replica.stream(user, Last_Event_ID=place)
        event = await client.event(10)
        assert (event.name, event.json["data"]) == ("reset", {"reason": reason})
        assert event.id in ids[-2:]  # the newest that this replica has read
        again = await replica.stream(user, Last_Event_ID=event.id)
        await sender.send([(user, body(user, 99))])
        assert (sequence(await client.event()), sequence(await again.event())) == (99, 99)
        ids.append(again.last_id)
        await client.close()
        await again.close()


async def test_first_come_gets_the_window_unless_now(
    relay: Replica, sender: EventHubSender, user: str
) -> None:
    """Without an id: all that is kept; with `from=now`: only what comes."""
    await history(relay, sender, user, 3)
    everything, now = await relay.stream(user), await relay.stream(user, query="?from=now")
    await sender.send([(user, body(user, 3))])
    assert [sequence(await everything.event()) for _ in range(4)] == [0, 1, 2, 3]
    assert sequence(await now.event()) == 3


async def test_heartbeats_and_a_bounded_life(replicas: list[Replica], user: str) -> None:
    """A quiet stream shows signs of life, and ends after its time."""
    client = await replicas[2].stream(user)
    began = time.monotonic()
    await client.ended(10)
    assert 2 <= time.monotonic() - began <= 4.5
    assert client.comments >= 4


@pytest.mark.parametrize("way", ["token", "ticket"])
async def test_a_stream_ends_with_its_token(relay: Replica, user: str, way: str) -> None:
    """Within a second of the expiry, also when a ticket stood for the token."""
    ends = time.time() + 1.3
    if way == "token":
        client = await relay.stream(user, Authorization=f"Bearer {token(user, 1.3)}")
    else:
        ticket = issue_ticket(user, SECRET, expires_at=ends, ttl=60)
        client = await relay.request(f"/api/notifications/stream/{user}?ticket={ticket}")
    assert client.status == 200
    await client.ended()
    assert ends - 1 <= time.time() <= ends + 1


async def test_tickets(relay: Replica, user: str) -> None:
    """Good for their user and their time; anything else is refused before any byte of a stream."""
    path, later = f"/api/notifications/stream/{user}", time.time() + 600
    good = issue_ticket(user, SECRET, expires_at=later)
    refused = {
        issue_ticket(f"{user}x", SECRET, expires_at=later): 403,
        issue_ticket(user, SECRET, expires_at=later, clock=lambda: time.time() - 61): 401,
        issue_ticket(user, SECRET[::-1], expires_at=later): 401,
        f"{good}x": 401,
        token(user): 401,
        "": 401,
    }
    assert (await relay.request(f"{path}?ticket={good}")).status == 200
    for ticket, status in refused.items():
        client = await relay.request(f"{path}?ticket={ticket}")
        assert (client.status, client.headers["content-type"]) == (status, "application/problem+json")
        assert json.loads(await client.body())["status"] == status
    # The header wins, even over a good ticket.
    assert (await relay.request(f"{path}?ticket={good}", Authorization="Bearer nonsense")).status == 401


async def test_streams_of_a_user_are_capped(relay: Replica, user: str) -> None:
    """The fourth gets 429 with Retry-After, others theirs; a place that is left can be taken."""
    clients = [await relay.stream(user) for _ in range(3)]
    refused = await relay.stream(user)
    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert (await relay.stream(f"{user}-other")).status == 200
    await clients[0].close()

    async def has_room() -> bool:
        return (await relay.stream(user)).status == 200

    await until(has_room)


async def test_cross_origin(relay: Replica, user: str) -> None:
    """The configured origin may read answers and errors, another may not; preflights say so."""
    path = f"/api/notifications/stream/{user}"
    asked = {
        "Access_Control_Request_Method": "GET",
        "Access_Control_Request_Headers": "authorization,last-event-id",
    }
    allowed = await relay.request(path, method="OPTIONS", Origin=ORIGIN, **asked)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (204, ORIGIN)
    assert {"authorization", "last-event-id"} <= set(
        allowed.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    )
    assert (await relay.request(path, method="OPTIONS", Origin="https://evil.example", **asked)).status == 403
    for headers in ({}, {"Authorization": f"Bearer {token(user)}"}):
        mine = await relay.request(path, Origin=ORIGIN, **headers)
        others = await relay.request(path, Origin="https://evil.example", **headers)
        assert mine.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-origin" not in others.headers


async def test_methods(relay: Replica, user: str) -> None:
    """HEAD is GET without a body and without a stream; what is neither GET, HEAD nor OPTIONS is 405."""
    client = await relay.stream(user)
    head = await relay.request(client_path(user), method="HEAD", Authorization=f"Bearer {token(user)}")
    assert (head.status, head.headers["content-type"]) == (200, client.headers["content-type"])
    assert await head.body() == b""
    assert (await relay.request(client_path(user), method="HEAD")).status == 401
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        answer = await relay.request(client_path(user), method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.headers["connection"] == "close"


def client_path(user: str) -> str:
    """A user's stream."""
    return f"/api/notifications/stream/{user}"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["A: " + "b" * 17_000], 431),
        ([f"A{number}: b" for number in range(70)], 431),
        (["Host: other"], 400),
        (["Authorization: Bearer a", "Authorization: Bearer b"], 400),
        (["Last-Event-ID: 0-1", "Last-Event-ID: 0-2"], 400),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], 400),
        (["A: b", " folded"], 400),
        (["A : b"], 400),
        (["A: b\0c"], 400),
    ],
    ids=["long", "many", "two hosts", "two tokens", "two ids", "smuggling", "folded", "blank", "nul"],
)
async def test_limits_of_a_request(relay: Replica, user: str, lines: list[str], status: int) -> None:
    """What is too much, or could be read in two ways, is answered once and closed."""
    raw = "\r\n".join([f"GET {client_path(user)} HTTP/1.1", "Host: relay", *lines, "", ""])
    client = await relay.send(raw.encode())
    await client.head()
    assert (client.status, client.headers["connection"]) == (status, "close")
    assert json.loads(await client.body())["status"] == status


async def test_long_targets(relay: Replica, user: str) -> None:
    """A target over 8 KiB is 414."""
    client = await relay.request(f"{client_path(user)}?a={'b' * 9000}")
    assert client.status == 414
