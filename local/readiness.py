"""Three ways to see that a process does its work, behind one signature.

`await ready(log_start) -> bool` never raises. It is asked again and again until it says yes, so each is one quick
look without retries of its own. `log_start` is the byte of the process's log where its present run began.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

type Ready = Callable[[int], Awaitable[bool]]

_LOOK = 2.0  # seconds one look may take


def tcp(host: str, port: int) -> Ready:
    """Ready when a connection is accepted."""

    async def look(_log_start: int) -> bool:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LOOK), _connected(host, port):
                return True
        return False

    return look


def http(url: str) -> Ready:
    """Ready when GET `url` answers 200."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
    )

    async def look(_log_start: int) -> bool:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_LOOK), _connected(host, port) as (reader, writer):
                writer.write(request)
                status = (await reader.readline()).split()
                return len(status) > 1 and status[1] == b"200"
        return False

    return look


def line(log: Path, text: str) -> Ready:
    """Ready when this run has logged `text`."""

    async def look(log_start: int) -> bool:
        try:
            with log.open("rb") as file:
                file.seek(log_start)
                return text.encode() in file.read()
        except FileNotFoundError:
            return False

    return look


@contextlib.asynccontextmanager
async def _connected(host: str, port: int) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
