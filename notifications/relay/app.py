"""The relay put together: settings in, a serving process out."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from notifications.relay.auth import StreamAuth
from notifications.relay.cors import Cors
from notifications.relay.deadlines import TICK
from notifications.relay.http import RequestProtocol
from notifications.relay.hub import Hub
from notifications.relay.log import PartitionedLog
from notifications.relay.metrics import Metrics, render
from notifications.relay.reader import Reader
from notifications.relay.site import Probes, RelaySite
from notifications.relay.streams import OpenStreams
from notifications.relay.tracing import observe
from notifications.relay.window import Window
from shared.auth import TokenVerifier
from shared.settings import AuthSettings, RelaySettings
from shared.telemetry.logs import JsonLines

logger = logging.getLogger(__name__)

_BACKLOG = 4096
# Of the kernel's memory for a client that does not read; the queue's own limits follow after it.
_SEND_BUFFER = 64 * 1024
_STOP_SECONDS = 3.0
# Allocations, young and middle collections: with 10,000 streams a full collection is a pause one can see.
_COLLECT_AFTER = (20_000, 10, 50)


class Source(Protocol):
    """What feeds the hub: the Reader, or a test."""

    reachable: bool

    def ready(self) -> bool:
        """Whether the window is filled."""

    def lag(self) -> dict[str, int]:
        """Messages known to be unread, by partition."""

    async def run(self) -> None:
        """Feed until cancelled."""


class Relay:
    """One replica.

    Args:
        auth: whose tokens are accepted.
        settings: address, window, limits.
        source: makes what feeds the hub.
        tokens: verifies bearer tokens; by default against auth.jwks_url.
    """

    def __init__(
        self,
        auth: AuthSettings,
        settings: RelaySettings,
        source: Callable[[Hub, Metrics], Source],
        *,
        tokens: TokenVerifier | None = None,
    ) -> None:
        self._settings = settings
        self._auth = StreamAuth(tokens or TokenVerifier(auth), auth.ticket_secret.get_secret_value())
        self._metrics = Metrics()
        window = Window(
            seconds=settings.window_seconds,
            max_bytes=settings.window_bytes,
            user_events=settings.user_events,
        )
        self.hub = Hub(window, self._metrics)
        self._source = source(self.hub, self._metrics)
        self._draining = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> int:
        """Listen and begin to read; the port."""
        loop = asyncio.get_running_loop()
        self._streams = OpenStreams(self.hub, self._settings, self._metrics, loop.time)
        self._site = RelaySite(
            auth=self._auth,
            cors=Cors(self._settings.cors_origins),
            streams=self._streams,
            probes=Probes(self._ready, self._details, self._page),
            metrics=self._metrics,
            clock=loop.time,
        )
        listener = _listen(self._settings.host, self._settings.port, self._settings.frozen_after)
        self._server = await loop.create_server(
            lambda: RequestProtocol(self._site), sock=listener, backlog=_BACKLOG
        )
        observe(self._metrics, self._gauges, self._source.lag)
        self._tasks = [asyncio.create_task(self._source.run()), asyncio.create_task(self._tick())]
        port: int = listener.getsockname()[1]
        return port

    async def failed(self) -> None:
        """Wait for a part that must not end to end; raises what ended it."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self, grace: float) -> None:
        """Take no more connections, end the streams within `grace` seconds, let go of everything."""
        self._draining = True
        self._server.close()
        await self._streams.drain(grace)
        self._site.abort_requests()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._streams.tick()
            self._site.tick()
            self.hub.window.evict()

    def _ready(self) -> bool:
        return not self._draining and self._source.ready()

    def _details(self) -> dict[str, object]:
        return {
            "draining": self._draining,
            "event_hubs": "reachable" if self._source.reachable else "away",
            "lag": self._source.lag(),
            "streams": len(self._streams),
        }

    def _gauges(self) -> dict[str, int]:
        window = self.hub.window
        return {
            "streams_open": len(self._streams),
            "window_bytes": window.bytes,
            "window_users": window.users,
            "ready": int(self._ready()),
            "event_hubs_reachable": int(self._source.reachable),
        }

    def _page(self) -> bytes:
        return render(self._metrics, self._gauges(), self._source.lag())


async def serve(
    auth: AuthSettings, log: PartitionedLog, settings: RelaySettings, stopping: asyncio.Event
) -> None:
    """Run a replica on a log until `stopping` is set, then drain it and close the log."""
    relay = Relay(
        auth,
        settings,
        lambda target, metrics: Reader(log, target, metrics, window=settings.window_seconds),
    )
    port = await relay.start()
    logger.info("relay listens", extra={"host": settings.host, "port": port})
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    failed = asyncio.create_task(relay.failed())
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({failed, stopped}, return_when=asyncio.FIRST_COMPLETED)
    logger.info("relay drains", extra={"grace": settings.grace})
    try:
        await relay.stop(settings.grace)
        if failed.done() and not stopped.done():
            failed.result()
    finally:
        failed.cancel()
        stopped.cancel()
        await log.close()
    logger.info("relay stopped")


def configure_logging() -> None:
    """JSON lines on stderr; of the SDK only what is an error, as the reader says the rest in its own words."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("azure").setLevel(logging.ERROR)


def raise_descriptor_limit() -> None:
    """A stream is a descriptor: use as many as the process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(host: str, port: int, frozen_after: float) -> socket.socket:
    """A listening socket whose connections inherit small buffers and the kernel's own cut of dead peers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: also cuts peers that vanished without a word (RFC 5482)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(frozen_after * 1000))
    listener.setblocking(False)
    listener.bind((host, port))
    return listener
