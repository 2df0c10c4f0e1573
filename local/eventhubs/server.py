"""The broker as a TCP server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from local.eventhubs.broker import Broker
from local.eventhubs.connection import Connection
from local.eventhubs.errors import CONNECTION_FORCED, AmqpConnectionError
from local.eventhubs.log import Retention

HOST: Final = "127.0.0.1"
DEFAULT_IDLE_TIMEOUT: Final = 240.0
_FAREWELL: Final = 1.0  # seconds clients get to close their side


class EventHubsServer:
    """An Event Hubs stand-in; listens from `async with` on until the block ends.

    Args:
        data_dir: where the logs lie; one server at a time may use it.
        hubs: number of partitions by name of hub.
        port: 0 for any free one.
        consumer_groups: of every hub, beside `$Default`.
        idle_timeout: seconds after which a silent client is given up.
        retention: what each partition keeps.

    Raises (on entering):
        InvalidError, ConflictError: hubs or folder cannot be used.
        OSError: the port is taken.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        hubs: Mapping[str, int],
        port: int = 0,
        consumer_groups: Iterable[str] = (),
        idle_timeout: float = DEFAULT_IDLE_TIMEOUT,
        retention: Retention | None = None,
    ) -> None:
        self._data_dir, self._hubs, self._groups = data_dir, dict(hubs), tuple(consumer_groups)
        self._idle_timeout, self._retention = idle_timeout, retention or Retention()
        self._connections: set[Connection] = set()
        self._deserted = asyncio.Event()
        self.port = port

    @property
    def connection_string(self) -> str:
        """What a client of the SDK needs to reach this server."""
        return (
            f"Endpoint=sb://{HOST}:{self.port};SharedAccessKeyName=local;SharedAccessKey=local;"
            "UseDevelopmentEmulator=true"
        )

    async def __aenter__(self) -> Self:
        """Read the logs and listen."""
        self._broker = await asyncio.to_thread(
            Broker, self._data_dir, self._hubs, self._groups, self._retention
        )
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, HOST, self.port)
        except OSError:
            self._broker.close()
            raise
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection with a word, then the logs."""
        self._server.close()
        for connection in tuple(self._connections):
            connection.close(AmqpConnectionError(CONNECTION_FORCED, "the broker stops"))
        if self._connections:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._deserted.wait(), _FAREWELL)
        for connection in tuple(self._connections):
            connection.abort()
        await self._server.wait_closed()
        self._broker.close()

    def _connection(self) -> Connection:
        connection = Connection(self._broker, self._idle_timeout, self._lost)
        self._connections.add(connection)
        self._deserted.clear()
        return connection

    def _lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._deserted.set()
