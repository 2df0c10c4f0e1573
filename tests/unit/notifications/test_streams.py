from __future__ import annotations

import asyncio
import json
import socket
import time

import pytest

from notifications.relay import streams
from shared.auth import issue_ticket
from tests.unit.notifications.relay_support import (
    SECRET,
    RunningRelay,
    StreamClient,
    event_body,
    running_relay,
    token,
    until,
)


async def numbers(client: StreamClient, count: int) -> list[int]:
    return [(await client.event()).json["data"]["sequence"] for _ in range(count)]


async def test_events_reach_their_user_alone() -> None:
    """Each stream gets its user's events, with position, type and one line of CloudEvents JSON."""
    async with running_relay() as relay:
        first, second = await relay.stream("u1"), await relay.stream("u2")
        assert first.status == 200
        assert first.headers["content-type"] == "text/event-stream"
        assert first.headers["cache-control"] == "no-store"
        relay.source.feed("1", 5, event_body("u1", 1), event_body("u2", 2), event_body("u1", 3))
        event = await first.event()
        assert (event.id, event.name, event.json["userid"]) == ("1-5", "task.progress", "u1")
        assert await numbers(first, 1) == [3]
        assert await numbers(second, 1) == [2]


async def test_user_ids_may_hold_anything_printable() -> None:
    """A subject with slashes, blanks and Korean names its stream percent-encoded."""
    async with running_relay() as relay:
        client = await relay.request(
            "/api/notifications/stream/auth0%7Ca%2Fb%20%EA%B0%80",
            Authorization=f"Bearer {token('auth0|a/b 가')}",
        )
        assert client.status == 200
        relay.source.feed("0", 0, event_body("auth0|a/b 가", 1))
        assert await numbers(client, 1) == [1]


@pytest.mark.parametrize("way", ["header", "query"])
async def test_resume_replays_then_goes_live(way: str) -> None:
    """After the last seen event come the missed ones, then live ones, none twice."""
    async with running_relay() as relay:
        relay.source.feed("0", 0, *(event_body("u", number) for number in range(5)))
        if way == "header":
            client = await relay.stream("u", Last_Event_ID="0-1")
        else:
            client = await relay.stream("u", query="?last_event_id=0-1")
        relay.source.feed("0", 5, event_body("u", 5))
        assert await numbers(client, 4) == [2, 3, 4, 5]


async def test_first_connection_gets_the_window_unless_it_says_now() -> None:
    """A task's first events are not lost between the answer that names the stream and the stream."""
    async with running_relay() as relay:
        relay.source.feed("0", 0, event_body("u", 0), event_body("u", 1))
        assert await numbers(await relay.stream("u"), 2) == [0, 1]
        live = await relay.stream("u", query="?from=now")
        relay.source.feed("0", 2, event_body("u", 2))
        assert await numbers(live, 1) == [2]


async def test_replay_under_load_has_no_hole_and_no_double() -> None:
    """Clients that come and go while events flow see every event once and in order."""
    async with running_relay(connections_per_user=100) as relay:
        total = 600
        done = asyncio.Event()

        async def feed() -> None:
            for number in range(0, total, 3):
                relay.source.feed("0", number, *(event_body("u", number + step) for step in range(3)))
                await asyncio.sleep(0.001)
            done.set()

        async def follow(cut_after: int) -> list[int]:
            seen: list[int] = []
            last_id = ""
            while len(seen) < total:
                client = await relay.stream("u", **({"Last_Event_ID": last_id} if last_id else {}))
                for _ in range(min(cut_after, total - len(seen))):
                    seen += await numbers(client, 1)
                last_id = client.last_id
                await client.close()
            return seen

        results = await asyncio.gather(feed(), *(follow(cut) for cut in (7, 50, 101, 1000)))
        assert all(seen == list(range(total)) for seen in results[1:])
        assert done.is_set()


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [("nonsense", "malformed"), ("9-1", "foreign"), ("0-1", "foreign"), ("0-0;x", "malformed")],
)
async def test_other_ids_get_a_reset_then_live_events(last_id: str, reason: str) -> None:
    """Foreign and malformed ids are told so first; the reset's own id can be resumed from."""
    async with running_relay() as relay:
        relay.source.feed("0", 0, event_body("u", 0), event_body("other", 0), event_body("u", 1))
        client = await relay.stream("u", Last_Event_ID=last_id)
        event = await client.event()
        assert (event.name, event.json["data"], event.id) == ("reset", {"reason": reason}, "0-2")
        relay.source.feed("0", 3, event_body("u", 2))
        assert await numbers(client, 1) == [2]
        again = await relay.stream("u", Last_Event_ID=event.id)
        assert await numbers(again, 1) == [2]


