"""The real azure-eventhub SDK against the stand-in."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.eventhubs.stand_in import Collected, Consumers, StandIn

if TYPE_CHECKING:
    from azure.eventhub.aio import EventHubProducerClient

type Producers = Callable[[str], EventHubProducerClient]


def _data(text: str) -> Any:
    from azure.eventhub import EventData

    return EventData(text)


async def test_properties_of_hub_and_partition(stand_in: StandIn, producer: Producers) -> None:
    """An empty partition says so; a used one tells its last event, as its events do if asked to."""
    async with producer("properties") as client, Consumers(stand_in, "properties") as consumers:
        hub = await client.get_eventhub_properties()
        assert hub["eventhub_name"] == "properties"
        assert hub["partition_ids"] == ["0", "1", "2", "3"]
        assert datetime.now(UTC) - hub["created_at"] < timedelta(minutes=5)
        before = await client.get_partition_properties("1")
        assert (before["is_empty"], before["last_enqueued_sequence_number"]) == (True, -1)
        await client.send_batch([_data("a"), _data("b"), _data("c")], partition_id="1")
        after = await client.get_partition_properties("1")
        assert (after["is_empty"], after["last_enqueued_sequence_number"]) == (False, 2)
        assert datetime.now(UTC) - after["last_enqueued_time_utc"] < timedelta(minutes=1)
        got = consumers.start(partition_id="1", track_last_enqueued_event_properties=True)
        await got.count(3)
        assert got.last_enqueued["sequence_number"] == 2
        assert got.last_enqueued["offset"] == after["last_enqueued_offset"]
        assert got.last_enqueued["enqueued_time"] == after["last_enqueued_time_utc"]
        assert datetime.now(UTC) - got.last_enqueued["retrieval_time"] < timedelta(minutes=1)


async def test_every_reader_gets_every_event_in_the_order_of_its_key(
    stand_in: StandIn, producer: Producers
) -> None:
    """Two replicas of a relay share a group and both see all; a key's events keep their partition and order."""
    async with producer("keys") as client, Consumers(stand_in, "keys") as consumers:
        got, replica = consumers.start(group="relay-a"), consumers.start(group="relay-a")
        for number in range(200):
            event = _data(str(number))
            event.properties = {"number": number, "name": "상세"}
            await client.send_event(event, partition_key=f"user-{number % 10}")
        await got.count(200)
        await replica.count(200)
    assert sorted(replica.texts) == sorted(got.texts) == sorted(map(str, range(200)))
    by_key = defaultdict(list)
    for partition, event in got.events:
        assert event.partition_key is not None
        by_key[event.partition_key, partition].append(int(event.body_as_str()))
        assert event.properties == {b"number": int(event.body_as_str()), b"name": "상세".encode()}
    assert len(by_key) == 10
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert got.partitions == {"0", "1", "2", "3"}
    for wanted in got.partitions:
        mine = [event for partition, event in got.events if partition == wanted]
        assert [event.sequence_number for event in mine] == list(range(len(mine)))
        offsets = [int(event.offset or "") for event in mine]
        assert offsets == sorted(set(offsets))


async def test_reading_starts_where_it_should(stand_in: StandIn, producer: Producers) -> None:
    """From the start, a sequence number, an offset, a time, or only what is new."""
    async with producer("positions") as client, Consumers(stand_in, "positions") as consumers:
        await client.send_batch([_data(text) for text in "abc"], partition_id="0")
        middle = datetime.now(UTC)
        await asyncio.sleep(0.002)  # the log counts whole milliseconds: what follows must be later
        await client.send_batch([_data(text) for text in "de"], partition_id="0")
        offset = (await client.get_partition_properties("0"))["last_enqueued_offset"]
        cases: list[tuple[Any, bool, str]] = [
            ("-1", False, "abcde"),
            (1, False, "cde"),
            (1, True, "bcde"),
            (offset, False, ""),
            (offset, True, "e"),
            (middle, False, "de"),
            ("@latest", False, ""),
        ]
        readers = [
            consumers.start(
                group="relay-a" if inclusive else "relay-b",
                partition_id="0",
                starting_position=position,
                starting_position_inclusive=inclusive,
            )
            for position, inclusive, _ in cases
        ]
        await _send_until_seen(client, readers)
        assert ["".join(reader.texts).rstrip("f") for reader in readers] == [case[2] for case in cases]


async def _send_until_seen(client: EventHubProducerClient, readers: list[Collected]) -> None:
    """Send "f" until every reader has one: one that starts at the end sees only what comes after it attached."""
    async with asyncio.timeout(15):
        while not all("f" in reader.texts for reader in readers):
            await client.send_event(_data("f"), partition_id="0")
            await asyncio.sleep(0.05)


