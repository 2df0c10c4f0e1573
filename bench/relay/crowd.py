"""Many thousands of clients in one process: opened by epoll, then one shared protocol that only counts.

A client must cost less than what it measures. So heads are read without an event loop, and events are counted by one
byte that each holds once.
"""

from __future__ import annotations

import asyncio
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.errors import BenchError
from bench.relay.events import MARK, sent_at

_AT_ONCE = 200  # connections on their way, far below any server's backlog
_SILENCE = 20.0  # seconds after which a server that answers nothing is given up
_HEAD_END = b"\r\n\r\n"
# Closing resets the connection: no port waits two minutes, so that the next run can have it.
_NO_LINGER = struct.pack("ii", 1, 0)


def open_streams(address: tuple[str, int], requests: Sequence[bytes]) -> list[socket.socket]:
    """Open a stream with each of these requests; returns when every answer's head has come.

    Raises:
        BenchError: a head is not 200, or none comes.
    """
    opened: list[socket.socket] = []
    waiting: dict[int, socket.socket] = {}
    left = iter(requests)
    with select.epoll() as poll:
        while len(opened) < len(requests):
            while len(waiting) < _AT_ONCE and (request := next(left, None)) is not None:
                connection = _ask(address, request)
                waiting[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
            events = poll.poll(_SILENCE)
            if not events:
                raise BenchError(f"{len(waiting)} requests are not answered, {len(opened)} were")
            for number, _ in events:
                poll.unregister(number)
                opened.append(_granted(waiting.pop(number)))
    return opened


def _ask(address: tuple[str, int], request: bytes) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(_SILENCE)
    connection.connect(address)
    connection.sendall(request)
    return connection


def _granted(connection: socket.socket) -> socket.socket:
    head = b""
    while _HEAD_END not in head:
        received = connection.recv(65536)
        if not received:
            break
        head += received
    if not head.startswith(b"HTTP/1.1 200"):
        raise BenchError(f"a stream was refused: {head[:300]!r}")
    connection.setblocking(False)
    return connection


@dataclass(slots=True)
class Crowd(asyncio.Protocol):
    """The protocol of every stream: counts events, and keeps their times on the way while `sampling`.

    Attributes:
        count: events received so far.
        lost_connections: streams that ended without being asked to.
        delays: seconds, one for each piece received while sampling (its first event).
    """

    count: int = 0
    lost_connections: int = 0
    sampling: bool = False
    delays: list[float] = field(default_factory=list)
    _wake_at: int = 1 << 62
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _transports: set[asyncio.BaseTransport] = field(default_factory=set)

    async def join(self, sockets: Sequence[socket.socket]) -> None:
        """Take over open streams."""
        loop = asyncio.get_running_loop()
        for connection in sockets:
            await loop.create_connection(lambda: self, sock=connection)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transports.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the base class names it
        """See asyncio.Protocol."""
        self.lost_connections += 1

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        events = data.count(MARK)
        if not events:
            return
        self.count += events
        if self.sampling and (sent := sent_at(data)) is not None:
            self.delays.append((time.monotonic_ns() - sent) / 1e9)
        if self.count >= self._wake_at:
            self._woken.set()

    async def reach(self, count: int, limit: float) -> bool:
        """Wait until so many events have come; False when `limit` seconds pass before."""
        self._woken.clear()
        self._wake_at = count
        try:
            if self.count < count:
                async with asyncio.timeout(limit):
                    await self._woken.wait()
        except TimeoutError:
            return False
        return True

    def leave(self) -> None:
        """Close every stream at once."""
        for transport in self._transports:
            transport.abort()  # type: ignore[attr-defined]  # a TCP client makes Transports
        self._transports.clear()