async def test_evicted_id_gets_a_reset() -> None:
    """An id older than the window is a hole, and said to be one."""
    async with running_relay(user_events=2) as relay:
        relay.source.feed("0", 0, *(event_body("u", number) for number in range(5)))
        client = await relay.stream("u", Last_Event_ID="0-1")
        assert (await client.event()).json["data"] == {"reason": "evicted"}


async def test_reset_without_a_position_clears_the_id() -> None:
    """A user with no event in the window starts over: the client's id becomes empty."""
    async with running_relay() as relay:
        relay.source.feed("0", 5, event_body("other", 0))
        client = await relay.stream("u", Last_Event_ID="0-2")
        client.last_id = "0-2"
        assert (await client.event()).id == ""


async def test_client_ahead_of_this_replica_waits_for_it() -> None:
    """An id another replica gave out a moment earlier is no reason for a reset."""
    async with running_relay() as relay:
        relay.source.feed("0", 0, event_body("u", 0))
        client = await relay.stream("u", Last_Event_ID="0-2")
        relay.source.feed("0", 1, event_body("u", 1), event_body("u", 2), event_body("u", 3))
        assert await numbers(client, 1) == [3]


async def test_client_ahead_for_ever_gets_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that never comes is foreign."""
    monkeypatch.setattr(streams, "_AHEAD_SECONDS", 0.2)
    async with running_relay() as relay:
        client = await relay.stream("u", Last_Event_ID="0-99")
        assert (await client.event()).json["data"] == {"reason": "foreign"}
        relay.source.feed("0", 0, event_body("u", 0))
        assert await numbers(client, 1) == [0]


async def test_repetitions_are_not_sent() -> None:
    """Neither a restarted reader's nor a publisher's repetition reaches the client."""
    async with running_relay() as relay:
        client = await relay.stream("u")
        body, later = event_body("u", 0), event_body("u", 1)
        relay.source.feed("0", 0, body)
        relay.source.feed("0", 0, body)
        relay.source.feed("0", 1, body, later)
        assert await numbers(client, 2) == [0, 1]
        assert client.last_id == "0-2"


async def test_malformed_messages_are_skipped() -> None:
    """What is no event does not stop those behind it."""
    async with running_relay() as relay:
        client = await relay.stream("u")
        relay.source.feed("0", 0, b"nonsense", b"\0\r\n\r\n", event_body("u", 1))
        assert await numbers(client, 1) == [1]


async def test_new_hub_resets_every_stream() -> None:
    """When sequence numbers start over, open streams are told and go on."""
    async with running_relay() as relay:
        client = await relay.stream("u")
        relay.source.feed("0", 100, event_body("u", 0))
        await client.event()
        relay.relay.hub.restart("0")
        relay.source.feed("0", 0, event_body("u", 1))
        assert (await client.event()).json["data"] == {"reason": "restarted"}
        assert await numbers(client, 1) == [1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({"Authorization": "Basic dTpw"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": f"Bearer {token('u', -1)}"}, 401),
        ({"Authorization": f"Bearer {token('other')}"}, 403),
    ],
)
async def test_refusals_come_before_any_event(headers: dict[str, str], status: int) -> None:
    """401 and 403 are problems, and the connection is closed."""
    async with running_relay() as relay:
        relay.source.feed("0", 0, event_body("u", 0))
        client = await relay.request("/api/notifications/stream/u", **headers)
        assert client.status == status
        assert client.headers["content-type"] == "application/problem+json"
        assert ("www-authenticate" in client.headers) == (status == 401)
        body = json.loads(await client.body())
        assert body["status"] == status
        assert {"type", "title", "detail", "request_id"} <= body.keys()


async def test_ticket_opens_a_stream_for_its_user() -> None:
    """A client that cannot set headers uses a ticket; another user's opens nothing."""
    async with running_relay() as relay:
        ticket = issue_ticket("u", SECRET, expires_at=time.time() + 100)
        path = "/api/notifications/stream/"
        client = await relay.request(f"{path}u?ticket={ticket}")
        assert client.status == 200
        relay.source.feed("0", 0, event_body("u", 0))
        assert await numbers(client, 1) == [0]
        assert (await relay.request(f"{path}other?ticket={ticket}")).status == 403
        assert (await relay.request(f"{path}u?ticket=x{ticket}")).status == 401


