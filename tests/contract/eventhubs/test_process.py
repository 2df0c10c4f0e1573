"""The stand-in as a process: killed and started again under load, and its command line."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.eventhubs.stand_in import ROOT, Consumers, StandIn


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """A broker of its own for each test."""
    running = StandIn(tmp_path, "--hub", "events:2")
    running.start()
    yield running
    assert running.end(signal.SIGINT) == 0


async def _send(stand_in: StandIn, stop: asyncio.Event) -> tuple[list[str], int]:
    """Send numbered events until told to stop; give those acknowledged, and how often a send had to be repeated."""
    from azure.eventhub import EventData
    from azure.eventhub.aio import EventHubProducerClient
    from azure.eventhub.exceptions import EventHubError

    sent: list[str] = []
    repeated = 0
    client = EventHubProducerClient.from_connection_string(
        stand_in.connection_string, eventhub_name="events", retry_total=0
    )
    async with client:
        while not stop.is_set():
            text = str(len(sent))
            try:
                await asyncio.wait_for(
                    client.send_event(EventData(text), partition_key=f"k{len(sent) % 5}"), 5
                )
            except (EventHubError, TimeoutError):
                repeated += 1
                await asyncio.sleep(0.05)
                continue
            sent.append(text)
            await asyncio.sleep(0.001)
    return sent, repeated


async def test_a_kill_loses_nothing_and_repeats_nothing(stand_in: StandIn) -> None:
    """Producer and consumer run on over two SIGKILLs: every acknowledged event is there, and once.

    A send whose acknowledgement was lost is repeated: by the producer, or, unseen by it, by the SDK on its next link.
    """
    stop = asyncio.Event()
    async with Consumers(stand_in, "events") as consumers:
        got = consumers.start()
        sending = asyncio.create_task(_send(stand_in, stop))
        for _ in range(2):
            await got.count(len(got.events) + 200)
            await asyncio.to_thread(stand_in.end, signal.SIGKILL)
            await asyncio.to_thread(stand_in.start)
        await got.count(len(got.events) + 200)
        stop.set()
        sent, repeated = await sending
        await got.until(lambda: set(sent) <= set(got.texts))
    places = [(partition, event.sequence_number) for partition, event in got.events]
    assert len(set(places)) == len(places), "the consumer got an event of the log twice"
    kills = 2
    assert len(got.texts) - len(sent) <= repeated + kills
    for wanted in {partition for partition, _ in places}:
        numbers = [number for partition, number in places if partition == wanted]
        assert numbers == list(range(len(numbers)))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.eventhubs", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


def test_a_folder_in_use_is_refused(stand_in: StandIn, tmp_path: Path) -> None:
    """The second process says why and leaves the first alone."""
    second = _run("--port", "0", "--data", str(tmp_path), "--hub", "events:2")
    assert (second.returncode, second.stdout) == (1, "")
    assert "in use" in second.stderr


def test_a_port_in_use_is_refused(stand_in: StandIn, tmp_path: Path) -> None:
    """So is a port somebody listens on."""
    second = _run("--port", str(stand_in.port), "--data", str(tmp_path / "other"))
    assert second.returncode == 1
    assert "in use" in second.stderr


@pytest.mark.parametrize("hub", ["events", "events:", ":4", "events:many"])
def test_a_malformed_hub_is_refused(tmp_path: Path, hub: str) -> None:
    """The command line says what it wants."""
    wrong = _run("--port", "0", "--data", str(tmp_path), "--hub", hub)
    assert wrong.returncode == 2
    assert "NAME:PARTITIONS" in wrong.stderr


def test_a_hub_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """What the broker refuses ends the process with a message, not a trace."""
    wrong = _run("--port", "0", "--data", str(tmp_path), "--hub", "events:99")
    assert wrong.returncode == 1
    assert wrong.stderr == "eventhubs: event hub 'events' needs 1 to 32 partitions, not 99\n"
