"""The real azure-eventhub SDK against the stand-in."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.eventhubs.stand_in import Consumers, StandIn

if TYPE_CHECKING:
    from azure.eventhub.aio import EventHubProducerClient

type Producers = Callable[[str], EventHubProducerClient]


def _data(text: str) -> Any:
    from azure.eventhub import EventData

    return EventData(text)


async def test_properties_of_hub_and_partition(producer: Producers) -> None:
    """An empty partition says so; a used one tells its last event."""
    async with producer("empty") as client:
        hub = await client.get_eventhub_properties()
        assert hub["eventhub_name"] == "empty"
        assert hub["partition_ids"] == ["0", "1", "2", "3"]
        assert datetime.now(UTC) - hub["created_at"] < timedelta(minutes=5)
        before = await client.get_partition_properties("1")
        assert (before["is_empty"], before["last_enqueued_sequence_number"]) == (True, -1)
        await client.send_batch([_data("a"), _data("b")], partition_id="1")
        after = await client.get_partition_properties("1")
        assert (after["is_empty"], after["last_enqueued_sequence_number"]) == (False, 1)
        assert datetime.now(UTC) - after["last_enqueued_time_utc"] < timedelta(minutes=1)


async def test_keys_keep_their_partition_and_order(stand_in: StandIn, producer: Producers) -> None:
    """Events of a key come from one partition, in the order they were sent, with their annotations."""
    async with producer("keys") as client, Consumers(stand_in, "keys") as consumers:
        got = consumers.start()
        for number in range(200):
            event = _data(str(number))
            event.properties = {"number": number, "name": "상세"}
            await client.send_event(event, partition_key=f"user-{number % 10}")
        await got.count(200)
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
    async with producer("positions") as client, AsyncExitStack() as stack:
        await client.send_batch([_data(text) for text in "abc"], partition_id="0")
        await asyncio.sleep(0.02)  # the log's clock counts milliseconds: what follows must be later
        middle = datetime.now(UTC)
        await client.send_batch([_data(text) for text in "de"], partition_id="0")
        offset = (await client.get_partition_properties("0"))["last_enqueued_offset"]
        cases: list[tuple[Any, bool, str]] = [
            ("-1", False, "abcdef"),
            (1, False, "cdef"),
            (1, True, "bcdef"),
            (offset, False, "f"),
            (offset, True, "ef"),
            (middle, False, "def"),
            ("@latest", False, "f"),
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
        await _all_attached(client, readers)
        for reader, (_, _, expected) in zip(readers, cases, strict=True):
            await reader.count(len(expected))
        assert ["".join(reader.texts) for reader in readers] == [expected for _, _, expected in cases]


async def test_a_batch_arrives_as_its_events(stand_in: StandIn, producer: Producers) -> None:
    """A full batch (1 MB, many frames) is taken; without a key partitions take turns."""
    async with producer("batches") as client, consuming(stand_in, "batches") as got:
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


async def test_readers_without_owner_level_all_get_everything(stand_in: StandIn, producer: Producers) -> None:
    """Two replicas of a relay in one consumer group see every event."""
    async with (
        producer("broadcast") as client,
        consuming(stand_in, "broadcast", group="relay-a") as first,
        consuming(stand_in, "broadcast", group="relay-a") as second,
    ):
        for number in range(50):
            await client.send_event(_data(str(number)), partition_key=str(number))
        for reader in (first, second):
            await reader.count(50)
            assert sorted(map(int, reader.texts)) == list(range(50))


async def test_a_sixth_reader_is_refused(stand_in: StandIn) -> None:
    """Five share a partition in a group; the next one hears why not."""
    async with AsyncExitStack() as stack:
        options: dict[str, Any] = {"partition_id": "0", "max_wait_time": 0.1}
        for _ in range(5):
            reader = await stack.enter_async_context(consuming(stand_in, "limit", **options))
            await reader.until(lambda reader=reader: bool(reader.partitions))  # type: ignore[misc]
        await asyncio.sleep(0.5)  # the SDK calls back without events before its link is there as well
        sixth = await stack.enter_async_context(consuming(stand_in, "limit", **options))
        await sixth.until(lambda: bool(sixth.errors))
        assert "resource-limit-exceeded" in repr(sixth.errors[0]).lower().replace("_", "-")
        other = await stack.enter_async_context(consuming(stand_in, "limit", group="relay-a", **options))
        await other.until(lambda: bool(other.partitions))
        assert other.errors == []


async def test_a_higher_owner_level_takes_the_partition(stand_in: StandIn, producer: Producers) -> None:
    """The former owner is told; the new one reads on."""
    async with producer("epoch") as client:
        await client.send_event(_data("one"), partition_id="0")
        async with consuming(stand_in, "epoch", partition_id="0", owner_level=1) as former:
            await former.count(1)
            async with consuming(stand_in, "epoch", partition_id="0", owner_level=2) as owner:
                await owner.count(1)
                await former.until(lambda: bool(former.errors))
                assert "stolen" in repr(former.errors[0]).lower()
                assert owner.errors == []


async def test_large_events_pass_and_too_large_ones_do_not(stand_in: StandIn, producer: Producers) -> None:
    """900 KB go through in many frames; over 1 MB is refused, and the next send works."""
    from azure.eventhub.exceptions import EventDataSendError

    async with producer("large") as client, consuming(stand_in, "large") as got:
        with pytest.raises(EventDataSendError, match="exceeded|allowed"):
            await client.send_event(_data("x" * 1_100_000))
        await client.send_event(_data("y" * 900_000))
        await got.count(1)
        assert got.texts == ["y" * 900_000]


async def test_events_tell_about_the_partitions_last_one(stand_in: StandIn, producer: Producers) -> None:
    """Lag can be watched from the events themselves."""
    from azure.eventhub.aio import EventHubConsumerClient

    async with producer("metrics") as client:
        await client.send_batch([_data("a"), _data("b"), _data("c")], partition_id="2")
    seen: list[dict[str, Any]] = []
    complete = asyncio.Event()

    async def on_event(context: Any, _event: Any) -> None:
        seen.append(context.last_enqueued_event_properties)
        if len(seen) == 3:
            complete.set()

    consumer = EventHubConsumerClient.from_connection_string(
        stand_in.connection_string, consumer_group="$Default", eventhub_name="metrics"
    )
    task = asyncio.create_task(
        consumer.receive(on_event, starting_position="-1", track_last_enqueued_event_properties=True)
    )
    await asyncio.wait_for(complete.wait(), 10)
    await consumer.close()
    await task
    assert [entry["sequence_number"] for entry in seen] == [2, 2, 2]
    assert int(seen[0]["offset"]) > 0
    assert datetime.now(UTC) - seen[0]["retrieval_time"] < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hub", "options"),
    [("nope", {}), ("empty", {"partition_id": "9"}), ("empty", {"group": "nope", "partition_id": "0"})],
)
async def test_what_is_not_there_is_an_error(stand_in: StandIn, hub: str, options: dict[str, Any]) -> None:
    """Unknown hub, partition and group are told apart from an empty one."""
    async with consuming(stand_in, hub, **options) as got:
        await got.until(lambda: bool(got.errors))
        assert "not-found" in repr(got.errors[0]).lower().replace("_", "-") or "404" in repr(got.errors[0])


async def test_sending_to_what_is_not_there_is_an_error(producer: Producers) -> None:
    """A producer hears of it with its first event."""
    from azure.eventhub.exceptions import EventHubError

    async with producer("nope") as client:
        with pytest.raises(EventHubError, match="there is no event hub"):
            await client.send_event(_data("x"))


def test_the_sync_sdk_works_as_well(stand_in: StandIn) -> None:
    """Send, look and receive without asyncio."""
    from azure.eventhub import EventHubConsumerClient, EventHubProducerClient

    where = {"conn_str": stand_in.connection_string, "eventhub_name": "sync"}
    with EventHubProducerClient.from_connection_string(**where) as client:
        batch = client.create_batch(partition_id="3")
        batch.add(_data("batched"))
        client.send_batch(batch)
        client.send_event(_data("alone"), partition_id="3")
        assert client.get_partition_properties("3")["last_enqueued_sequence_number"] == 1
    got: list[str] = []
    consumer = EventHubConsumerClient.from_connection_string(**where, consumer_group="$default")

    def on_event(_context: Any, event: Any) -> None:
        got.append(event.body_as_str())
        if len(got) == 2:
            consumer.close()

    consumer.receive(on_event, partition_id="3", starting_position="-1")
    assert got == ["batched", "alone"]
