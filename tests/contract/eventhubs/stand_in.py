"""The stand-in as a process of its own, and consumers that collect what they get."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.eventhub import EventData

ROOT = Path(__file__).parents[3]
PATIENCE = 15.0


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class StandIn:
    """A broker process that can be killed and started again on the same port and folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.port = free_port()
        self._command = [
            sys.executable,
            "-m",
            "local.eventhubs",
            "--port",
            str(self.port),
            "--data",
            str(folder),
        ]
        self._command += arguments

    @property
    def connection_string(self) -> str:
        """What the SDK connects with."""
        return (
            f"Endpoint=sb://127.0.0.1:{self.port};SharedAccessKeyName=local;SharedAccessKey=local;"
            "UseDevelopmentEmulator=true"
        )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def end(self, number: signal.Signals) -> int:
        """Send a signal and give the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@dataclass
class Collected:
    """What a consumer got: events with their partition, errors, and when something happened."""

    events: list[tuple[str, EventData]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    partitions: set[str] = field(default_factory=set)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def texts(self) -> list[str]:
        """The events' bodies in the order they came."""
        return [event.body_as_str() for _, event in self.events]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on what was collected."""
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(condition)

    async def count(self, number: int) -> None:
        """Wait for so many events."""
        await self.until(lambda: len(self.events) >= number)


@asynccontextmanager
async def consuming(
    stand_in: StandIn, hub: str, *, group: str = "$Default", **options: Any
) -> AsyncIterator[Collected]:
    """Run a consumer of the aio SDK; options go to `receive`."""
    from azure.eventhub.aio import EventHubConsumerClient

    collected = Collected()

    async def on_event(context: Any, event: EventData | None) -> None:
        async with collected.news:
            collected.partitions.add(context.partition_id)
            if event is not None:
                collected.events.append((context.partition_id, event))
            collected.news.notify_all()

    async def on_error(_context: Any, error: Exception) -> None:
        async with collected.news:
            collected.errors.append(error)
            collected.news.notify_all()

    client = EventHubConsumerClient.from_connection_string(
        stand_in.connection_string, consumer_group=group, eventhub_name=hub, load_balancing_interval=3
    )
    options = {"starting_position": "-1", **options}
    task = asyncio.create_task(client.receive(on_event, on_error=on_error, **options))
    try:
        yield collected
    finally:
        await client.close()
        await task
