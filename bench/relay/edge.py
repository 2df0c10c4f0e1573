"""The relay with events from a socket instead of Event Hubs: `python -m bench.relay.edge PORT`.

Everything is as in `python -m notifications.relay` but for the SDK and AMQP: it shows what the relay's own part costs,
beside servers that never decode AMQP. Feeds connect to PORT (bench.relay.feeds.SocketFeed).
"""

from __future__ import annotations

import asyncio
import signal
import struct
import sys
import time

import uvloop

from bench.relay.feeds import PARTITIONS
from notifications.relay.app import configure_logging, raise_descriptor_limit, serve
from notifications.relay.incoming import Received
from notifications.relay.log import Deliver, PartitionState, Position
from notifications.relay.transfers import GATHER_SECONDS
from shared.settings import AuthSettings, RelaySettings

HOST = "127.0.0.1"
_LENGTH = struct.Struct(">I")


class SocketLog:
    """A PartitionedLog: empty at first, then what comes over the socket of each partition."""

    def __init__(self) -> None:
        self._deliver: dict[str, Deliver] = {}
        self._last: dict[str, int] = {}

    async def partitions(self) -> list[str]:
        """See PartitionedLog."""
        return [str(number) for number in range(PARTITIONS)]

    async def state(self, partition: str) -> PartitionState:
        """See PartitionedLog."""
        last = self._last.get(partition, -1)
        return PartitionState(last, time.time(), last < 0)

    async def receive(self, partition: str, position: Position, deliver: Deliver) -> None:  # noqa: ARG002
        """See PartitionedLog; there is nothing before now, so any position will do."""
        self._deliver[partition] = deliver
        await asyncio.Event().wait()

    async def close(self) -> None:
        """See PartitionedLog."""

    def take(self, partition: str, bodies: list[bytes]) -> None:
        """Deliver bodies that have arrived together."""
        now, first = time.time(), self._last.get(partition, -1) + 1
        self._last[partition] = first + len(bodies) - 1
        self._deliver[partition]([Received(first + n, now, body) for n, body in enumerate(bodies)])


class Feed(asyncio.Protocol):
    """One connection: its first byte is the partition's number, then each body after its length.

    Bodies that follow closely gather, as those from Event Hubs do (notifications/relay/transfers.py).

    Args:
        log: what the bodies are delivered by.
    """

    def __init__(self, log: SocketLog) -> None:
        self._log = log
        self._partition = ""
        self._held = b""
        self._gathering = False

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if not self._partition:
            self._partition, data = str(data[0]), data[1:]
        self._held += data
        if not self._gathering:
            self._deliver()

    def _deliver(self) -> None:
        bodies, self._held = split(self._held)
        self._gathering = bool(bodies)
        if bodies:
            self._log.take(self._partition, bodies)
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._deliver)


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole bodies at the start of the data, each after its length, and what is left."""
    bodies, start = [], 0
    while len(data) - start >= _LENGTH.size:
        end = start + _LENGTH.size + _LENGTH.unpack_from(data, start)[0]
        if end > len(data):
            break
        bodies.append(data[start + _LENGTH.size : end])
        start = end
    return bodies, data[start:]


async def _run(port: int) -> None:
    stopping, log = asyncio.Event(), SocketLog()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    async with await loop.create_server(lambda: Feed(log), HOST, port):
        await serve(AuthSettings(), log, RelaySettings(), stopping)


if __name__ == "__main__":
    configure_logging()
    raise_descriptor_limit()
    uvloop.run(_run(int(sys.argv[1])))
