"""How each side gets its events: from Event Hubs, over a plain socket, or by HTTP."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Sequence
from typing import Protocol

from local.eventhubs import encode
from local.eventhubs.broker import Hub
from local.eventhubs.message import DATA, IncomingEvent

PARTITIONS = 4
_LENGTH = struct.Struct(">I")
# As the publisher's SDK sends it: durable and priority at their defaults.
_HEADER = b"\x00Sp\xc0\x07\x05V\x01@@@@"
_KEY = encode.symbol("x-opt-partition-key")


class Feed(Protocol):
    """Takes events for users to the server."""

    def publish(self, users: Sequence[bytes], bodies: Sequence[bytes]) -> None:
        """Send an event to each of these users, in order."""


class HubFeed:
    """Events put into an Event Hubs stand-in that runs in this process; the relay reads them with the SDK.

    Args:
        hub: of the stand-in.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def publish(self, users: Sequence[bytes], bodies: Sequence[bytes]) -> None:
        """See Feed."""
        batches: dict[str, list[IncomingEvent]] = {}
        for user, body in zip(users, bodies, strict=True):
            key = user.decode()
            section = encode.described(DATA, encode.binary(body))
            event = IncomingEvent(_HEADER, (_KEY, encode.string(key)), key, section)
            batches.setdefault(self._hub.partition_for(key).number, []).append(event)
        for number, events in batches.items():
            self._hub.partition(number).publish(events)


class SocketFeed:
    """Events over plain sockets, one for each partition: a length of four bytes, then the body.

    Args:
        writers: a connection for each partition.
    """

    def __init__(self, writers: Sequence[asyncio.StreamWriter]) -> None:
        self._writers = writers

    @classmethod
    async def connect(cls, host: str, port: int, partitions: int = PARTITIONS) -> SocketFeed:
        """Connect; each connection says with its first byte which partition it carries."""
        writers = []
        for number in range(partitions):
            _, writer = await asyncio.open_connection(host, port)
            writer.write(bytes((number,)))
            writers.append(writer)
        return cls(writers)

    def publish(self, users: Sequence[bytes], bodies: Sequence[bytes]) -> None:
        """See Feed."""
        parts: list[list[bytes]] = [[] for _ in self._writers]
        for user, body in zip(users, bodies, strict=True):
            parts[zlib.crc32(user) % len(parts)] += (_LENGTH.pack(len(body)), body)
        for writer, part in zip(self._writers, parts, strict=True):
            if part:
                writer.write(b"".join(part))


class HttpFeed:
    """Events as pipelined POST requests over a few kept connections; answers are thrown away.

    Args:
        transports: the connections.
        target: the path and query up to the user.
    """

    def __init__(self, transports: Sequence[asyncio.WriteTransport], target: bytes) -> None:
        self._transports = transports
        self._head = (
            b"POST " + target + b"%b HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            b"X-EventSource-Event: task.progress\r\nContent-Length: %d\r\n\r\n%b"
        )

    @classmethod
    async def connect(cls, host: str, port: int, target: bytes, connections: int = PARTITIONS) -> HttpFeed:
        """Connect."""
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(asyncio.Protocol, host, port) for _ in range(connections)]
        return cls([transport for transport, _ in made], target)

    def publish(self, users: Sequence[bytes], bodies: Sequence[bytes]) -> None:
        """See Feed."""
        parts: list[list[bytes]] = [[] for _ in self._transports]
        for user, body in zip(users, bodies, strict=True):
            parts[zlib.crc32(user) % len(parts)].append(self._head % (user, len(body), body))
        for transport, part in zip(self._transports, parts, strict=True):
            if part:
                transport.write(b"".join(part))
