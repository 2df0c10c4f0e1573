"""Sending and receiving over links: flow control, sizes, refusals, replies."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from local.eventhubs import decode, encode, message
from local.eventhubs.encode import NULL, described, list_of, map_of, string, uint
from local.eventhubs.errors import (
    DECODE_ERROR,
    INVALID_FIELD,
    LINK_STOLEN,
    MESSAGE_SIZE_EXCEEDED,
    NOT_ALLOWED,
    NOT_FOUND,
    RESOURCE_LIMIT_EXCEEDED,
)
from local.eventhubs.incoming import MAX_MESSAGE_SIZE
from local.eventhubs.server import EventHubsServer
from tests.unit.eventhubs.amqp_client import (
    ATTACH,
    DETACH,
    DISPOSITION,
    FLOW,
    TRANSFER,
    AmqpClient,
    Received,
    body,
    session,
    text_of,
)

SOURCE = "hub/ConsumerGroups/$Default/Partitions/0"
TARGET = "hub/Partitions/0"
EPOCH = encode.symbol("com.microsoft:epoch")


async def _publish(client: AmqpClient, *texts: bytes) -> None:
    await client.attached(0, target=TARGET)
    for number, text in enumerate(texts):
        client.transfer(0, number, body(text))
    settled = -1
    while settled < len(texts) - 1:
        settled = (await client.expect(DISPOSITION)).fields[2]


async def _texts(client: AmqpClient, count: int) -> list[bytes]:
    return [text_of((await client.expect(TRANSFER)).payload) for _ in range(count)]


async def _refusal(client: AmqpClient) -> str:
    attach = await client.expect(ATTACH)
    assert attach.fields[5] is not None
    assert attach.fields[6] is not None
    condition: str = (await client.expect(DETACH)).fields[2].value[0]
    return condition


async def _quiet(client: AmqpClient) -> bool:
    """Whether nothing comes: an echo is answered before anything else."""
    client.write(FLOW, [uint(0), uint(1000), uint(0), uint(9), *[NULL] * 5, encode.boolean(value=True)])
    return (await client.receive()).code == FLOW


async def test_what_is_sent_is_received(server: EventHubsServer) -> None:
    """Acceptances of consecutive deliveries may share a frame; order stays."""
    async with session(server) as client:
        await _publish(client, b"a", b"b", b"c")
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=10)
        assert await _texts(client, 3) == [b"a", b"b", b"c"]


async def test_credit_is_kept(server: EventHubsServer) -> None:
    """No more is sent than was asked for; more credit brings more."""
    async with session(server) as client:
        await _publish(client, *(b"%d" % number for number in range(5)))
        await client.attached(1, source=SOURCE)
        assert await _quiet(client)
        client.flow(1, credit=2)
        assert await _texts(client, 2) == [b"0", b"1"]
        assert await _quiet(client)
        client.flow(1, credit=2, delivery_count=2, received=2)
        assert await _texts(client, 2) == [b"2", b"3"]
        assert await _quiet(client)


async def test_the_sessions_window_is_kept(server: EventHubsServer) -> None:
    """Frames beyond the window wait, even in the middle of a message."""
    async with session(server, window=2, max_frame_size=512) as client:
        await _publish(client, b"x" * 1200)
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=5, window=2)
        pieces = [await client.expect(TRANSFER), await client.expect(TRANSFER)]
        client.flow(1, credit=5, window=2, received=2)
        pieces.append(await client.expect(TRANSFER))
        assert [piece.fields[5] for piece in pieces] == [True, True, False]
        assert text_of(b"".join(piece.payload for piece in pieces)) == b"x" * 1200


async def test_a_link_that_goes_takes_its_waiting_frames_along(server: EventHubsServer) -> None:
    """Nothing comes for a handle that was detached; another link goes on."""
    async with session(server, window=1, max_frame_size=512) as client:
        await _publish(client, b"x" * 1200)
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=5, window=1)
        await client.expect(TRANSFER)
        client.write(DETACH, [uint(1), encode.boolean(value=True)])
        await client.expect(DETACH)
        await client.attached(2, source=SOURCE)
        client.flow(2, credit=1, window=9, received=1)
        assert [(await client.expect(TRANSFER)).fields[0] for _ in range(3)] == [2, 2, 2]


async def test_a_drain_uses_up_the_credit(server: EventHubsServer) -> None:
    """What there is comes, then a flow that says the credit is gone."""
    async with session(server) as client:
        await _publish(client, b"a")
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=10, drain=True)
        assert await _texts(client, 1) == [b"a"]
        flow = (await client.receive()).fields
        assert (flow[5], flow[6], flow[8]) == (10, 0, True)


async def test_a_message_in_many_frames_is_one_event(server: EventHubsServer) -> None:
    """Continuations may leave the delivery-id out."""
    async with session(server) as client:
        await client.attached(0, target=TARGET)
        whole = body(b"y" * 5000)
        client.transfer(0, 0, whole[:1000], more=True)
        client.transfer(0, None, whole[1000:3000], more=True)
        client.transfer(0, 0, whole[3000:])
        assert (await client.expect(DISPOSITION)).fields[1:3] == [0, 0]
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=1)
        assert await _texts(client, 1) == [b"y" * 5000]


async def test_an_aborted_delivery_leaves_nothing(server: EventHubsServer) -> None:
    """The next one on the link is taken."""
    async with session(server) as client:
        await client.attached(0, target=TARGET)
        client.transfer(0, 0, body(b"never"), more=True)
        aborted = [uint(0), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, encode.boolean(value=True)]
        client.write(TRANSFER, aborted)
        client.transfer(0, 1, body(b"taken"))
        assert (await client.expect(DISPOSITION)).fields[1] == 1
        await client.attached(1, source=SOURCE)
        client.flow(1, credit=5)
        assert await _texts(client, 1) == [b"taken"]
        assert await _quiet(client)


async def test_a_message_over_the_limit_is_rejected(server: EventHubsServer) -> None:
    """It is not kept while it arrives, and the link goes on."""
    async with session(server) as client:
        attach = await client.attached(0, target=TARGET)
        assert attach.fields[10] == MAX_MESSAGE_SIZE
        for _ in range(21):
            client.transfer(0, 0, b"z" * 50_000, more=True)
        client.transfer(0, 0, b"")
        outcome = (await client.expect(DISPOSITION)).fields[4]
        assert outcome.descriptor == 0x25
        assert outcome.value[0].value[0] == MESSAGE_SIZE_EXCEEDED
        client.transfer(0, 1, body(b"small"))
        assert (await client.expect(DISPOSITION)).fields[4].descriptor == 0x24


async def test_a_malformed_message_is_rejected(server: EventHubsServer) -> None:
    """The rejection says why; acceptances before it are not lost."""
    async with session(server) as client:
        await client.attached(0, target=TARGET)
        client.transfer(0, 0, body(b"good"))
        client.transfer(0, 1, b"bad")
        client.transfer(0, 2, body(b"good"))
        outcomes = [(await client.expect(DISPOSITION)).fields for _ in range(3)]
        assert [outcome[1] for outcome in outcomes] == [0, 1, 2]
        assert [outcome[4].descriptor for outcome in outcomes] == [0x24, 0x25, 0x24]
        assert outcomes[1][4].value[0].value[0] == DECODE_ERROR


async def test_a_settled_message_that_is_refused_costs_the_link(server: EventHubsServer) -> None:
    """Nobody waits for its outcome, so only the link can tell."""
    async with session(server) as client:
        await client.attached(0, target=TARGET)
        client.transfer(0, 0, body(b"good"), settled=True)
        client.transfer(0, 1, b"bad", settled=True)
        assert (await client.expect(DETACH)).fields[2].value[0] == DECODE_ERROR


@pytest.mark.parametrize("second", [None, 5])
async def test_a_delivery_that_does_not_start_costs_the_link(
    server: EventHubsServer, second: int | None
) -> None:
    """A delivery-id is needed at first and may not change in the middle."""
    async with session(server) as client:
        await client.attached(0, target=TARGET)
        if second is not None:
            client.transfer(0, 0, b"", more=True)
        client.transfer(0, second, body(b""))
        assert (await client.expect(DETACH)).fields[2].value[0] == INVALID_FIELD


async def test_senders_are_kept_in_credit(server: EventHubsServer) -> None:
    """Credit comes with the link and again before it is used up."""
    async with session(server) as client:
        client.attach(0, target=TARGET)
        await client.expect(ATTACH)
        assert (await client.expect(FLOW)).fields[5:7] == [0, 1000]
        for number in range(500):
            client.transfer(0, number, body(b""))
        while (received := await client.receive()).code != FLOW:
            assert received.code == DISPOSITION
        assert received.fields[5:7] == [500, 1000]


@pytest.mark.parametrize(
    ("address", "condition"),
    [
        ({"target": "nope"}, NOT_FOUND),
        ({"target": "hub/Partitions/2"}, NOT_FOUND),
        ({"source": "hub/ConsumerGroups/nope/Partitions/0"}, NOT_FOUND),
        ({"source": "nope/ConsumerGroups/$Default/Partitions/0"}, NOT_FOUND),
        ({"source": "hub"}, NOT_FOUND),
        ({}, INVALID_FIELD),
        ({"source": SOURCE, "properties": map_of([(EPOCH, string("high"))])}, INVALID_FIELD),
    ],
)
async def test_what_is_not_there_is_refused_by_attach_then_detach(
    server: EventHubsServer, address: dict[str, str], condition: str
) -> None:
    """The SDK needs source and target even then; the session goes on, and the handle is free."""
    async with session(server) as client:
        client.attach(3, **address)  # type: ignore[arg-type]  # properties are bytes, the addresses text
        assert await _refusal(client) == condition
        client.flow(3, credit=5)
        client.write(DETACH, [uint(3), encode.boolean(value=True)])
        await client.attached(3, target="hub")


async def test_five_readers_share_and_places_are_given_back(server: EventHubsServer) -> None:
    """However a reader goes, by detach, end or a lost connection, its place is free."""
    async with session(server) as other, session(server) as client:
        for handle in range(4):
            await other.attached(handle, source=SOURCE)
        await client.attached(0, source=SOURCE)
        client.attach(1, source=SOURCE)
        assert await _refusal(client) == RESOURCE_LIMIT_EXCEEDED
        client.write(DETACH, [uint(0), encode.boolean(value=True)])
        await client.expect(DETACH)
        await client.attached(2, source=SOURCE)
        other.writer.transport.abort()
        await _until_admitted(client)


async def _until_admitted(client: AmqpClient) -> None:
    for handle in range(10, 200):
        client.attach(handle, source=SOURCE)
        await client.expect(ATTACH)
        client.flow(handle, credit=0)
        client.write(FLOW, [uint(0), uint(9), uint(0), uint(9), *[NULL] * 5, encode.boolean(value=True)])
        if (await client.receive()).code == FLOW:
            return
        await client.expect(FLOW)
    raise AssertionError("no place became free")


async def test_an_owner_takes_the_partition_over(server: EventHubsServer) -> None:
    """Those who shared it hear that it was stolen; without a level nobody gets it back."""
    async with session(server) as owner, session(server) as client:
        await client.attached(0, source=SOURCE)
        await owner.attached(0, source=SOURCE, properties=map_of([(EPOCH, encode.long(3))]))
        assert (await client.expect(DETACH)).fields[2].value[0] == LINK_STOLEN
        client.write(DETACH, [uint(0), encode.boolean(value=True)])
        client.attach(0, source=SOURCE)
        assert await _refusal(client) == LINK_STOLEN


async def test_a_client_that_does_not_read_costs_no_memory(server: EventHubsServer) -> None:
    """What it has credit for stays in the log until its socket has room; then all of it comes."""
    async with session(server) as client, session(server) as lazy:
        await _publish(client, *(b"w" * 60_000 for _ in range(300)))
        await lazy.attached(1, source=SOURCE)
        lazy.flow(1, credit=300)
        await lazy.writer.drain()
        await _until_paused(server)
        assert sum(part.paused for part in server._connections) == 1
        held = sum(part._transport.get_write_buffer_size() for part in server._connections)
        assert held < 2_000_000
        assert await _whole(lazy, 300) == 300


async def _until_paused(server: EventHubsServer) -> None:
    async with asyncio.timeout(5):
        while not any(part.paused for part in server._connections):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)


async def _whole(client: AmqpClient, count: int) -> int:
    whole = 0
    while whole < count:
        whole += not (await client.expect(TRANSFER)).fields[5]
    return whole


def _request(
    arguments: dict[str, str], message_id: bytes = NULL, reply_to: bytes = NULL, value: bytes = NULL
) -> bytes:
    properties = [message_id, NULL, NULL, NULL, reply_to]
    pairs = ((string(key), string(text)) for key, text in arguments.items())
    return b"".join(
        (
            described(message.PROPERTIES, list_of(properties)),
            described(message.APPLICATION_PROPERTIES, map_of(pairs)),
            described(message.AMQP_VALUE, value),
        )
    )


def _reply(received: Received) -> tuple[object, dict[str, object], object]:
    parts = {part.code: decode.value_at(part.value)[0] for part in message.sections(received.payload)}
    properties, arguments = parts[message.PROPERTIES], parts[message.APPLICATION_PROPERTIES]
    return properties[5], arguments, parts[message.AMQP_VALUE]


async def _ask(client: AmqpClient, node: str, request: bytes) -> tuple[object, dict[str, object], object]:
    await client.attached(0, target=node)
    await client.attached(1, source=node, target="me")
    client.flow(1, credit=10)
    client.transfer(0, 0, request)
    return _reply(await _after_disposition(client))


async def _after_disposition(client: AmqpClient) -> Received:
    """Give the reply; the request's own settlement may come before or after it."""
    while (received := await client.receive()).code != TRANSFER:
        assert received.code in (DISPOSITION, FLOW)
    return received