@pytest.mark.parametrize("way", ["token", "ticket"])
async def test_stream_ends_with_its_token(way: str) -> None:
    """Within a second of the token's expiry the stream is closed, not before it matters."""
    async with running_relay() as relay:
        ends = time.time() + 1.2
        if way == "token":
            client = await relay.stream("u", Authorization=f"Bearer {token('u', 1.2)}")
        else:
            ticket = issue_ticket("u", SECRET, expires_at=ends, ttl=60)
            client = await relay.request(f"/api/notifications/stream/u?ticket={ticket}")
        assert client.status == 200
        await client.ended()
        assert ends - 1 <= time.time() <= ends + 1


async def test_lifetime_is_bounded_with_jitter() -> None:
    """Streams end by themselves, not all at once."""
    async with running_relay(lifetime=0.8, lifetime_jitter=0.5, connections_per_user=40) as relay:
        started = time.monotonic()

        async def lived() -> float:
            await (await relay.stream("u")).ended()
            return time.monotonic() - started

        times = await asyncio.gather(*(lived() for _ in range(30)))
        assert 0.2 <= min(times) < max(times) <= 2.0
        assert len({round(moment, 1) for moment in times}) > 2


async def test_heartbeat_is_a_comment() -> None:
    """A quiet stream shows life, and makes no event of it."""
    async with running_relay(heartbeat=0.5) as relay:
        client = await relay.stream("u")
        with pytest.raises(TimeoutError):
            await client.event(within=1.2)
        assert client.comments >= 2


async def test_connections_of_a_user_are_capped() -> None:
    """One too many gets 429; when one ends there is room again; other users are not concerned."""
    async with running_relay(connections_per_user=2) as relay:
        first, _second = await relay.stream("u"), await relay.stream("u")
        refused = await relay.stream("u")
        assert refused.status == 429
        assert int(refused.headers["retry-after"]) > 0
        assert (await relay.stream("other")).status == 200
        await first.close()

        async def has_room() -> bool:
            return (await relay.stream("u")).status == 200

        await until(has_room)


async def test_not_ready_refuses_streams() -> None:
    """Until the window is filled a resume could not be kept, so there is no stream yet."""
    async with running_relay() as relay:
        relay.source.filled = False
        client = await relay.stream("u")
        assert (client.status, client.headers["retry-after"]) == (503, "1")
        assert (await relay.request("/readyz")).status == 503
        relay.source.filled = True
        assert (await relay.stream("u")).status == 200


async def freeze(relay: RunningRelay, user: str) -> socket.socket:
    """A client that opens its stream and never reads."""
    frozen = socket.socket()
    frozen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    frozen.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(frozen, ("127.0.0.1", relay.port))
    request = f"GET /api/notifications/stream/{user} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token(user)}\r\n\r\n"
    await loop.sock_sendall(frozen, request.encode())
    await asyncio.sleep(0.1)
    return frozen


