"""Serves what takes an outside service's place in a bench, in a process of its own."""

from __future__ import annotations

import asyncio

from aiohttp import web

from local.addresses import HOST

_BACKLOG = 1024


async def serve(*sites: tuple[web.Application, int]) -> None:
    """Serve each application on its port of 127.0.0.1, print `ready`, and stay.

    Raises:
        OSError: a port is taken.
    """
    for app, port in sites:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, HOST, port, backlog=_BACKLOG).start()
    print("ready", flush=True)
    await asyncio.Event().wait()
