"""The stand-in as a process of its own, and consumers that collect what they get."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from azure.eventhub import EventData
    from azure.eventhub.aio import EventHubConsumerClient

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
    last_enqueued: dict[str, Any] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def texts(self) -> list[str]:
        """The events' bodies in the order they came."""
        return [event.body_as_str() for _, event in self.events]

    async def on_event(self, context: Any, event: EventData | None) -> None:
        """Take note of an event, or that there was none for a while."""
        async with self.news:
            self.partitions.add(context.partition_id)
            self.last_enqueued = context.last_enqueued_event_properties or self.last_enqueued
            if event is not None:
                self.events.append((context.partition_id, event))
            self.news.notify_all()

    async def on_error(self, _context: Any, error: Exception) -> None:
        """Take note of an error."""
        async with self.news:
            self.errors.append(error)
            self.news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on what was collected."""
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(condition)

    async def count(self, number: int) -> None:
        """Wait for so many events."""
        await self.until(lambda: len(self.events) >= number)


class Consumers:
    """Consumers of the aio SDK, started one by one and closed all at once: closing takes a second each."""

    def __init__(self, stand_in: StandIn, hub: str, *, retry_total: int = 3) -> None:
        self._stand_in, self._hub, self._retry_total = stand_in, hub, retry_total
        self._running: list[tuple[EventHubConsumerClient, asyncio.Task[None]]] = []

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all; their loops would sleep on until their next look at the load."""
        await asyncio.gather(*(self._close(client, task) for client, task in self._running))

    @staticmethod
    async def _close(client: EventHubConsumerClient, task: asyncio.Task[None]) -> None:
        await client.close()
        task.cancel()
        await asyncio.wait([task])

    def start(self, *, group: str = "$Default", **options: Any) -> Collected:
        """Start one; options go to `receive`."""
        from azure.eventhub.aio import EventHubConsumerClient

        client: EventHubConsumerClient = EventHubConsumerClient.from_connection_string(
            self._stand_in.connection_string,
            consumer_group=group,
            eventhub_name=self._hub,
            load_balancing_interval=3,
            retry_total=self._retry_total,
        )
        collected = Collected()
        options = {"starting_position": "-1", **options}
        receiving = client.receive(collected.on_event, on_error=collected.on_error, **options)
        self._running.append((client, asyncio.create_task(receiving)))
        return collected
