"""Serves what takes an outside service's place in a bench, in a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from bench.errors import BenchError
from local.addresses import HOST
from local.programs import ROOT

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


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[int]:
    """Run a module that serves so while the block lasts; its process id.

    Raises:
        BenchError: it does not start.
    """
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise BenchError(f"{module} does not start")
        yield process.pid
    finally:
        process.terminate()
        process.wait()
