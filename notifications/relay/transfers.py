"""Spares the SDK what it does for every message and nobody here needs: two thirds of an event's cost.

The SDK (azure-eventhub 5.15, pure Python) starts a timer for every frame though the frame has long arrived, decodes
every section of a message, and keeps the delivery tag of every message for ever: they are only dropped when a message
is settled, and Event Hubs sends settled ones, so that is a leak. Here a frame that has arrived whole is taken as it
is, and of a message only the annotations, the application properties and the body are looked at. Whatever is out of
the ordinary goes the SDK's own way, as do connecting, flow control, authentication, heartbeats and errors.

The layout of frames and sections is that of OASIS AMQP 1.0, part 2 section 2.3 and part 3 section 3.2. Names with an
underscore are the SDK's internals: its version is pinned, and tests/contract/notifications reads through this.
"""

# ruff: noqa: SLF001
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

# After a message the next ones are left to gather for so long: waking up for each costs more than all the rest.
GATHER_SECONDS = 0.004

_HEAD = 8  # bytes before a frame's body
_AMQP_FRAME = 0
_MORE, _PAYLOAD, _DELIVERY_ID = 5, 11, 1  # fields of a transfer as the SDK lists them
_MESSAGE_ANNOTATIONS, _APPLICATION_PROPERTIES, _DATA = 0x72, 0x74, 0x75
_READ = frozenset({_MESSAGE_ANNOTATIONS, _APPLICATION_PROPERTIES})
# A described section begins with these, then its code, then the constructor of its value.
_DESCRIBED = b"\x00\x53"
_VALUE = 3
# By the upper half of a constructor: how far behind it a sized value's content begins, how long a fixed one is.
_SIZED = {0xA: 2, 0xB: 5, 0xC: 2, 0xD: 5}
_FIXED = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_MAP8, _MAP8_HEAD, _MAP32_HEAD = 0xC1, 3, 9
_SYMBOL = 0xA3
_EIGHT_BYTES = frozenset({0x81, 0x83})  # long, timestamp
_POSITION = frozenset({b"x-opt-sequence-number", b"x-opt-enqueued-time"})


class Message(NamedTuple):
    """What is used of a message; the names are those of the SDK's own."""

    message_annotations: dict[bytes, Any] | None
    application_properties: dict[bytes, Any] | None
    data: list[bytes] | None


type Take = Callable[[Any], Awaitable[None]]


def lighten(handler: Any, take: Take) -> None:
    """Let an opened receiver of the SDK, which has no credit yet, hand its messages to `take`.

    Args:
        handler: the SDK's ReceiveClientAsync.
        take: gets a Message, or the SDK's own message when it came in pieces or is out of the ordinary.
    """
    handler._message_received_callback = take
    transport, link = handler._connection._transport, handler._link
    if isinstance(getattr(transport, "reader", None), asyncio.StreamReader):
        transport.receive_frame = _Frames(transport).receive_frame
    link._incoming_transfer = _Transfers(link, take).incoming


class _Frames:
    """Takes whole frames straight from the stream's buffer, and leaves all other waiting to the SDK."""

    def __init__(self, transport: Any) -> None:
        from azure.eventhub._pyamqp._decode import decode_frame

        self._transport = transport
        self._wait = transport.receive_frame
        self._decode = decode_frame
        self._torn = False  # the SDK may hold the first bytes of the next frame
        self._busy = False  # the last frame came just now: the next may be close behind

    async def receive_frame(self, timeout: float | None = None, **options: Any) -> tuple[Any, Any]:  # noqa: ASYNC109  its name
        """The next frame's channel and content, as the SDK's method of this name."""
        frame = self._whole()
        if frame is None and self._busy:
            await asyncio.sleep(GATHER_SECONDS)
            frame = self._whole()
        self._busy = frame is not None
        if frame is not None:
            return int.from_bytes(frame[6:8]), self._decode(frame[4 * frame[4] :])
        channel, content = await self._wait(timeout=timeout, **options)
        self._torn = content is None
        self._busy = not self._torn
        return channel, content

    def _whole(self) -> memoryview | None:
        """A frame that has arrived whole, if it is of the ordinary kind."""
        reader = self._transport.reader
        if reader is None or self._torn or self._transport.socket_lock.locked():  # None: closed
            return None
        buffer = reader._buffer
        size = int.from_bytes(buffer[:4])
        if not _HEAD < size <= len(buffer) or buffer[5] != _AMQP_FRAME or 4 * buffer[4] >= size:
            return None
        frame = bytes(buffer[:size])
        del buffer[:size]
        reader._maybe_resume_transport()
        return memoryview(frame)


