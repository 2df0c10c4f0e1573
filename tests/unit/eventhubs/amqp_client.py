"""A bare AMQP client for tests: sends what it is told, right or wrong, and decodes what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from local.eventhubs import decode, encode, frames
from local.eventhubs.encode import NULL, described, list_of, uint
from local.eventhubs.server import EventHubsServer

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
PATIENCE = 5.0


class Received(NamedTuple):
    """A frame from the broker; code None is a heartbeat."""

    channel: int
    code: int | None
    fields: list[Any]
    payload: bytes


class AmqpClient:
    """One connection to a broker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def write(self, code: int, fields: list[bytes], payload: bytes = b"", *, channel: int = 0) -> None:
        """Send a performative; whoever awaits next lets it go out."""
        self.writer.write(frames.frame(channel, described(code, list_of(fields)), payload))

    async def receive(self) -> Received:
        """Give the next frame; raises IncompleteReadError if the broker closed."""
        head = await asyncio.wait_for(self.reader.readexactly(8), PATIENCE)
        if head.startswith(b"AMQP"):
            return Received(0, -1, [head], b"")
        body = await self.reader.readexactly(int.from_bytes(head[:4]) - 8)
        if not body:
            return Received(0, None, [], b"")
        performative, end = decode.value_at(body)
        return Received(int.from_bytes(head[6:8]), performative.descriptor, performative.value, body[end:])

    async def expect(self, code: int) -> Received:
        """Give the next frame of a kind; passes over flows and heartbeats while waiting for another kind."""
        while True:
            received = await self.receive()
            if received.code == code:
                return received
            assert received.code in (FLOW, None), f"{received} instead of 0x{code:02x}"

    async def closed(self) -> bool:
        """Whether the broker closes the socket, whatever it sends before."""
        while await asyncio.wait_for(self.reader.read(65536), PATIENCE):
            pass
        return True

    async def open(self, *, max_frame_size: int = 65536, idle: int | None = None) -> Received:
        """Exchange headers (without SASL) and open; gives the broker's open."""
        self.writer.write(frames.protocol_header(frames.AMQP_PROTOCOL))
        idle_time = NULL if idle is None else uint(idle)
        self.write(OPEN, [encode.string("test"), NULL, uint(max_frame_size), NULL, idle_time])
        assert (await self.receive()).code == -1
        return await self.expect(OPEN)

    async def begin(self, *, window: int = 1000, channel: int = 0) -> Received:
        """Begin a session."""
        self.write(BEGIN, [NULL, uint(0), uint(window), uint(1000)], channel=channel)
        return await self.expect(BEGIN)

    def attach(
        self, handle: int, *, source: str | None = None, target: str | None = None, properties: bytes = NULL
    ) -> None:
        """Ask for a link: a source makes a receiver, a target alone a sender."""
        receiving = source is not None
        fields = [encode.string(f"link-{handle}"), uint(handle), encode.boolean(receiving), NULL, NULL]
        for code, address in ((0x28, source), (0x29, target)):
            fields.append(NULL if address is None else described(code, list_of([encode.string(address)])))
        count = NULL if receiving else uint(0)
        self.write(ATTACH, [*fields, NULL, NULL, count, NULL, NULL, NULL, properties])

    async def attached(self, handle: int, **kwargs: Any) -> Received:
        """Ask for a link and wait for the answer."""
        self.attach(handle, **kwargs)
        return await self.expect(ATTACH)

    def flow(
        self,
        handle: int,
        *,
        credit: int,
        delivery_count: int = 0,
        received: int = 0,
        window: int = 1000,
        drain: bool = False,
    ) -> None:
        """Give credit to a receiver's link."""
        numbers = [received, window, 0, 1000, handle, delivery_count, credit]
        self.write(FLOW, [*map(uint, numbers), NULL, encode.boolean(drain)])

    def transfer(
        self, handle: int, delivery: int | None, payload: bytes, *, more: bool = False, settled: bool = False
    ) -> None:
        """Send a delivery or a part of one."""
        number = NULL if delivery is None else uint(delivery)
        tag = encode.binary(b"t")
        flags = [encode.boolean(settled), encode.boolean(more)]
        self.write(TRANSFER, [uint(handle), number, tag, uint(0), *flags], payload)


def body(text: bytes) -> bytes:
    """Encode a message with one data section."""
    return described(0x75, encode.binary(text))


def text_of(message: bytes) -> bytes:
    """Give the data of a message."""
    position = 0
    while True:
        section, position = decode.value_at(message, position)
        if section.descriptor == 0x75:
            data: bytes = section.value
            return data


@asynccontextmanager
async def connected(server: EventHubsServer) -> AsyncIterator[AmqpClient]:
    """Connect to a broker, without a word said."""
    client = AmqpClient(*await asyncio.open_connection("127.0.0.1", server.port))
    try:
        yield client
    finally:
        client.writer.close()


@asynccontextmanager
async def session(
    server: EventHubsServer, *, window: int = 1000, **opening: Any
) -> AsyncIterator[AmqpClient]:
    """Connect, open and begin a session on channel 0."""
    async with connected(server) as client:
        await client.open(**opening)
        await client.begin(window=window)
        yield client
