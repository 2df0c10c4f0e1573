from __future__ import annotations

import socket
from typing import Any

import pytest

from local.addresses import AddressError, Addresses, free_base, is_free, require_free


def test_default_ports_are_those_of_the_contract() -> None:
    """Base 7000 gives functions 7071, relay 7090 and the others as documented."""
    assert Addresses().ports == {
        "azurite": 7011,
        "s3": 7020,
        "postgres": 7032,
        "standins": 7050,
        "eventhubs": 7056,
        "functions-0": 7071,
        "relay-0": 7090,
    }


def test_base_moves_every_port() -> None:
    """Two stacks whose bases are 100 apart share no port, however many replicas they have."""
    one, other = Addresses(7000, workers=9, relays=10), Addresses(7100, workers=9, relays=10)
    assert not set(one.ports.values()) & set(other.ports.values())
    assert len(set(one.ports.values())) == 5 + 9 + 10


def test_replicas_are_numbered() -> None:
    """Every worker and every relay has a URL of its own."""
    addresses = Addresses(9000, workers=2, relays=3)
    assert addresses.functions_urls == ["http://127.0.0.1:9071", "http://127.0.0.1:9072"]
    assert addresses.relay_urls[2] == "http://127.0.0.1:9092"


def test_no_worker_leaves_the_port_to_core_tools() -> None:
    """Without workers nothing takes 7071, and clients are still sent there."""
    addresses = Addresses(workers=0)
    assert 7071 not in addresses.ports.values()
    assert addresses.functions_urls == ["http://127.0.0.1:7071"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"base": 80}, "--port-base"),
        ({"base": 65_500}, "--port-base"),
        ({"workers": -1}, "--workers"),
        ({"workers": 10}, "--workers"),
        ({"relays": 11}, "--relays"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], named: str) -> None:
    """What cannot be listened on is refused with the option's name."""
    with pytest.raises(AddressError, match=named):
        Addresses(**options)


def test_taken_ports_are_named_with_their_process() -> None:
    """Before anything starts, every taken port is reported at once."""
    with pytest.raises(AddressError, match=r"port 7020 \(s3\), 7090 \(relay-0\)"):
        require_free(Addresses(), free=lambda port: port not in {7020, 7090})


def test_free_base_has_every_port_free() -> None:
    """A base with one taken port is passed over."""
    base = free_base(free=lambda port: port // 100 != 250)
    assert base // 100 != 250
    assert 20_000 <= base < 32_000


def test_no_free_base_is_an_error() -> None:
    """A full machine gives an error instead of an endless search."""
    with pytest.raises(AddressError, match="no free ports"):
        free_base(free=lambda _: False)


def test_listening_port_is_not_free() -> None:
    """A port is free until someone listens on it, and again afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
