"""The four sides: each a server of its own that is ready, and the way its events take."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.relay.callers import Callers
from bench.relay.feeds import PARTITIONS, Feed, HttpFeed, HubFeed, SocketFeed
from bench.relay.nginx import Nginx
from bench.relay.processes import Server, running
from local.eventhubs.server import EventHubsServer
from local.programs import ROOT

HOST = "127.0.0.1"
SDK, EDGE, STARLETTE, NCHAN = "ours, Event Hubs", "ours, edge", "sse-starlette", "nginx+nchan"
_HUB = "notifications"
_SERVICE = ROOT / "bench" / "relay" / "old_stack"
_READY_LIMIT = 30.0
_STREAM = "/api/notifications/stream/"


@dataclass(frozen=True, slots=True)
class Side:
    """A server that streams.

    Attributes:
        server: its process.
        address: where it listens.
        feed: what takes events to it.
        by_token: the requests of these users, each with its own token where the side looks at tokens.
        by_ticket: the requests of the first so many users with tickets; None where there are none.
    """

    server: Server
    address: tuple[str, int]
    feed: Feed
    by_token: Sequence[bytes]
    by_ticket: Callable[[int], list[bytes]] | None = None


type Open = Callable[[], AbstractAsyncContextManager[Side]]


@dataclass(frozen=True, slots=True)
class Sides:
    """Opens sides.

    Args:
        callers: who connects.
        python: the interpreter that has sse-starlette.
        nginx: the one with nchan.
        settings: of the relay, beside its defaults; none as it is deployed.
    """

    callers: Callers
    python: Path
    nginx: Nginx
    settings: Mapping[str, str] = field(default_factory=dict)

    def all(self) -> dict[str, Open]:
        """Every side by its name."""
        return {SDK: self.relay, EDGE: self.edge, STARLETTE: self.starlette, NCHAN: self.nchan}

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[Side]:
        """`python -m notifications.relay` as deployed; Event Hubs' stand-in runs in this process."""
        with tempfile.TemporaryDirectory(prefix="bench-relay-hub-") as folder:
            hub = EventHubsServer(Path(folder), hubs={_HUB: PARTITIONS}, consumer_groups=["relay-0"])
            async with hub:
                port = _free_port()
                environment = self._relay_settings(port) | {
                    "EVENTHUB": hub.connection_string,
                    "EVENTHUB_NAME": _HUB,
                    "RELAY_CONSUMER_GROUPS": "relay-0",
                }
                with running([sys.executable, "-m", "notifications.relay"], environment) as server:
                    await _ready(server, port)
                    broker = hub._broker  # noqa: SLF001  events are put in from inside, to save this core's time
                    yield self._ours(server, port, HubFeed(broker.hub(_HUB)))

    @asynccontextmanager
    async def edge(self) -> AsyncIterator[Side]:
        """The relay with its events from a socket: without the SDK."""
        port, feed_port = _free_port(), _free_port()
        command = [sys.executable, "-m", "bench.relay.edge", str(feed_port)]
        with running(command, self._relay_settings(port)) as server:
            await _ready(server, port)
            yield self._ours(server, port, await SocketFeed.connect(HOST, feed_port))

    @asynccontextmanager
    async def starlette(self) -> AsyncIterator[Side]:
        """sse-starlette on uvicorn with uvloop and httptools."""
        port, feed_port = _free_port(), _free_port()
        options = ("--port", str(port), "--no-access-log", "--log-level", "critical", "--backlog", "4096")
        command = [str(self.python), "-m", "uvicorn", "service:app", *options, "--loop", "uvloop"]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(_SERVICE), "FEED_PORT": str(feed_port)}
        with running([*command, "--timeout-graceful-shutdown", "1"], environment) as server:
            await _ready(server, port)
            feed = await SocketFeed.connect(HOST, feed_port)
            yield Side(server, (HOST, port), feed, self._plain("/stream/"))

    @asynccontextmanager
    async def nchan(self) -> AsyncIterator[Side]:
        """Start nginx with nchan, its events published over HTTP."""
        port = _free_port()
        with tempfile.TemporaryDirectory(prefix="bench-relay-nginx-") as folder:
            command = self.nginx.command(Path(folder), HOST, port)
            with running(command, {"PATH": os.defpath}) as server:
                await _ready(server, port)
                feed = await HttpFeed.connect(HOST, port, b"/publish?user=")
                yield Side(server, (HOST, port), feed, self._plain("/stream?user="))

    def _relay_settings(self, port: int) -> dict[str, str]:
        own = {"PATH": os.defpath, "RELAY_HOST": HOST, "RELAY_PORT": str(port), "RELAY_GRACE_SECONDS": "1"}
        return {**own, **self.callers.settings, **self.settings}

    def _ours(self, server: Server, port: int, feed: Feed) -> Side:
        def by_ticket(count: int) -> list[bytes]:
            tickets = zip(self.callers.users, self.callers.tickets(count), strict=False)
            return [_request(f"{_STREAM}{user}?from=now&ticket={ticket}") for user, ticket in tickets]

        pairs = zip(self.callers.users, self.callers.tokens, strict=True)
        by_token = [_request(_STREAM + user, f"Authorization: Bearer {token}\r\n") for user, token in pairs]
        return Side(server, (HOST, port), feed, by_token, by_ticket)

    def _plain(self, prefix: str) -> list[bytes]:
        return [_request(prefix + user) for user in self.callers.users]


def _request(target: str, headers: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n{headers}\r\n".encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def _ready(server: Server, port: int) -> None:
    """Wait until /readyz answers with 200."""
    ends = time.monotonic() + _READY_LIMIT
    while time.monotonic() < ends:
        if not server.alive:
            raise BenchError("a server ended while it started")
        if await _is_ready(port):
            return
        await asyncio.sleep(0.05)
    raise BenchError(f"the server at port {port} is not ready within {_READY_LIMIT:g} s")


async def _is_ready(port: int) -> bool:
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in answer
