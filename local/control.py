"""How the commands talk to a running supervisor: one line of JSON each way over a Unix socket in the data folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

_NAME = "control.sock"
_LONGEST_LINE = 65_536

type Handler = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


class NotRunningError(Exception):
    """No supervisor listens in this data folder."""


class NotAnsweringError(NotRunningError):
    """A supervisor listens, and has not answered in time."""


@contextlib.asynccontextmanager
async def listen(data: Path, handle: Handler) -> AsyncIterator[None]:
    """Answer requests by `handle` for the length of the block; the socket is gone after it.

    The caller holds the folder's lock, so a socket that is there already belongs to nobody.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            answer = await handle(json.loads(await reader.readline()))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    (data / _NAME).unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        # A socket's path may hold about 100 bytes; relative to its folder every folder is short enough.
        with contextlib.chdir(data):
            listener.bind(_NAME)
        (data / _NAME).chmod(0o600)
        async with await asyncio.start_unix_server(serve, sock=listener, limit=_LONGEST_LINE):
            try:
                yield
            finally:
                (data / _NAME).unlink(missing_ok=True)


def ask(data: Path, request: Mapping[str, Any], *, timeout: float = 120.0) -> dict[str, Any]:
    """Send one request to the supervisor of this folder; its answer.

    Raises:
        NotRunningError: there is none, or it went away before it answered.
        NotAnsweringError: it did not answer within `timeout` seconds.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            with contextlib.chdir(data):
                connection.connect(_NAME)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
        except TimeoutError as exc:
            raise NotAnsweringError(
                f"the stack in {data} did not answer within {timeout:g} s; "
                f"try again, or stop it: python -m local down --data {data}"
            ) from exc
        except (OSError, ValueError) as exc:
            raise NotRunningError(f"no stack is running in {data}") from exc
    return answer
