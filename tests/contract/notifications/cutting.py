"""A way to replicas that cuts: each connection goes to any of them and ends after any number of bytes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from tests.contract.notifications.relay_process import RelayProcess

_LONGEST = 12_000  # bytes of an answer until it is cut: from none of the head to some dozen events


class CuttingProxy:
    """Passes requests on, and of each answer a random part.

    Attributes:
        cuts: how many connections it has cut in the middle of an answer.
        used: how many connections went to each replica.
    """

    def __init__(self, replicas: Sequence[RelayProcess], *, longest: int = _LONGEST) -> None:
        self.replicas = list(replicas)
        self.cuts = 0
        self.cutting = True
        self.used: Counter[int] = Counter()
        self.url = ""
        self._longest = longest

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        replica = random.choice(self.replicas)
        self.used[replica.port] += 1
        upstream: asyncio.StreamWriter | None = None
        try:
            answer, upstream = await asyncio.open_connection("127.0.0.1", replica.port)
            upstream.write(await reader.readuntil(b"\r\n\r\n"))
            await self._answer(answer, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client left first
        finally:
            for end in (writer, upstream):
                if end is not None:
                    end.transport.abort() if random.random() < 0.5 else end.close()  # a reset, or an orderly end

    async def _answer(self, answer: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = random.randint(0, self._longest) if self.cutting else 2**62
        while left > 0:
            data = await answer.read(min(left, 65536))
            if not data:
                return  # the replica ended it
            writer.write(data)
            await writer.drain()
            left -= len(data)
        self.cuts += 1


@asynccontextmanager
async def cutting(
    replicas: Sequence[RelayProcess], *, longest: int = _LONGEST
) -> AsyncIterator[CuttingProxy]:
    """A proxy on a free port."""
    proxy = CuttingProxy(replicas, longest=longest)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(proxy.pass_on(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
