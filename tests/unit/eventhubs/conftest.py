"""A broker inside the test's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.eventhubs.server import EventHubsServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EventHubsServer]:
    """One hub with two partitions."""
    async with EventHubsServer(tmp_path, hubs={"hub": 2}) as running:
        yield running
