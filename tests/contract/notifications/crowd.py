"""A crowd of clients as a process of its own, so that it can be frozen or killed: `python -m ...crowd PORT KIND ...`.

It says `{"open": n}` on stdout once every connection is where it should be, and when its stdin closes, what has become
of them. Kinds:

    stream   opens the stream and reads
    silent   connects and says nothing
    half     sends half a request
    slow     sends a byte of a request every half second
    deaf     opens the stream and never reads
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from tests.contract.notifications.relay_process import ROOT

_AT_ONCE = 200
_DEAF_BUFFER = 4096


@dataclass
class Fate:
    """What has become of the crowd; times in seconds since the epoch."""

    open: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    told_to_return: int = 0
    ended: list[float] = field(default_factory=list)


class _Client(asyncio.Protocol):
    """One connection, which notes its status line, a `retry:` and its end."""

    def __init__(self, fate: Fate, opened: asyncio.Future[None]) -> None:
        self._fate, self._opened = fate, opened
        self._begun = self._told = False

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if not self._begun:
            self._begun = True
            self._fate.statuses[data[9:12].decode()] += 1
            if not self._opened.done():
                self._opened.set_result(None)
        if not self._told and b"retry: " in data:
            self._told = True
            self._fate.told_to_return += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._fate.ended.append(time.time())
        if not self._opened.done():
            self._opened.set_result(None)


async def _one(port: int, kind: str, head: bytes, fate: Fate, gate: asyncio.Semaphore) -> Any:
    loop = asyncio.get_running_loop()
    async with gate:
        peer = socket.socket()
        if kind == "deaf":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _DEAF_BUFFER)
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", port))
        if kind == "deaf":
            await loop.sock_sendall(peer, head)
            return peer
        opened: asyncio.Future[None] = loop.create_future()
        transport, _ = await loop.create_connection(lambda: _Client(fate, opened), sock=peer)
        if kind == "stream":
            transport.write(head)
            await opened
        elif kind == "half":
            transport.write(head[: len(head) // 2])
        return transport


async def _drip(transports: list[Any], head: bytes) -> None:
    for byte in head:
        for transport in transports:
            transport.write(bytes([byte]))
        await asyncio.sleep(0.5)


async def _run(port: int, kind: str, count: int, users: list[str], tokens: list[str]) -> None:
    fate, gate = Fate(), asyncio.Semaphore(_AT_ONCE)
    heads = [
        "\r\n".join(
            [
                f"GET /api/notifications/stream/{user} HTTP/1.1",
                "Host: relay",
                f"Authorization: Bearer {token}",
                "",
                "",
            ]
        ).encode()
        for user, token in zip(users, tokens, strict=True)
    ]
    clients = await asyncio.gather(
        *(_one(port, kind, heads[number % len(heads)], fate, gate) for number in range(count))
    )
    dripping = asyncio.create_task(_drip(clients, heads[0])) if kind == "slow" else None
    _say({"open": count - len(fate.ended)})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    if dripping:
        dripping.cancel()
    told = {"statuses": fate.statuses, "told_to_return": fate.told_to_return, "ended": sorted(fate.ended)}
    _say(told)
    os._exit(0)  # thousands of transports need no farewell


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


@dataclass
class Crowd:
    """A crowd at work."""

    process: asyncio.subprocess.Process

    async def fate(self) -> dict[str, Any]:
        """End it; what has become of its connections."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        told: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return told


@asynccontextmanager
async def gathered(port: int, kind: str, count: int, tokens: dict[str, str]) -> AsyncIterator[Crowd]:
    """A crowd of `count` clients, dealt to these users in turn, all of them where they should be."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.contract.notifications.crowd", str(port), kind, str(count), json.dumps(tokens),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            told = json.loads(await process.stdout.readline())
        assert told == {"open": count}
        yield Crowd(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def main(arguments: list[str]) -> None:
    """Gather the crowd."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port, kind, count, tokens = arguments
    users = json.loads(tokens)
    uvloop.run(_run(int(port), kind, int(count), list(users), list(users.values())))


if __name__ == "__main__":
    main(sys.argv[1:])
