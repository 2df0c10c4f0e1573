"""The open connections, so that one of them can be cut in the middle of a call."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connections:
    """Open transports by their client's address, as ASGI's `scope["client"]` names it."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, client: tuple[str, int], transport: asyncio.Transport) -> None:
        """Note a connection that was made."""
        self._open[client] = transport

    def remove(self, client: tuple[str, int]) -> None:
        """Forget a connection that is closed."""
        self._open.pop(client, None)

    def cut(self, client: Any) -> None:
        """Close the client's connection at once, without sending what is buffered; a no-op if it is gone."""
        transport = self._open.get(tuple(client)) if client else None
        if transport is not None:
            transport.abort()

    def cut_all(self) -> None:
        """Close every connection at once."""
        for transport in list(self._open.values()):
            transport.abort()


def _address(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return str(host), int(port)


def tracking_protocol(connections: Connections) -> type[HttpToolsProtocol]:
    """Uvicorn's HTTP protocol, telling `connections` what opens and closes."""

    class TrackingProtocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
            super().connection_made(transport)
            self._address = _address(transport)
            connections.add(self._address, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self._address)
            super().connection_lost(exc)

    return TrackingProtocol
