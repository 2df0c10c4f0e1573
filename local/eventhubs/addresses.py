"""The addresses of senders and receivers.

Source: Event Hubs' AMQP guide: `hub`, `hub/Partitions/n`, `hub/ConsumerGroups/g/Partitions/n`; the SDK puts
`amqps://host/` before them.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from local.eventhubs.errors import NOT_FOUND, AmqpLinkError

_HOST: Final = re.compile(r"^(?:amqps?|sb)://[^/]*/", re.IGNORECASE)
_TARGET: Final = re.compile(r"^(?P<hub>[^/]+)(?:/partitions/(?P<partition>[^/]+))?$", re.IGNORECASE)
_SOURCE: Final = re.compile(
    r"^(?P<hub>[^/]+)/consumergroups/(?P<group>[^/]+)/partitions/(?P<partition>[^/]+)$", re.IGNORECASE
)


class TargetAddress(NamedTuple):
    """Where a sender sends; without a partition the broker chooses."""

    hub: str
    partition: str | None


class SourceAddress(NamedTuple):
    """What a receiver reads."""

    hub: str
    group: str
    partition: str


def node(address: str) -> str:
    """Strip scheme, host and outer slashes."""
    return _HOST.sub("", address).strip("/")


def target(address: str) -> TargetAddress:
    """Read a sender's address; raises AmqpLinkError if it has no known form."""
    found = _TARGET.match(node(address))
    if not found:
        raise AmqpLinkError(NOT_FOUND, f"nothing can be sent to {address!r}")
    return TargetAddress(found["hub"], found["partition"])


def source(address: str) -> SourceAddress:
    """Read a receiver's address; raises AmqpLinkError if it has no known form."""
    found = _SOURCE.match(node(address))
    if not found:
        raise AmqpLinkError(NOT_FOUND, f"nothing can be received from {address!r}")
    return SourceAddress(found["hub"], found["group"], found["partition"])