class _Transfers:
    """Does for a transfer in one piece what the SDK's ReceiverLink does, with less decoding."""

    def __init__(self, link: Any, take: Take) -> None:
        self._link = link
        self._take = take
        self._ordinary = link._incoming_transfer

    async def incoming(self, frame: list[Any]) -> None:
        """Take a transfer, as the SDK's method of this name."""
        link = self._link
        message = None if frame[_MORE] or link._received_payload else sections(frame[_PAYLOAD])
        if message is None:
            await self._ordinary(frame)
            link._received_delivery_tags.clear()
            return
        link.received_delivery_id = frame[_DELIVERY_ID]
        link.delivery_count += 1
        link.current_link_credit -= 1
        await self._take(message)


def sections(payload: bytes | memoryview) -> Message | None:
    """The parts of an encoded message that are used; None when it is not laid out as Event Hubs does it."""
    encoded = bytes(payload)
    found: dict[int, bytes] = {}
    data: list[bytes] = []
    at, end = 0, len(encoded)
    while at < end:
        start = _content(encoded, at + _VALUE) if encoded.startswith(_DESCRIBED, at) else at
        stop = start + int.from_bytes(encoded[at + _VALUE + 1 : start])
        if not at + _VALUE < start <= stop <= end:
            return None
        code = encoded[at + 2]
        if code == _DATA:
            data.append(encoded[start:stop])
        elif code in _READ:
            found[code] = encoded[at + _VALUE : stop]
        at = stop
    annotations, properties = found.get(_MESSAGE_ANNOTATIONS), found.get(_APPLICATION_PROPERTIES)
    return Message(
        None if annotations is None else _annotations(annotations),
        None if properties is None else _decoded(properties),
        data or None,
    )


def _content(encoded: bytes, at: int) -> int:
    """Where the content of a sized value begins; its own place when it is of another kind or cut off."""
    if at + 1 >= len(encoded):
        return at
    return at + _SIZED.get(encoded[at] >> 4, 0)


def _annotations(encoded: bytes) -> dict[bytes, Any]:
    """A map by its names: the two positions when all is as Event Hubs writes it, else whatever the SDK finds."""
    found: dict[bytes, Any] = {}
    at, end = (_MAP8_HEAD if encoded[0] == _MAP8 else _MAP32_HEAD), len(encoded)
    while at + 1 < end and encoded[at] == _SYMBOL:
        place = at + 2 + encoded[at + 1]
        name, kind = encoded[at + 2 : place], encoded[place] if place < end else 0
        width = _FIXED.get(kind >> 4)
        start = place + 1 if width is not None else _content(encoded, place)
        at = start + (int.from_bytes(encoded[place + 1 : start]) if width is None else width)
        if at <= place:
            break
        if name in _POSITION:
            if kind not in _EIGHT_BYTES or at > end:
                break
            found[name] = int.from_bytes(encoded[start:at], signed=True)
    return found if at == end and len(found) == len(_POSITION) else _decoded(encoded)


def _decoded(value: bytes) -> Any:
    from azure.eventhub._pyamqp._decode import _DECODE_BY_CONSTRUCTOR

    return _DECODE_BY_CONSTRUCTOR[value[0]](memoryview(value)[1:])[1]
