from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from local.readiness import http, line, tcp


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def serve(answer: bytes) -> tuple[asyncio.Server, int]:
    """A server that answers every connection with these bytes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_tcp_is_ready_when_it_accepts() -> None:
    """A listening port is ready, a closed one is not."""
    server, port = await serve(b"")
    async with server:
        assert await tcp("127.0.0.1", port)(0)
    assert not await tcp("127.0.0.1", closed_port())(0)


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", False),
        (b"", False),
        (b"garbage\r\n", False),
        (b"x" * 70_000, False),
    ],
)
async def test_http_is_ready_with_200_only(answer: bytes, *, ready: bool) -> None:
    """Anything but status 200 means not yet, and never an exception."""
    server, port = await serve(answer)
    async with server:
        assert await http(f"http://127.0.0.1:{port}/health")(0) is ready


async def test_http_nobody_there() -> None:
    """A refused connection means not yet."""
    assert not await http(f"http://127.0.0.1:{closed_port()}/")(0)


async def test_line_of_this_run_only(tmp_path: Path) -> None:
    """What an earlier run logged does not make this one ready."""
    log = tmp_path / "postgres.log"
    assert not await line(log, "ready")(0)
    log.write_text("ready\n")
    assert await line(log, "ready")(0)
    assert not await line(log, "ready")(6)
