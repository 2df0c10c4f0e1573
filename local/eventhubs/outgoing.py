"""What clients receive: messages sent as far as credit, the session's window and the socket allow.

Source: OASIS AMQP 1.0 part 2, sections 2.5.6 (session flow control) and 2.6.7 (link flow control).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from local.eventhubs.errors import AmqpLinkError
from local.eventhubs.performatives import Flow

_ID_MODULUS: Final = 2**32
_ID_HALF: Final = 2**31
# What one turn of a link may send before others get theirs; feeds limit the bytes.
_TURN_EVENTS: Final = 256


def _distance(start: int, end: int) -> int:
    """Give how far `end` is after `start` by serial arithmetic (RFC 1982); 0 if it is before."""
    ahead = (end - start) % _ID_MODULUS
    return ahead if ahead < _ID_HALF else 0


class OutgoingWindow:
    """Sends transfer frames while the client's session window has room, and holds them back while not.

    Args:
        write: takes an encoded frame.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._room = 0
        self._held: deque[tuple[int, bytes]] = deque()
        self.next_id = 0

    @property
    def blocked(self) -> bool:
        """Whether frames are held back."""
        return bool(self._held)

    def update(self, next_incoming_id: int | None, incoming_window: int) -> None:
        """Take the client's view of its window and send what was held back."""
        limit = (next_incoming_id or 0) + min(incoming_window, _ID_HALF - 1)
        self._room = _distance(self.next_id, limit)
        while self._held and self._room:
            self._send(self._held.popleft()[1])

    def send(self, handle: int, frames: Sequence[bytes]) -> None:
        """Send a link's transfer frames, now or when there is room."""
        for frame in frames:
            if self._room and not self._held:
                self._send(frame)
            else:
                self._held.append((handle, frame))

    def drop(self, handle: int) -> None:
        """Forget the frames of a link that is gone."""
        self._held = deque(item for item in self._held if item[0] != handle)

    def _send(self, frame: bytes) -> None:
        self._write(frame)
        self._room -= 1
        self.next_id = (self.next_id + 1) % _ID_MODULUS


class Feed(Protocol):
    """Where a link's messages come from."""

    def take(self, limit: int) -> list[bytes]:
        """Give up to `limit` encoded messages that are there now."""


class OutgoingHost(Protocol):
    """What a link needs of its session."""

    @property
    def blocked(self) -> bool:
        """Whether nothing more should be sent for now."""

    def deliver(self, handle: int, payload: bytes) -> None:
        """Send one settled message."""

    def flow(self, link: tuple[int, int, int] | None = None, *, drain: bool = False) -> None:
        """Tell windows, and a link's handle, delivery count and credit."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in the next turn of the event loop."""

    def fail(self, handle: int, fault: AmqpLinkError) -> None:
        """Detach a link with a fault."""


class OutgoingLink:
    """A link over which a client receives; deliveries are settled when sent.

    Args:
        host: the session.
        handle: of the link.
        feed: gives the messages.
    """

    receiving: Final = False

    def __init__(self, host: OutgoingHost, handle: int, feed: Feed) -> None:
        self._host, self._handle, self._feed = host, handle, feed
        self._delivery_count = 0
        self._credit = 0
        self._scheduled = self._draining = self._closed = False
        self.on_close: Callable[[], None] = _nothing

    def on_flow(self, flow: Flow) -> None:
        """Take credit, send what it allows, and answer a drain or an echo."""
        limit = (flow.delivery_count or 0) + min(flow.link_credit or 0, _ID_HALF - 1)
        self._credit = _distance(self._delivery_count, limit)
        self._draining = bool(flow.drain)
        self._turn()
        if flow.echo and not flow.drain:
            self._host.flow((self._handle, self._delivery_count, self._credit))

    def wake(self) -> None:
        """Send what there is, in the next turn of the event loop."""
        if self._credit and not self._scheduled and not self._closed:
            self._scheduled = True
            self._host.soon(self._woken)

    def fail(self, fault: AmqpLinkError) -> None:
        """Detach with a fault."""
        self._host.fail(self._handle, fault)

    def close(self) -> None:
        """Stop for good."""
        self._closed = True
        self.on_close()

    def _woken(self) -> None:
        self._scheduled = False
        self._turn()

    def _turn(self) -> None:
        """Send one portion; if there was any, others get their turn before the next."""
        if self._closed or self._host.blocked:
            return
        payloads = self._feed.take(min(self._credit, _TURN_EVENTS)) if self._credit else []
        for payload in payloads:
            self._host.deliver(self._handle, payload)
        self._use(len(payloads))
        if self._draining and not (payloads and self._credit):
            self._draining = False
            self._use(self._credit)
            self._host.flow((self._handle, self._delivery_count, self._credit), drain=True)
        elif payloads:
            self.wake()

    def _use(self, credit: int) -> None:
        self._credit -= credit
        self._delivery_count = (self._delivery_count + credit) % _ID_MODULUS


def _nothing() -> None:
    """Do nothing: a link that holds nothing has nothing to give back."""
