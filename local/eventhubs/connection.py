"""A client's connection: handshake, open and close, and its sessions.

Source: OASIS AMQP 1.0 part 2, sections 2.2 to 2.4.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, cast

from local.eventhubs import performatives, replies, sasl
from local.eventhubs.broker import Broker
from local.eventhubs.errors import (
    CONNECTION_FORCED,
    ILLEGAL_STATE,
    INTERNAL_ERROR,
    INVALID_FIELD,
    NOT_ALLOWED,
    AmqpConnectionError,
    AmqpSessionError,
)
from local.eventhubs.frames import (
    AMQP_PROTOCOL,
    EMPTY_FRAME,
    MIN_MAX_FRAME_SIZE,
    SASL_FRAME,
    SASL_PROTOCOL,
    Frame,
    FrameReader,
    ProtocolHeader,
    protocol_header,
)
from local.eventhubs.heartbeat import Heartbeat
from local.eventhubs.performatives import Begin, Close, End, Open
from local.eventhubs.session import Session

_LOG = logging.getLogger(__name__)
MAX_FRAME_SIZE: Final = 64 * 1024
_CHANNEL_MAX: Final = 1023
_CONTAINER: Final = "eventhubs-stand-in"
_LINGER: Final = 2.0  # seconds a closed connection may take to hand over what was written


class Connection(asyncio.Protocol):
    """The broker's end of a connection.

    Args:
        broker: holds the hubs.
        idle_timeout: seconds after which a silent client is given up; it is told half of that.
        on_lost: called when the socket is gone.
    """

    def __init__(self, broker: Broker, idle_timeout: float, on_lost: Callable[[Connection], None]) -> None:
        self._broker, self._idle_timeout, self._on_lost = broker, idle_timeout, on_lost
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(MAX_FRAME_SIZE)
        self._sessions: dict[int, Session] = {}
        self._ended: set[int] = set()
        self._unsent: list[bytes] = []
        self._deferred: list[Callable[[], None]] = []
        self._negotiating = self._handshaken = self._opened = self._closing = False
        self._heartbeat = Heartbeat(self._loop, idle_timeout, self._beat, self._on_silence)
        self.paused = False
        self.max_frame_size = MIN_MAX_FRAME_SIZE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Handle what arrived; whatever goes wrong ends this connection and no other."""
        self._heartbeat.heard()
        try:
            for item in self._reader.feed(data):
                if self._closing:
                    return
                self._handle(item)
            while self._deferred:
                self._deferred.pop()()
        except AmqpConnectionError as fault:
            _LOG.info("closing a connection: %s", fault.description)
            self.close(fault)
        except Exception:  # noqa: BLE001 - a defect met by one client must not stop the others
            _LOG.exception("closing a connection after an unexpected error")
            self.close(AmqpConnectionError(INTERNAL_ERROR, "the broker failed; its log says why"))

    def pause_writing(self) -> None:
        """Stop producing for a client that does not read, and stop listening to it."""
        self.paused = True
        if not self._closing:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self.paused = False
        if not self._closing:
            self._transport.resume_reading()
            for session in self._sessions.values():
                session.wake()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Let go of everything."""
        self._closing = True
        self._heartbeat.stop()
        self._close_sessions()
        self._on_lost(self)

    def write(self, frame: bytes) -> None:
        """Send an encoded frame, together with others written in this turn of the event loop."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(frame)

    def defer(self, callback: Callable[[], None]) -> None:
        """Call back once what has arrived so far is handled."""
        self._deferred.append(callback)

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in the next turn of the event loop."""
        self._loop.call_soon(callback)

    def close(self, fault: AmqpConnectionError | None = None) -> None:
        """Say goodbye and close the socket."""
        if self._closing:
            return
        self._close_sessions()
        if self._handshaken and not self._opened:
            self._open()
        if self._opened:
            self.write(replies.close(fault))
        self._closing = True
        self._flush()
        self._transport.close()
        self._loop.call_later(_LINGER, self._transport.abort)

    def abort(self) -> None:
        """Drop the socket."""
        self._transport.abort()

    def _handle(self, item: ProtocolHeader | Frame) -> None:
        if isinstance(item, ProtocolHeader):
            self._on_header(item)
        elif item.kind == SASL_FRAME:
            self._on_sasl(item)
        elif not self._handshaken:
            raise AmqpConnectionError(ILLEGAL_STATE, "a frame before the protocol header")
        elif item.body:
            self._on_frame(item)

    def _on_header(self, header: ProtocolHeader) -> None:
        if self._handshaken or self._negotiating:
            raise AmqpConnectionError(ILLEGAL_STATE, "a protocol header in the middle of the conversation")
        self.write(protocol_header(header.protocol))
        if header.protocol == SASL_PROTOCOL:
            self._negotiating = True
            self.write(sasl.offer())
        elif header.protocol == AMQP_PROTOCOL:
            self._handshaken = True

    def _on_sasl(self, frame: Frame) -> None:
        if not self._negotiating:
            raise AmqpConnectionError(ILLEGAL_STATE, "a SASL frame outside of the SASL layer")
        outcome, accepted = sasl.answer(frame.body)
        self.write(outcome)
        self._negotiating = False
        if not accepted:
            self.close()

    def _on_frame(self, frame: Frame) -> None:
        performative, payload = performatives.parse(frame.body)
        if isinstance(performative, Open):
            self._on_open(performative)
        elif not self._opened:
            raise AmqpConnectionError(ILLEGAL_STATE, "open has to come first")
        elif isinstance(performative, Begin):
            self._on_begin(frame.channel, performative)
        elif isinstance(performative, End):
            self._on_end(frame.channel)
        elif isinstance(performative, Close):
            self.close()
        else:
            self._on_session_frame(frame, performative, payload)

    def _on_open(self, performative: Open) -> None:
        if self._opened:
            raise AmqpConnectionError(ILLEGAL_STATE, "open may come only once")
        wanted = MAX_FRAME_SIZE if performative.max_frame_size is None else performative.max_frame_size
        if wanted < MIN_MAX_FRAME_SIZE:
            raise AmqpConnectionError(
                INVALID_FIELD, f"frames of {wanted} bytes; {MIN_MAX_FRAME_SIZE} are the least"
            )
        self.max_frame_size = min(wanted, MAX_FRAME_SIZE)
        self._heartbeat.client_waits(performative.idle_time_out)
        self._open()

    def _open(self) -> None:
        self._opened = True
        self.write(replies.open_(_CONTAINER, MAX_FRAME_SIZE, _CHANNEL_MAX, int(self._idle_timeout * 500)))

    def _on_begin(self, channel: int, begin: Begin) -> None:
        if channel > _CHANNEL_MAX or channel in self._sessions:
            raise AmqpConnectionError(NOT_ALLOWED, f"channel {channel} is taken or above {_CHANNEL_MAX}")
        self._ended.discard(channel)
        self._sessions[channel] = Session(channel, begin, self._broker, self)

    def _on_end(self, channel: int) -> None:
        session = self._sessions.pop(channel, None)
        if session is None:
            raise AmqpConnectionError(NOT_ALLOWED, f"channel {channel} has no session to end")
        self._ended.add(channel)
        if not session.ended:
            session.end()

    def _on_session_frame(
        self, frame: Frame, performative: performatives.Performative, payload: bytes
    ) -> None:
        if frame.channel in self._ended:
            return  # the SDK detaches the links of a session after ending it
        session = self._sessions.get(frame.channel)
        if session is None:
            raise AmqpConnectionError(NOT_ALLOWED, f"channel {frame.channel} has no session")
        try:
            session.handle(performative, payload, frame.body)
        except AmqpSessionError as fault:
            session.end(fault)

    def _close_sessions(self) -> None:
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _flush(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self._heartbeat.said()
            self._transport.write(b"".join(unsent))

    def _beat(self) -> None:
        if self._opened and not self.paused:
            self.write(EMPTY_FRAME)

    def _on_silence(self) -> None:
        self.close(
            AmqpConnectionError(CONNECTION_FORCED, f"nothing was heard for {self._idle_timeout:.0f} s")
        )
