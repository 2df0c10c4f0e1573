"""What clients send: transfers put together to messages, and the settling of them.

Source: OASIS AMQP 1.0 part 2, sections 2.6.7 (flow control) and 2.6.12 (deliveries).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from local.eventhubs import replies
from local.eventhubs.errors import INVALID_FIELD, MESSAGE_SIZE_EXCEEDED, AmqpLinkError, MessageRejectedError
from local.eventhubs.performatives import Flow, Transfer

MAX_MESSAGE_SIZE: Final = 1024 * 1024
_CREDIT: Final = 1000
_ID_MODULUS: Final = 2**32


class Settlement:
    """Settles a session's deliveries; consecutive acceptances share one frame.

    Args:
        channel: of the session.
        write: takes an encoded frame.
        defer: calls back once what has arrived so far is handled.
    """

    def __init__(
        self, channel: int, write: Callable[[bytes], None], defer: Callable[[Callable[[], None]], None]
    ) -> None:
        self._channel, self._write, self._defer = channel, write, defer
        self._accepted: tuple[int, int] | None = None

    def accept(self, delivery: int) -> None:
        """Settle a delivery as accepted, before the next other frame at the latest."""
        if self._accepted and delivery == self._accepted[1] + 1:
            self._accepted = (self._accepted[0], delivery)
            return
        self.flush()
        self._accepted = (delivery, delivery)
        self._defer(self.flush)

    def reject(self, delivery: int, fault: MessageRejectedError) -> None:
        """Settle a delivery as rejected."""
        self.flush()
        self._write(replies.disposition(self._channel, delivery, delivery, replies.rejected(fault)))

    def flush(self) -> None:
        """Send the acceptances held back."""
        if self._accepted:
            accepted, self._accepted = self._accepted, None
            self._write(replies.disposition(self._channel, *accepted, replies.ACCEPTED))


@dataclass(slots=True)
class _Partial:
    """A delivery some of whose transfers have arrived; what is too large is counted, not kept."""

    delivery: int
    message_format: int
    settled: bool
    size: int = 0
    parts: list[bytes] = field(default_factory=list)

    def add(self, payload: bytes) -> None:
        """Take the next part; once all are more than MAX_MESSAGE_SIZE bytes, none is kept."""
        self.size += len(payload)
        if self.size <= MAX_MESSAGE_SIZE:
            self.parts.append(payload)
        else:
            self.parts.clear()

    def message(self) -> bytes:
        """Join what has arrived; raises MessageRejectedError if it is too large."""
        if self.size > MAX_MESSAGE_SIZE:
            text = f"a message of {self.size} bytes; {MAX_MESSAGE_SIZE} are allowed"
            raise MessageRejectedError(MESSAGE_SIZE_EXCEEDED, text)
        return b"".join(self.parts)


class IncomingHost(Protocol):
    """What a link needs of its session."""

    settlement: Settlement

    def flow(self, link: tuple[int, int, int] | None = None, *, drain: bool = False) -> None:
        """Tell windows, and a link's handle, delivery count and credit."""


class IncomingLink:
    """A link over which a client sends.

    Args:
        host: the session.
        handle: of the link.
        delivery_count: the client's, at first.
        receive: takes message format and message; raises MessageRejectedError to refuse one.
    """

    receiving: Final = True

    def __init__(
        self, host: IncomingHost, handle: int, delivery_count: int, receive: Callable[[int, bytes], None]
    ) -> None:
        self._host, self._handle, self._receive = host, handle, receive
        self._delivery_count = delivery_count
        self._credit = 0
        self._partial: _Partial | None = None

    def start(self) -> None:
        """Give the client its first credit."""
        self._top_up()

    def on_flow(self, flow: Flow) -> None:
        """Take note of a sender's flow; it sets no credit."""
        if flow.echo:
            self._host.flow((self._handle, self._delivery_count, self._credit))

    def on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Take a part of a delivery.

        Raises:
            AmqpLinkError: it belongs to no delivery, or a settled one is refused, of which the client would not hear.
        """
        partial = self._partial or _started(transfer)
        if transfer.delivery_id not in (None, partial.delivery):
            raise AmqpLinkError(INVALID_FIELD, f"delivery {partial.delivery} is not finished")
        partial.settled = partial.settled or bool(transfer.settled)
        partial.add(payload)
        self._partial = partial if transfer.more and not transfer.aborted else None
        if self._partial is None:
            if not transfer.aborted:
                self._complete(partial)
            self._count()

    def close(self) -> None:
        """Forget what has not arrived in full."""
        self._partial = None

    def _complete(self, partial: _Partial) -> None:
        try:
            self._receive(partial.message_format, partial.message())
        except MessageRejectedError as fault:
            if partial.settled:
                raise AmqpLinkError(fault.condition, fault.description) from fault
            self._host.settlement.reject(partial.delivery, fault)
        else:
            if not partial.settled:
                self._host.settlement.accept(partial.delivery)

    def _count(self) -> None:
        self._delivery_count = (self._delivery_count + 1) % _ID_MODULUS
        self._credit -= 1
        if self._credit <= _CREDIT // 2:
            self._top_up()

    def _top_up(self) -> None:
        self._credit = _CREDIT
        self._host.flow((self._handle, self._delivery_count, self._credit))


def _started(transfer: Transfer) -> _Partial:
    if transfer.delivery_id is None:
        raise AmqpLinkError(INVALID_FIELD, "a delivery starts with its delivery-id")
    return _Partial(transfer.delivery_id, transfer.message_format or 0, bool(transfer.settled))
