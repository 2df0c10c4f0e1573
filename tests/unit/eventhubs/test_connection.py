"""Connections and sessions, right and wrong, over a real socket."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from local.eventhubs import encode, frames, performatives
from local.eventhubs.encode import NULL, described, list_of, uint
from local.eventhubs.errors import (
    CONNECTION_FORCED,
    DECODE_ERROR,
    FRAMING_ERROR,
    HANDLE_IN_USE,
    ILLEGAL_STATE,
    INVALID_FIELD,
    NOT_ALLOWED,
    UNATTACHED_HANDLE,
)
from local.eventhubs.server import EventHubsServer
from tests.unit.eventhubs.amqp_client import (
    ATTACH,
    BEGIN,
    CLOSE,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    OPEN,
    TRANSFER,
    AmqpClient,
    body,
    connected,
    session,
)


async def _closed_with(client: AmqpClient) -> str:
    condition: str = (await client.expect(CLOSE)).fields[0].value[0]
    assert await client.closed()
    return condition


async def _ended_with(client: AmqpClient) -> str:
    condition: str = (await client.expect(END)).fields[0].value[0]
    return condition


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", bytes(64), b"\xff" * 64],
    ids=["HTTP", "TLS", "zeros", "ones"],
)
async def test_junk_closes_only_its_own_connection(server: EventHubsServer, junk: bytes) -> None:
    """Another client goes on as if nothing had happened."""
    async with session(server) as other, connected(server) as client:
        client.writer.write(junk)
        assert await client.closed()
        await other.attached(1, target="hub")
        other.transfer(1, 0, body(b"still here"))
        assert (await other.expect(DISPOSITION)).fields[4].descriptor == 0x24


@pytest.mark.parametrize(
    ("frame", "condition"),
    [
        (frames.frame(0, b"junk"), DECODE_ERROR),
        (frames.frame(0, described(0x14, list_of([NULL]))), DECODE_ERROR),
        (frames.frame(0, described(0x30, list_of([]))), DECODE_ERROR),
        ((65537).to_bytes(4) + bytes((2, 0, 0, 0)), FRAMING_ERROR),
        (frames.frame(0, described(0x10, list_of([encode.string("again")]))), ILLEGAL_STATE),
        (frames.frame(0, described(0x11, list_of([NULL, uint(0), uint(1), uint(1)]))), NOT_ALLOWED),
        (frames.frame(9, described(0x17, list_of([NULL]))), NOT_ALLOWED),
        (frames.frame(9, described(0x16, list_of([uint(1)]))), NOT_ALLOWED),
        (frames.frame(5000, described(0x11, list_of([NULL, uint(0), uint(1), uint(1)]))), NOT_ALLOWED),
        (frames.frame(0, b"sasl", kind=frames.SASL_FRAME), ILLEGAL_STATE),
        (frames.protocol_header(frames.AMQP_PROTOCOL), ILLEGAL_STATE),
    ],
    ids=[
        "junk",
        "field missing",
        "unknown performative",
        "too large",
        "second open",
        "second begin",
        "end of nothing",
        "detach of nothing",
        "channel too high",
        "late SASL",
        "late header",
    ],
)
async def test_a_malformed_frame_closes_the_connection_with_its_reason(
    server: EventHubsServer, frame: bytes, condition: str
) -> None:
    """The client hears what was wrong, then the socket closes."""
    async with session(server) as client:
        client.writer.write(frame)
        assert await _closed_with(client) == condition


async def test_frames_before_open_are_refused(server: EventHubsServer) -> None:
    """The broker opens, if only to say why it closes."""
    async with connected(server) as client:
        client.writer.write(frames.protocol_header(frames.AMQP_PROTOCOL))
        await client.receive()
        client.write(BEGIN, [NULL, uint(0), uint(1), uint(1)])
        await client.expect(OPEN)
        assert await _closed_with(client) == ILLEGAL_STATE


@pytest.mark.parametrize(("size", "idle"), [(511, None), (512, 50)])
async def test_an_open_that_cannot_be_kept_is_refused(
    server: EventHubsServer, size: int, idle: int | None
) -> None:
    """Frames below the standard's minimum and time-outs too short to serve are errors."""
    async with connected(server) as client:
        await client.open(max_frame_size=size, idle=idle)
        assert await _closed_with(client) == INVALID_FIELD


@pytest.mark.parametrize(
    ("mechanism", "response", "outcome"),
    [
        ("ANONYMOUS", b"", 0),
        ("MSSBCBS", b"", 0),
        ("PLAIN", b"\0user\0key", 0),
        ("PLAIN", b"user", 1),
        ("OTHER", b"", 1),
    ],
)
async def test_sasl_takes_what_is_well_formed(
    server: EventHubsServer, mechanism: str, response: bytes, outcome: int
) -> None:
    """The three mechanisms lead to an open connection, anything else to a closed one."""
    async with connected(server) as client:
        client.writer.write(frames.protocol_header(frames.SASL_PROTOCOL))
        await client.receive()
        assert (await client.receive()).fields == [["MSSBCBS", "PLAIN", "ANONYMOUS"]]
        init = described(0x41, list_of([encode.symbol(mechanism), encode.binary(response)]))
        client.writer.write(frames.frame(0, init, kind=frames.SASL_FRAME))
        assert (await client.receive()).fields == [outcome, None]
        if outcome:
            assert await client.closed()
        else:
            await client.open()


