"""Hubs, partitions, groups, and who may read at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.eventhubs import addresses
from local.eventhubs.addresses import SourceAddress, TargetAddress
from local.eventhubs.broker import Broker
from local.eventhubs.errors import LINK_STOLEN, NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, AmqpLinkError
from local.eventhubs.log import Retention
from local.eventhubs.readers import MAX_SHARING, ReaderGroup
from shared.errors import ConflictError, InvalidError


def _broker(folder: Path, hubs: dict[str, int] | None = None) -> Broker:
    return Broker(folder, hubs or {"Orders": 4}, ["relay"], Retention())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A hub with four partitions and the groups $Default and relay."""
    broker = _broker(tmp_path)
    yield broker
    broker.close()


@dataclass(eq=False)
class Reader:
    """Remembers why it was sent away."""

    faults: list[str] = field(default_factory=list)

    def fail(self, fault: AmqpLinkError) -> None:
        """Note the condition."""
        self.faults.append(fault.condition)


def test_a_key_always_goes_to_the_same_partition(broker: Broker) -> None:
    """The choice depends on the key alone, in every process; many keys reach every partition."""
    hub = broker.hub("Orders")
    assert "".join(hub.partition_for(f"user-{n}").number for n in range(8)) == "20203131"
    assert {hub.partition_for(f"{n}").number for n in range(50)} == {"0", "1", "2", "3"}


def test_without_a_key_partitions_take_turns(broker: Broker) -> None:
    """Load spreads evenly."""
    hub = broker.hub("Orders")
    assert sorted(hub.partition_for(None).number for _ in range(8)) == [
        "0",
        "0",
        "1",
        "1",
        "2",
        "2",
        "3",
        "3",
    ]


def test_names_are_found_whatever_their_case(broker: Broker) -> None:
    """As in Azure, hubs and groups have no case."""
    assert broker.target(TargetAddress("ORDERS", "3"))[0] is broker.hub("orders")
    assert broker.source(SourceAddress("orders", "$DEFAULT", "0")) == broker.source(
        SourceAddress("Orders", "$Default", "0")
    )


@pytest.mark.parametrize(
    "source",
    [
        SourceAddress("nope", "relay", "0"),
        SourceAddress("orders", "nope", "0"),
        SourceAddress("orders", "relay", "4"),
        SourceAddress("orders", "relay", "../0"),
    ],
)
def test_what_is_not_there_is_not_found(broker: Broker, source: SourceAddress) -> None:
    """Unknown hub, group and partition have the same condition."""
    with pytest.raises(AmqpLinkError) as caught:
        broker.source(source)
    assert caught.value.condition == NOT_FOUND


def test_addresses_are_read_with_and_without_host() -> None:
    """The SDK sends whole URLs."""
    assert addresses.target("amqps://127.0.0.1:7000/hub/Partitions/1") == ("hub", "1")
    assert addresses.target("hub") == ("hub", None)
    url = "amqps://127.0.0.1:7000/hub/ConsumerGroups/$default/Partitions/2"
    assert addresses.source(url) == ("hub", "$default", "2")
    assert addresses.node("amqp://host/$management") == "$management"


@pytest.mark.parametrize("address", ["", "hub/other", "hub/Partitions", "hub/Partitions/1/2", "amqp://host"])
def test_an_address_of_no_known_form_is_not_found(address: str) -> None:
    """Nothing is guessed."""
    for read in (addresses.target, addresses.source):
        with pytest.raises(AmqpLinkError) as caught:
            read(address)
        assert caught.value.condition == NOT_FOUND


def test_a_folder_has_one_broker(broker: Broker, tmp_path: Path) -> None:
    """Two processes would write over each other."""
    with pytest.raises(ConflictError, match="in use"):
        _broker(tmp_path)


def test_a_hub_keeps_its_partitions(tmp_path: Path) -> None:
    """Another number of partitions would move keys; the refusal frees the folder again."""
    _broker(tmp_path).close()
    with pytest.raises(ConflictError, match="4 partitions"):
        _broker(tmp_path, {"Orders": 5})
    _broker(tmp_path).close()


@pytest.mark.parametrize(
    "hubs", [{"../up": 1}, {"": 1}, {"a/b": 1}, {"ok": 0}, {"ok": 33}, {".hidden": 1}, {"a": 1, "A": 1}]
)
def test_impossible_hubs_are_refused(tmp_path: Path, hubs: dict[str, int]) -> None:
    """A name is a folder's name and nothing more."""
    with pytest.raises(InvalidError):
        _broker(tmp_path / "data", hubs)
    assert not (tmp_path / "data").exists()


def test_five_readers_share_and_the_sixth_is_refused() -> None:
    """A place is free again when one leaves."""
    group, readers = ReaderGroup(), [Reader() for _ in range(MAX_SHARING)]
    for reader in readers:
        group.admit(reader, None)
    with pytest.raises(AmqpLinkError) as caught:
        group.admit(Reader(), None)
    assert caught.value.condition == RESOURCE_LIMIT_EXCEEDED
    group.leave(readers[0])
    group.admit(Reader(), None)


def test_a_higher_or_equal_level_takes_over() -> None:
    """Those who share and those of a lower level are sent away."""
    group, sharing, low, high = ReaderGroup(), Reader(), Reader(), Reader()
    group.admit(sharing, None)
    group.admit(low, 0)
    group.admit(high, 0)
    assert sharing.faults == low.faults == [LINK_STOLEN]
    assert high.faults == []


@pytest.mark.parametrize("epoch", [None, 4])
def test_a_lower_level_or_none_is_refused(epoch: int | None) -> None:
    """The owner stays."""
    group, owner = ReaderGroup(), Reader()
    group.admit(owner, 5)
    with pytest.raises(AmqpLinkError) as caught:
        group.admit(Reader(), epoch)
    assert caught.value.condition == LINK_STOLEN
    group.leave(owner)
    group.admit(Reader(), epoch)
