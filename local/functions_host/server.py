"""Serving a host over HTTP until a signal comes, then draining it."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn

from local.functions_host.host import FunctionsHost

log = logging.getLogger("local.functions_host")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the host drains more than connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell when requests are answered."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield


async def serve(host: FunctionsHost, address: str, port: int, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT, then stop accepting and polling and let what runs finish.

    Prints `ready` once HTTP is served and the polling has begun. A second signal changes nothing: Ctrl-C reaches a
    whole process group, and whoever started the host signals it as well. What still runs when the time is up ends with
    the process, which exits with 0 from here.

    Raises:
        OSError: the port cannot be bound.
    """
    stopped = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = _Server(_uvicorn_config(host))
    serving = asyncio.create_task(server.serve([_bind(address, port)]))
    await server.up.wait()
    host.start()
    print("ready", flush=True)
    await stopped.wait()
    server.should_exit = True
    work = asyncio.gather(serving, host.drain())
    await asyncio.wait((work,), timeout=drain_seconds)
    if not work.done():
        log.warning(
            "still running after %s s, given up: %s", drain_seconds, sorted(host.worker.running.values())
        )
    if host.worker.overran or not work.done():
        _leave_now()


def _bind(address: str, port: int) -> socket.socket:
    """Bind here and not in uvicorn, which leaves the process when it cannot.

    The protocol is named because asyncio sets TCP_NODELAY only where it is; without, each answer waits 40 ms.
    """
    family, kind, protocol, _, where = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(where)
    except OSError as exc:
        listening.close()
        raise OSError(f"{address}:{port} cannot be served: {exc.strerror}") from exc
    return listening


def _uvicorn_config(host: FunctionsHost) -> uvicorn.Config:
    return uvicorn.Config(
        host.http,
        loop="none",
        lifespan="off",
        ws="none",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=130,  # Kestrel's
    )


def _leave_now() -> None:
    """End the process without waiting for threads: a synchronous function that overran its time cannot be stopped."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
