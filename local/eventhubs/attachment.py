"""What a link is attached to: a hub or partition to send to, a partition to read, $cbs or $management.

Source: Event Hubs' AMQP guide for addresses, link properties and capabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from local.eventhubs import addresses, cbs, management, message, requests, selector
from local.eventhubs.broker import Broker, Hub, Partition
from local.eventhubs.decode import Described
from local.eventhubs.errors import INVALID_FIELD, NOT_ALLOWED, AmqpLinkError, MessageRejectedError
from local.eventhubs.feeds import PartitionFeed, ReplyFeed
from local.eventhubs.incoming import IncomingHost, IncomingLink
from local.eventhubs.outgoing import OutgoingHost, OutgoingLink
from local.eventhubs.performatives import Attach

EPOCH: Final = "com.microsoft:epoch"
RUNTIME_METRIC: Final = "com.microsoft:enable-receiver-runtime-metric"
_CBS: Final = "$cbs"
_MANAGEMENT: Final = "$management"
_INT64_MIN: Final = -(2**63)
_FILTER: Final = 7

type Link = IncomingLink | OutgoingLink


class Host(IncomingHost, OutgoingHost, Protocol):
    """The session a link lives in."""


class Attachments:
    """Makes the links of one session.

    Args:
        broker: holds the hubs.
        host: the session.
    """

    def __init__(self, broker: Broker, host: Host) -> None:
        self._broker, self._host = broker, host
        self._replies: dict[tuple[str, str | None], tuple[ReplyFeed, OutgoingLink]] = {}
        self._nodes: dict[str, Callable[[requests.Request], requests.Reply]] = {
            _CBS: cbs.answer,
            _MANAGEMENT: partial(management.answer, broker),
        }

    def make(self, attach: Attach) -> Link:
        """Make the link a client asks for.

        Raises:
            AmqpLinkError: there is no such thing, or it may not be used like this.
        """
        return self._outgoing(attach) if attach.role else self._incoming(attach)

    def _incoming(self, attach: Attach) -> IncomingLink:
        address = _address(attach.target)
        node = addresses.node(address)
        receive = partial(self._ask, node) if node in self._nodes else self._sender(address)
        return IncomingLink(self._host, attach.handle, attach.initial_delivery_count or 0, receive)

    def _sender(self, address: str) -> Callable[[int, bytes], None]:
        return partial(_publish, *self._broker.target(addresses.target(address)))

    def _outgoing(self, attach: Attach) -> OutgoingLink:
        address = _address(attach.source)
        node = addresses.node(address)
        return self._replier(attach, node) if node in self._nodes else self._reader(attach, address)

    def _reader(self, attach: Attach, address: str) -> OutgoingLink:
        partition, group = self._broker.source(addresses.source(address))
        first = selector.from_filters(_element(attach.source, _FILTER)).first_sequence(partition.log)
        feed = PartitionFeed(partition, first, with_metrics=RUNTIME_METRIC in capabilities(attach))
        link = OutgoingLink(self._host, attach.handle, feed)
        group.admit(link, _epoch(attach))
        partition.subscribe(link.wake)

        def leave() -> None:
            partition.unsubscribe(link.wake)
            group.leave(link)

        link.on_close = leave
        return link

    def _replier(self, attach: Attach, node: str) -> OutgoingLink:
        reply_to = _element(attach.target, 0)
        key = (node, reply_to if isinstance(reply_to, str) else None)
        feed = ReplyFeed()
        link = OutgoingLink(self._host, attach.handle, feed)
        self._replies[key] = (feed, link)

        def leave() -> None:
            if self._replies.get(key) == (feed, link):
                del self._replies[key]

        link.on_close = leave
        return link

    def _ask(self, node: str, _message_format: int, payload: bytes) -> None:
        request = requests.parse(payload)
        feed, link = self._reply_link(node, request.reply_to)
        feed.put(requests.encode_reply(request, self._nodes[node](request)))
        link.wake()

    def _reply_link(self, node: str, reply_to: str | None) -> tuple[ReplyFeed, OutgoingLink]:
        """Find where to answer: the link named by the request or, as the SDK names none, any for this node."""
        named = self._replies.get((node, reply_to))
        found = named or next((entry for key, entry in self._replies.items() if key[0] == node), None)
        if found is None:
            raise MessageRejectedError(NOT_ALLOWED, f"attach a receiver to {node} before asking it")
        return found


def capabilities(attach: Attach) -> tuple[str, ...]:
    """Give what the client desires of what there is, to be offered."""
    desired = attach.desired_capabilities
    names = desired if isinstance(desired, list) else [desired]
    return (RUNTIME_METRIC,) if RUNTIME_METRIC in names else ()


def _publish(hub: Hub, partition: Partition | None, message_format: int, payload: bytes) -> None:
    events = message.unpack(message_format, payload)
    (partition or hub.partition_for(events[0].partition_key)).publish(events)


def _element(terminus: Described | None, index: int) -> object:
    fields = terminus.value if terminus else None
    return fields[index] if isinstance(fields, list) and len(fields) > index else None


def _address(terminus: Described | None) -> str:
    address = _element(terminus, 0)
    if not isinstance(address, str):
        raise AmqpLinkError(INVALID_FIELD, "a link needs the address of what it is attached to")
    return address


def _epoch(attach: Attach) -> int | None:
    epoch = (attach.properties or {}).get(EPOCH)
    if epoch is not None and (not isinstance(epoch, int) or epoch < _INT64_MIN):
        raise AmqpLinkError(INVALID_FIELD, f"{EPOCH} must be a whole number")
    return epoch
