"""A session: its links, and the windows they share.

Source: OASIS AMQP 1.0 part 2, sections 2.5 and 2.6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from local.eventhubs import performatives, replies
from local.eventhubs.attachment import Attachments, Link, capabilities
from local.eventhubs.broker import Broker
from local.eventhubs.errors import (
    HANDLE_IN_USE,
    ILLEGAL_STATE,
    NOT_ALLOWED,
    UNATTACHED_HANDLE,
    AmqpLinkError,
    AmqpSessionError,
)
from local.eventhubs.incoming import MAX_MESSAGE_SIZE, IncomingLink, Settlement
from local.eventhubs.outgoing import OutgoingLink, OutgoingWindow
from local.eventhubs.performatives import Attach, Begin, Detach, Disposition, Flow, Transfer

HANDLE_MAX: Final = 255
_WINDOW: Final = 8192
_ID_MODULUS: Final = 2**32


class Wire(Protocol):
    """What a session needs of its connection."""

    max_frame_size: int

    @property
    def paused(self) -> bool:
        """Whether the client reads too slowly for more."""

    def write(self, frame: bytes) -> None:
        """Send an encoded frame."""

    def defer(self, callback: Callable[[], None]) -> None:
        """Call back once what has arrived so far is handled."""

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in the next turn of the event loop."""


class Session:
    """The broker's end of a session.

    Args:
        channel: both ends use the same number.
        begin: the client's begin.
        broker: holds the hubs.
        wire: the connection.
    """

    def __init__(self, channel: int, begin: Begin, broker: Broker, wire: Wire) -> None:
        self._channel, self._wire = channel, wire
        self._links: dict[int, Link] = {}
        self._detached: set[int] = set()
        self.ended = False
        self._next_incoming_id = begin.next_outgoing_id
        self._room = _WINDOW
        self._next_delivery = 0
        self._window = OutgoingWindow(wire.write)
        self._window.update(0, begin.incoming_window)
        self._attachments = Attachments(broker, self)
        self.settlement = Settlement(channel, wire.write, wire.defer)
        wire.write(replies.begin(channel, _WINDOW, HANDLE_MAX))

    @property
    def blocked(self) -> bool:
        """Whether nothing more should be sent for now."""
        return self._window.blocked or self._wire.paused

    def deliver(self, handle: int, payload: bytes) -> None:
        """Send one settled message over a link."""
        delivery, self._next_delivery = self._next_delivery, (self._next_delivery + 1) % _ID_MODULUS
        size = self._wire.max_frame_size
        self._window.send(handle, replies.delivery_frames(self._channel, handle, delivery, payload, size))

    def flow(self, link: tuple[int, int, int] | None = None, *, drain: bool = False) -> None:
        """Tell windows, and a link's handle, delivery count and credit; the incoming window is full again."""
        self._room = _WINDOW
        windows = (self._next_incoming_id, self._room, self._window.next_id, _WINDOW)
        self._wire.write(replies.flow(self._channel, windows, link, drain=drain))

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in the next turn of the event loop."""
        self._wire.soon(callback)

    def wake(self) -> None:
        """Let links go on that waited for the window or the socket."""
        for link in self._links.values():
            if isinstance(link, OutgoingLink):
                link.wake()

    def fail(self, handle: int, fault: AmqpLinkError) -> None:
        """Detach a link with a fault and wait for the client to do the same."""
        if self.ended or handle not in self._links:
            return
        self._remove(handle)
        self._detached.add(handle)
        self._wire.write(replies.detach(self._channel, handle, fault))

    def end(self, fault: AmqpSessionError | None = None) -> None:
        """End the session: after a fault the client's own end is still to come."""
        self.close()
        self._wire.write(replies.end(self._channel, fault))

    def close(self) -> None:
        """Let go of all links without a word."""
        self.settlement.flush()
        self.ended = True
        for handle in list(self._links):
            self._remove(handle)

    def handle(self, performative: performatives.Performative, payload: bytes, body: bytes) -> None:
        """Take a frame.

        Args:
            performative: decoded.
            payload: what follows it.
            body: the frame's whole body.

        Raises:
            AmqpSessionError: the frame breaks the session.
        """
        if self.ended:
            return
        match performative:
            case Transfer():
                self._on_transfer(performative, payload)
            case Flow():
                self._on_flow(performative)
            case Attach():
                self._on_attach(performative, performatives.attach_termini(body))
            case Detach():
                self._on_detach(performative)
            case Disposition():
                pass  # all that is sent is settled already
            case _:
                raise AmqpSessionError(
                    ILLEGAL_STATE, f"{type(performative).__name__} has no place in a session"
                )

    def _on_attach(self, attach: Attach, termini: tuple[bytes, bytes]) -> None:
        if attach.handle > HANDLE_MAX:
            raise AmqpSessionError(NOT_ALLOWED, f"handle {attach.handle}; the highest is {HANDLE_MAX}")
        if attach.handle in self._links:
            raise AmqpSessionError(HANDLE_IN_USE, f"handle {attach.handle} has a link already")
        self._detached.discard(attach.handle)
        try:
            link = self._attachments.make(attach)
        except AmqpLinkError as fault:
            self._answer(attach, termini)
            self._wire.write(replies.detach(self._channel, attach.handle, fault))
            self._detached.add(attach.handle)
            return
        self._links[attach.handle] = link
        self._answer(attach, termini)
        if isinstance(link, IncomingLink):
            link.start()

    def _answer(self, attach: Attach, termini: tuple[bytes, bytes]) -> None:
        self._wire.write(
            replies.attach(
                self._channel,
                attach.handle,
                attach.name,
                termini,
                receiving=not attach.role,
                max_message_size=MAX_MESSAGE_SIZE,
                capabilities=capabilities(attach),
            )
        )

    def _on_transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming_id = (self._next_incoming_id + 1) % _ID_MODULUS
        self._room -= 1
        if self._room <= _WINDOW // 2:
            self.flow()
        link = self._link(transfer.handle)
        if link is None:
            return
        if not isinstance(link, IncomingLink):
            raise AmqpSessionError(NOT_ALLOWED, "a transfer on a link that only receives")
        try:
            link.on_transfer(transfer, payload)
        except AmqpLinkError as fault:
            self.settlement.flush()
            self.fail(transfer.handle, fault)

    def _on_flow(self, flow: Flow) -> None:
        was_blocked = self._window.blocked
        self._window.update(flow.next_incoming_id, flow.incoming_window)
        if was_blocked:
            self.wake()
        if flow.handle is not None:
            link = self._link(flow.handle)
            if link is not None:
                link.on_flow(flow)
        elif flow.echo:
            self.flow()

    def _on_detach(self, detach: Detach) -> None:
        if self._link(detach.handle) is None:
            self._detached.discard(detach.handle)
            return
        self.settlement.flush()
        self._remove(detach.handle)
        self._wire.write(replies.detach(self._channel, detach.handle))

    def _link(self, handle: int) -> Link | None:
        """Find a link; None for one whose detach the client has not answered yet."""
        if handle not in self._links and handle not in self._detached:
            raise AmqpSessionError(UNATTACHED_HANDLE, f"handle {handle} has no link")
        return self._links.get(handle)

    def _remove(self, handle: int) -> None:
        self._links.pop(handle).close()
        self._window.drop(handle)
