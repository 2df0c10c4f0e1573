"""Reading the hub past the SDK's own decoding: the same messages, and nothing kept of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

from azure.eventhub._pyamqp.aio._receiver_async import ReceiverLink

from notifications.eventhubs import EventHubSender
from notifications.relay.incoming import Received
from notifications.relay.log import EventHubLog
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.conftest import hub_settings
from tests.contract.notifications.relay_process import body

LARGE = 20  # every so many messages one that takes several frames


def reading_links() -> list[ReceiverLink]:
    """Every link of the process that reads a partition."""
    links = [each for each in gc.get_objects() if isinstance(each, ReceiverLink)]
    return [link for link in links if "ConsumerGroups" in str(link.source)]


async def test_messages_of_every_size_arrive_whole_and_leave_nothing(broker: StandIn) -> None:
    """Small messages, and large ones that come in pieces between them, in order; no delivery tag is kept."""
    settings = hub_settings(broker)
    bodies = [body("user-1", n, text="x" * (200_000 if n % LARGE == 7 else n)) for n in range(100)]
    sender, log = EventHubSender(settings), EventHubLog(settings, ["relay-0"])
    received: list[Received] = []
    complete = asyncio.Event()

    def deliver(batch: Sequence[Received]) -> None:
        received.extend(batch)
        if len(received) >= len(bodies):
            complete.set()

    earlier = reading_links()  # of other tests of this process
    reading = [
        asyncio.create_task(log.receive(partition, "-1", deliver)) for partition in await log.partitions()
    ]
    try:
        await sender.send([("user-1", each) for each in bodies])
        async with asyncio.timeout(20):
            await complete.wait()
        ours = [link for link in reading_links() if not any(link is other for other in earlier)]
        assert len(ours) == len(reading)
        assert not any(link._received_delivery_tags for link in ours)
    finally:
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
        await sender.close()
        await log.close()
    assert [each.body for each in received] == bodies
    assert [each.sequence for each in received] == list(range(len(bodies)))
