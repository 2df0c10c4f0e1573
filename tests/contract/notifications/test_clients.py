from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from notifications.eventhubs import EventHubSender
from shared.auth import issue_ticket
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.relay_process import ROOT, SECRET, RelayProcess, body, running_issuer, token

HERE = Path(__file__).parent
FOLLOW = """
import { openStream } from "%s";
const stream = openStream({
  url: process.argv[1], getToken: async () => process.env.TOKEN,
  onEvent: (event) => {
    console.log(event.data.sequence);
    if (event.data.sequence === 19) stream.close();
  },
});
"""


@pytest.fixture
def relay(broker: StandIn) -> Iterator[RelayProcess]:
    """A relay whose streams last two seconds."""
    with running_issuer() as url:
        running = RelayProcess(broker, url, RELAY_LIFETIME_SECONDS="2", RELAY_LIFETIME_JITTER_SECONDS="0.2")
        running.start()
        yield running
        running.stop()


@pytest.fixture
async def sender(broker: StandIn) -> AsyncIterator[EventHubSender]:
    made = EventHubSender(hub_settings(broker))
    await made.ping()
    yield made
    await made.close()


def test_javascript_client_by_itself() -> None:
    """Its parser on the standard's examples, its reconnecting against a small server."""
    ran = subprocess.run(
        ["node", "--test", str(HERE / "stream.test.mjs")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


async def outlast(command: list[str], sender: EventHubSender) -> list[int]:
    """What a client prints while twenty events come over more than one lifetime of its stream."""
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, "TOKEN": token("u"), "STREAM_TOKEN": token("u")}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    printed: list[int] = []
    try:
        for number in range(20):
            await sender.send([("u", body("u", number))])
            await asyncio.sleep(0.25)
        async with asyncio.timeout(20):
            while not printed or printed[-1] < 19:
                line = json.loads(await process.stdout.readline())
                printed.append(line if isinstance(line, int) else line["data"]["sequence"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    return printed


async def test_javascript_client_on_a_relay(relay: RelayProcess, sender: EventHubSender) -> None:
    """stream.js loses and repeats nothing over the ends of its streams."""
    script = FOLLOW % (ROOT / "notifications/clients/stream.js").as_uri()
    command = ["node", "--input-type=module", "-e", script, f"{relay.url}/api/notifications/stream/u"]
    assert await outlast(command, sender) == list(range(20))


async def test_python_client_on_a_relay(relay: RelayProcess, sender: EventHubSender) -> None:
    """The Python example does the same."""
    script = str(ROOT / "notifications/clients/stream.py")
    command = [sys.executable, script, f"{relay.url}/api/notifications/stream/u"]
    assert await outlast(command, sender) == list(range(20))


async def test_ticket_from_the_address_bar(relay: RelayProcess, sender: EventHubSender) -> None:
    """What EventSource does: no headers at all, only the URL."""
    ticket = issue_ticket("u", SECRET, expires_at=time.time() + 60)
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(f"GET /api/notifications/stream/u?ticket={ticket} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    await sender.send([("u", body("u", 1))])
    async with asyncio.timeout(10):
        while not (await reader.readline()).startswith(b"data: "):
            pass
    writer.close()
