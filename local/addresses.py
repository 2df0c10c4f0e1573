"""Where every process of a stack listens: 127.0.0.1, one port base per stack, a fixed offset per process."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from dataclasses import dataclass

HOST = "127.0.0.1"
DEFAULT_BASE = 7000

# The offset of everything that runs once. 80 is kept for the studio.
_SINGLE = {"azurite": 11, "s3": 20, "postgres": 32, "standins": 50, "eventhubs": 56}
_TRACES = 18
_FUNCTIONS = 71
_RELAY = 90
_MOST_WORKERS = 9
_MOST_RELAYS = 10
_SPAN = 100  # ports a stack may take from its base on

# Free ports are looked for below the ephemeral range (Linux: 32768), where outgoing connections take none.
_FREE_BASES = range(20_000, 32_000, _SPAN)


class AddressError(ValueError):
    """The stack cannot listen as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The ports and URLs of one stack.

    Attributes:
        base: the port that all others are counted from.
        workers: function workers, 0 to 9; 0 leaves the first one's port to `func start`.
        relays: relay replicas, 1 to 10.
        traces: whether there is a collector, so that the other processes record traces.
    """

    base: int = DEFAULT_BASE
    workers: int = 1
    relays: int = 1
    traces: bool = False

    def __post_init__(self) -> None:
        _between("--port-base", self.base, 1024, 65_535 - _SPAN)
        _between("--workers", self.workers, 0, _MOST_WORKERS)
        _between("--relays", self.relays, 1, _MOST_RELAYS)

    @property
    def ports(self) -> dict[str, int]:
        """The port of every process, by its name."""
        single = {name: self.base + offset for name, offset in _SINGLE.items()}
        functions = {f"functions-{i}": self.base + _FUNCTIONS + i for i in range(self.workers)}
        relays = {f"relay-{i}": self.base + _RELAY + i for i in range(self.relays)}
        traces = {"traces": self.base + _TRACES} if self.traces else {}
        return {**single, **traces, **functions, **relays}

    def url(self, name: str) -> str:
        """The HTTP base URL of the process called `name`, without a slash at its end."""
        return f"http://{HOST}:{self.ports[name]}"

    def authority(self, name: str) -> str:
        """`host:port` of the process called `name`."""
        return f"{HOST}:{self.ports[name]}"

    @property
    def functions_urls(self) -> list[str]:
        """One base URL per function worker; without workers the one that `func start` has."""
        return [f"http://{HOST}:{self.base + _FUNCTIONS + i}" for i in range(max(self.workers, 1))]

    @property
    def relay_urls(self) -> list[str]:
        """One base URL per relay replica."""
        return [self.url(f"relay-{i}") for i in range(self.relays)]


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of 127.0.0.1 (closed connections that linger do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def require_free(addresses: Addresses, *, free: Callable[[int], bool] = is_free) -> None:
    """Check that every port of the stack can be taken.

    Raises:
        AddressError: some are in use; each is named with the process that wants it.
    """
    taken = [f"{port} ({name})" for name, port in addresses.ports.items() if not free(port)]
    if taken:
        raise AddressError(
            f"already in use on {HOST}: port {', '.join(taken)}. "
            "Stop what listens there, or choose other ports with --port-base."
        )


def free_base(workers: int = 1, relays: int = 1, *, free: Callable[[int], bool] = is_free) -> int:
    """A port base with every port of such a stack free at the moment.

    Raises:
        AddressError: there is none.
    """
    for base in random.sample(_FREE_BASES, len(_FREE_BASES)):
        if all(free(port) for port in Addresses(base, workers, relays).ports.values()):
            return base
    raise AddressError(f"no free ports between {_FREE_BASES.start} and {_FREE_BASES.stop}")


def _between(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise AddressError(f"{option} must be between {least} and {most}, not {value}")