async def test_a_close_is_answered(server: EventHubsServer) -> None:
    """Both sides say goodbye."""
    async with session(server) as client:
        client.write(CLOSE, [NULL])
        assert (await client.expect(CLOSE)).fields == [None]
        assert await client.closed()


async def test_a_session_ends_and_its_channel_is_free(server: EventHubsServer) -> None:
    """An end is answered; a detach that comes late, as the SDK's does, is passed over."""
    async with session(server) as client:
        await client.attached(1, target="hub")
        client.write(END, [NULL])
        client.write(DETACH, [uint(1)])
        assert (await client.expect(END)).fields == [None]
        await client.begin()
        await client.attached(1, target="hub")


async def test_a_handle_without_link_ends_the_session_only(server: EventHubsServer) -> None:
    """What follows on the session is passed over until the client ends it; the connection lives."""
    async with session(server) as client:
        client.transfer(7, 0, body(b""))
        assert await _ended_with(client) == UNATTACHED_HANDLE
        client.transfer(7, 1, body(b""))
        client.write(END, [NULL])
        await client.begin()


async def test_a_handle_in_use_ends_the_session(server: EventHubsServer) -> None:
    """Two links cannot share a handle."""
    async with session(server) as client:
        await client.attached(1, target="hub")
        client.attach(1, target="hub")
        assert await _ended_with(client) == HANDLE_IN_USE


async def test_a_handle_too_high_ends_the_session(server: EventHubsServer) -> None:
    """The limit was told in the begin."""
    async with session(server) as client:
        client.attach(256, target="hub")
        assert await _ended_with(client) == NOT_ALLOWED


async def test_a_transfer_on_a_receiving_link_ends_the_session(server: EventHubsServer) -> None:
    """A link has one direction."""
    async with session(server) as client:
        await client.attached(1, source="hub/ConsumerGroups/$Default/Partitions/0")
        client.transfer(1, 0, body(b""))
        assert await _ended_with(client) == NOT_ALLOWED


async def test_a_detach_is_answered_and_the_handle_is_free(server: EventHubsServer) -> None:
    """A link can be made anew."""
    async with session(server) as client:
        await client.attached(1, target="hub")
        client.write(DETACH, [uint(1), encode.boolean(value=True)])
        assert (await client.expect(DETACH)).fields == [1, True, None]
        await client.attached(1, target="hub")


async def test_an_echo_is_answered(server: EventHubsServer) -> None:
    """A flow that asks for one gets one, for the session and for a link."""
    async with session(server) as client:
        await client.attached(1, source="hub/ConsumerGroups/$Default/Partitions/0")
        client.write(FLOW, [*map(uint, (0, 9, 0, 9)), *[NULL] * 5, encode.boolean(value=True)])
        assert (await client.expect(FLOW)).fields[4] is None
        link = [uint(1), uint(0), uint(5), NULL, NULL, encode.boolean(value=True)]
        client.write(FLOW, [*map(uint, (0, 9, 0, 9)), *link])
        assert (await client.expect(FLOW)).fields[4:7] == [1, 0, 5]


async def test_the_broker_keeps_a_waiting_client_alive(server: EventHubsServer) -> None:
    """A client with an idle time-out hears something in time, again and again."""
    async with session(server, idle=150) as client:
        began = monotonic()
        for _ in range(3):
            assert (await client.receive()).code is None
        assert monotonic() - began < 0.45


async def test_a_silent_client_is_given_up(tmp_path: Path) -> None:
    """It was told half of the time it really has; heartbeats keep it."""
    async with (
        EventHubsServer(tmp_path, hubs={"hub": 1}, idle_timeout=0.4) as server,
        connected(server) as client,
    ):
        began = monotonic()
        assert (await client.open()).fields[4] == 200
        client.writer.write(frames.EMPTY_FRAME)
        assert await _closed_with(client) == CONNECTION_FORCED
        assert 0.4 <= monotonic() - began < 1.5


async def test_stopping_tells_the_clients(tmp_path: Path) -> None:
    """A client that is connected when the broker stops can tell this from a crash."""
    async with EventHubsServer(tmp_path, hubs={"hub": 1}) as server:
        async with session(server) as client:
            client.write(ATTACH, [])
            await client.closed()
        client = await session(server).__aenter__()
    assert await _closed_with(client) == CONNECTION_FORCED


async def test_a_defect_is_confined_to_its_connection(
    server: EventHubsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even an error nobody thought of costs one connection only."""

    def broken(_body: bytes) -> tuple[performatives.Performative, bytes]:
        raise RuntimeError("a defect")

    async with session(server) as client:
        monkeypatch.setattr(performatives, "parse", broken)
        client.write(TRANSFER, [])
        assert await _closed_with(client) == "amqp:internal-error"
        monkeypatch.undo()
    async with session(server):
        pass