@pytest.mark.parametrize(
    ("value", "arguments", "status"),
    [
        (string("token"), {"operation": "put-token", "name": "amqp://host/hub"}, 202),
        (NULL, {"operation": "put-token", "name": "amqp://host/hub"}, 400),
        (string("token"), {"operation": "put-token"}, 400),
        (string("token"), {"operation": "delete-token", "name": "x"}, 400),
    ],
)
async def test_cbs_takes_tokens(
    server: EventHubsServer, value: bytes, arguments: dict[str, str], status: int
) -> None:
    """A token with its audience is accepted, anything else is not."""
    async with session(server) as client:
        correlation, answer, _ = await _ask(client, "$cbs", _request(arguments, uint(9), value=value))
        assert (correlation, answer["status-code"]) == (9, status)


async def test_management_describes_hub_and_partition(server: EventHubsServer) -> None:
    """The reply's correlation-id is the request's message-id, of the same type."""
    number = UUID(int=5)
    async with session(server) as client:
        request = _request(
            {"operation": "READ", "type": "com.microsoft:eventhub", "name": "hub"}, encode.uuid(number)
        )
        correlation, answer, value = await _ask(client, "$management", request)
        assert (correlation, answer["status-code"]) == (number, 200)
        assert isinstance(value, dict)
        assert (value["partition_ids"], value["partition_count"]) == (["0", "1"], 2)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"type": "com.microsoft:eventhub", "name": "nope"}, 404),
        ({"type": "com.microsoft:partition", "name": "hub", "partition": "2"}, 404),
        ({"type": "com.microsoft:partition", "name": "hub"}, 404),
        ({"type": "something", "name": "hub"}, 400),
    ],
)
async def test_management_says_what_is_not_there(
    server: EventHubsServer, arguments: dict[str, str], status: int
) -> None:
    """Errors are statuses; the link goes on."""
    async with session(server) as client:
        _, answer, value = await _ask(client, "$management", _request({"operation": "READ", **arguments}))
        assert (answer["status-code"], value) == (status, None)


