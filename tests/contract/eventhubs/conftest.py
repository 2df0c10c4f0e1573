"""One broker process for the tests that do not kill it; each has its own hub."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.contract.eventhubs.stand_in import StandIn

if TYPE_CHECKING:
    from azure.eventhub.aio import EventHubProducerClient

HUBS = ("keys", "positions", "batches", "limit", "epoch", "large", "empty", "properties", "sync")


@pytest.fixture(scope="package")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """A running broker; it must stop cleanly in the end."""
    hubs = [argument for hub in HUBS for argument in ("--hub", f"{hub}:4")]
    running = StandIn(tmp_path_factory.mktemp("eventhubs"), *hubs, "--consumer-groups", "relay-a,relay-b")
    running.start()
    try:
        yield running
    finally:
        status = running.end(signal.SIGTERM)
    assert status == 0


@pytest.fixture
def producer(stand_in: StandIn) -> Callable[[str], EventHubProducerClient]:
    """Makes producers of the aio SDK; errors come at once instead of after retries."""
    from azure.eventhub.aio import EventHubProducerClient

    return lambda hub: EventHubProducerClient.from_connection_string(
        stand_in.connection_string, eventhub_name=hub, retry_total=0
    )