async def test_a_batch_arrives_as_its_events(stand_in: StandIn, producer: Producers) -> None:
    """A full batch (1 MB, many frames) is taken; without a key partitions take turns."""
    async with producer("batches") as client, Consumers(stand_in, "batches") as consumers:
        got = consumers.start()
        batch = await client.create_batch(partition_key="k")
        assert batch.max_size_in_bytes == 1024 * 1024
        count = 0
        while True:
            try:
                batch.add(_data(f"{count:04d}" + "x" * 2000))
            except ValueError:
                break
            count += 1
        await client.send_batch(batch)
        await got.count(count)
        assert [text[:4] for text in got.texts] == [f"{number:04d}" for number in range(count)]
        assert {event.partition_key for _, event in got.events} == {b"k"}
        for _ in range(4):
            await client.send_batch([_data("turn")])
        await got.until(lambda: got.texts.count("turn") == 4)
        assert {partition for partition, event in got.events if event.body_as_str() == "turn"} == set("0123")


async def test_a_sixth_reader_is_refused(stand_in: StandIn, producer: Producers) -> None:
    """Five share a partition in a group; the next one hears why not, and another group has places."""
    async with producer("limit") as client, Consumers(stand_in, "limit", retry_total=0) as consumers:
        await client.send_event(_data("x"), partition_id="0")
        readers = [consumers.start(partition_id="0") for _ in range(5)]
        for reader in readers:
            await reader.count(1)
        sixth, other = consumers.start(partition_id="0"), consumers.start(partition_id="0", group="relay-a")
        await sixth.until(lambda: bool(sixth.errors))
        await other.count(1)
        assert "amqp:resource-limit-exceeded" in str(sixth.errors[0])
        assert sixth.events == []
        assert other.errors == readers[0].errors == []


async def test_a_higher_owner_level_takes_the_partition(stand_in: StandIn, producer: Producers) -> None:
    """The former owner is told; the new one reads on."""
    async with producer("epoch") as client, Consumers(stand_in, "epoch", retry_total=0) as consumers:
        await client.send_event(_data("one"), partition_id="0")
        former = consumers.start(partition_id="0", owner_level=1)
        await former.count(1)
        owner = consumers.start(partition_id="0", owner_level=2)
        await owner.count(1)
        await former.until(lambda: bool(former.errors))
        assert "amqp:link:stolen" in str(former.errors[0])
        assert owner.errors == []


async def test_large_events_pass_and_too_large_ones_do_not(stand_in: StandIn, producer: Producers) -> None:
    """900 KB go through in many frames; over 1 MB is refused, and the next send works."""
    from azure.eventhub.exceptions import EventDataSendError

    async with producer("large") as client, Consumers(stand_in, "large") as consumers:
        got = consumers.start()
        with pytest.raises(EventDataSendError, match=r"exceeded|allowed"):
            await client.send_event(_data("x" * 1_100_000))
        await client.send_event(_data("y" * 900_000))
        await got.count(1)
        assert got.texts == ["y" * 900_000]


async def test_reading_what_is_not_there_is_an_error(stand_in: StandIn) -> None:
    """Unknown hub and group are told apart from empty ones."""
    async with (
        Consumers(stand_in, "nope", retry_total=0) as no_hub,
        Consumers(stand_in, "empty", retry_total=0) as no_group,
    ):
        for got in (no_hub.start(partition_id="0"), no_group.start(partition_id="0", group="nope")):
            await got.until(lambda got=got: bool(got.errors))  # type: ignore[misc]  # a default binds the loop's value
            assert "not-found" in str(got.errors[0]) or "NotFound" in str(got.errors[0])


async def test_sending_to_what_is_not_there_is_an_error(producer: Producers) -> None:
    """A producer hears of it with its first event."""
    from azure.eventhub.exceptions import EventHubError

    async with producer("nope") as client:
        with pytest.raises(EventHubError, match="NotFound"):
            await client.send_event(_data("x"))


def test_the_sync_sdk_works_as_well(stand_in: StandIn) -> None:
    """Send, look and receive without asyncio."""
    from azure.eventhub import EventHubConsumerClient, EventHubProducerClient

    where = stand_in.connection_string
    with EventHubProducerClient.from_connection_string(where, eventhub_name="sync") as client:
        batch = client.create_batch(partition_id="3")
        batch.add(_data("batched"))
        client.send_batch(batch)
        client.send_event(_data("alone"), partition_id="3")
        assert client.get_partition_properties("3")["last_enqueued_sequence_number"] == 1
    got: list[str] = []
    consumer = EventHubConsumerClient.from_connection_string(where, "$default", eventhub_name="sync")

    def on_event(_context: Any, event: Any) -> None:
        got.append(event.body_as_str())
        if len(got) == 2:
            consumer.close()

    consumer.receive(on_event, partition_id="3", starting_position="-1")
    assert got == ["batched", "alone"]