async def metric(relay: RunningRelay, name: str) -> float:
    page = (await (await relay.request("/metrics")).body()).decode()
    return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith(name))


async def wait_for_metric(relay: RunningRelay, name: str, value: float = 1) -> None:
    async def reached() -> bool:
        return await metric(relay, name) >= value

    await until(reached)


@pytest.mark.parametrize("limit", ["events", "bytes", "time"])
async def test_frozen_client_is_cut_and_disturbs_no_one(limit: str) -> None:
    """A client that does not read is cut by number, bytes or time; others get everything meanwhile."""
    limits = {
        "queue_events": 50 if limit == "events" else 10**6,
        "queue_bytes": 20_000 if limit == "bytes" else 10**9,
    }
    async with running_relay(frozen_after=1.0 if limit == "time" else 60, **limits) as relay:
        frozen, healthy = await freeze(relay, "slow"), await relay.stream("quick")
        text = "x" * 5000
        sequence = 0
        for number in range(120):
            relay.source.feed(
                "0", sequence, event_body("slow", number, text=text), event_body("quick", number)
            )
            sequence += 2
            assert await numbers(healthy, 1) == [number]
        name = (
            'relay_streams_ended_total{reason="frozen"}'
            if limit == "time"
            else 'relay_streams_ended_total{reason="slow"}'
        )
        await wait_for_metric(relay, name)
        frozen.close()


async def test_slow_reader_gets_a_long_replay_whole() -> None:
    """The window of a client that reads slowly is not counted against its queue."""
    async with running_relay(queue_events=10, window_bytes=10**8) as relay:
        for number in range(300):
            relay.source.feed("0", number, event_body("u", number, text="y" * 3000))
        client = await relay.stream("u")
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio has no public way
        await asyncio.sleep(0.1)
        relay.source.feed("0", 300, event_body("u", 300))
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        assert await numbers(client, 301) == list(range(301))


async def test_chatter_of_a_client_is_cut() -> None:
    """A stream's client has nothing to send; one that floods is dropped."""
    async with running_relay() as relay:
        client = await relay.stream("u")
        client.writer.write(b"x" * 200_000)
        await client.ended()
        assert await metric(relay, 'relay_streams_ended_total{reason="input"}') == 1


async def test_drain_ends_streams_spread_and_tells_when_to_return() -> None:
    """On stop the clients leave one after the other, each with its own delay, within the grace period."""
    async with running_relay(connections_per_user=100) as relay:
        clients = [await relay.stream("u") for _ in range(20)]
        started = time.monotonic()

        async def left(client: StreamClient) -> float:
            await client.ended()
            return time.monotonic() - started

        leaving = asyncio.gather(*map(left, clients))
        await relay.relay.stop(2)
        times = sorted(await leaving)
        assert times[0] < 0.4
        assert 1.2 < times[-1] < 2.1
        assert all(client.retry is not None and 500 <= client.retry <= 3000 for client in clients)
        assert len({client.retry for client in clients}) > 5


async def test_drain_does_not_wait_for_the_frozen() -> None:
    """A client that reads nothing cannot hold the process back."""
    async with running_relay() as relay:
        frozen = await freeze(relay, "slow")
        for number in range(40):
            relay.source.feed("0", number, event_body("slow", number, text="x" * 20_000))
        started = time.monotonic()
        await relay.relay.stop(1)
        assert time.monotonic() - started < 1.5
        frozen.close()


async def test_nothing_is_kept_of_streams_that_ended() -> None:
    """Subscriptions, counts and deadlines go with their connection."""
    async with running_relay(connections_per_user=1000) as relay:
        for _ in range(5):
            clients = [await relay.stream(f"u{number}") for number in range(20)]
            for client in clients:
                client.writer.transport.abort()
        await wait_for_metric(relay, "relay_streams_ended_total", 100)
        kept = relay.relay._streams
        assert (len(kept), len(kept._by_user), relay.relay.hub._streams) == (0, 0, {})
        assert not any(kept._deadlines._buckets.values())
        assert not any(kept._beat._slots)
