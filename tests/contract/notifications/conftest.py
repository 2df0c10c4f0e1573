from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from notifications.eventhubs import EventHubSender
from shared.settings import EventHubSettings
from tests.contract.eventhubs.stand_in import StandIn

HUB = "notifications"


def hub_settings(broker: StandIn, hub: str = HUB) -> EventHubSettings:
    """The broker's hub as the application's settings name it."""
    return EventHubSettings.model_validate({"EVENTHUB": broker.connection_string, "EVENTHUB_NAME": hub})


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[StandIn]:
    """An Event Hubs stand-in of the test's own, which may be killed and started again."""
    running = StandIn(tmp_path / "hub", "--hub", f"{HUB}:4", "--consumer-groups", "relay-0,relay-1,relay-2")
    running.start()
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGCONT)
        running.end(signal.SIGTERM)


@pytest.fixture
async def sender(broker: StandIn) -> AsyncIterator[EventHubSender]:
    """It is connected to the broker directly."""
    made = EventHubSender(hub_settings(broker))
    await made.ping()
    yield made
    await made.close()