async def test_a_reply_goes_where_the_request_says(server: EventHubsServer) -> None:
    """With two receivers on a node, reply-to chooses; without any, the request is rejected."""
    async with session(server) as client:
        await client.attached(0, target="$management")
        client.transfer(0, 0, _request({"operation": "READ"}))
        assert (await client.expect(DISPOSITION)).fields[4].value[0].value[0] == NOT_ALLOWED
        for handle in (1, 2):
            await client.attached(handle, source="$management", target=f"me-{handle}")
            client.flow(handle, credit=1)
        client.transfer(0, 1, _request({"operation": "READ"}, reply_to=string("me-2")))
        assert (await _after_disposition(client)).fields[0] == 2


async def test_replies_wait_for_credit_but_not_without_end(server: EventHubsServer) -> None:
    """A client that asks and never reads is refused at some point."""
    async with session(server) as client:
        await client.attached(0, target="$management")
        await client.attached(1, source="$management", target="me")
        for number in range(1001):
            client.transfer(0, number, _request({"operation": "READ"}))
        outcome = await client.expect(DISPOSITION)
        while outcome.fields[2] < 1000:
            outcome = await client.expect(DISPOSITION)
        assert outcome.fields[4].value[0].value[0] == RESOURCE_LIMIT_EXCEEDED
