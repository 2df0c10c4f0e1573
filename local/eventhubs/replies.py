"""The performatives the broker sends, encoded.

Source: OASIS AMQP 1.0 part 2, section 2.7; part 5, section 5.3.3. Lists always have their full length: the
Event Hubs SDK reads fields by position and fails on a list without its trailing nulls.
"""

from __future__ import annotations

import struct
from typing import Final

from local.eventhubs import encode
from local.eventhubs.encode import NULL
from local.eventhubs.errors import AmqpError
from local.eventhubs.frames import AMQP_FRAME, SASL_FRAME, frame

SETTLED_BY_SENDER: Final = 1
MIXED_SETTLEMENT: Final = 2
ACCEPTED: Final = encode.described(0x24, encode.list_of([]))
_EMPTY_SOURCE: Final = encode.described(0x28, encode.list_of([NULL] * 11))
_EMPTY_TARGET: Final = encode.described(0x29, encode.list_of([NULL] * 7))


def _performative(channel: int, code: int, fields: list[bytes], kind: int = AMQP_FRAME) -> bytes:
    return frame(channel, encode.described(code, encode.list_of(fields)), kind=kind)


def _error(fault: AmqpError | None) -> bytes:
    if fault is None:
        return NULL
    fields = [encode.symbol(fault.condition), encode.string(fault.description), NULL]
    return encode.described(0x1D, encode.list_of(fields))


def sasl_mechanisms(names: tuple[str, ...]) -> bytes:
    """Offer SASL mechanisms."""
    return _performative(0, 0x40, [encode.symbol_array(names)], SASL_FRAME)


def sasl_outcome(code: int) -> bytes:
    """End the SASL exchange; 0 is success, 1 failed authentication."""
    return _performative(0, 0x44, [encode.ubyte(code), NULL], SASL_FRAME)


def open_(container: str, max_frame_size: int, channel_max: int, idle_time_out: int) -> bytes:
    """Open the connection; `idle_time_out` in milliseconds."""
    fields = [encode.string(container), NULL, encode.uint(max_frame_size), encode.ushort(channel_max)]
    return _performative(0, 0x10, [*fields, encode.uint(idle_time_out), *[NULL] * 5])


def begin(channel: int, window: int, handle_max: int) -> bytes:
    """Answer a begin on the channel it came from."""
    fields = [encode.ushort(channel), encode.uint(0), encode.uint(window), encode.uint(window)]
    return _performative(channel, 0x11, [*fields, encode.uint(handle_max), NULL, NULL, NULL])


def attach(
    channel: int,
    handle: int,
    name: str,
    termini: tuple[bytes, bytes],
    *,
    receiving: bool,
    max_message_size: int,
    capabilities: tuple[str, ...] = (),
) -> bytes:
    """Answer an attach; `receiving` tells the broker's own role.

    Source and target are never null, not even in a refusal: the SDK would overlook the detach that follows.
    """
    source, target = termini
    fields = [
        encode.string(name),
        encode.uint(handle),
        encode.boolean(receiving),
        encode.ubyte(MIXED_SETTLEMENT if receiving else SETTLED_BY_SENDER),
        encode.ubyte(0),
        _EMPTY_SOURCE if source == NULL else source,
        _EMPTY_TARGET if target == NULL else target,
        NULL,
        encode.boolean(value=False),
        NULL if receiving else encode.uint(0),
        encode.ulong(max_message_size),
        encode.symbol_array(capabilities) if capabilities else NULL,
        NULL,
        NULL,
    ]
    return _performative(channel, 0x12, fields)


def flow(
    channel: int, session: tuple[int, int, int, int], link: tuple[int, int, int] | None, *, drain: bool
) -> bytes:
    """Tell windows and credit.

    Args:
        channel: the session's channel.
        session: next-incoming-id, incoming-window, next-outgoing-id, outgoing-window.
        link: handle, delivery-count, link-credit; None for the session alone.
        drain: answer to a client that drains the link.
    """
    parts = [encode.uint(part) for part in (*session, *(link or ()))]
    parts += [NULL] * (7 - len(parts))
    return _performative(
        channel, 0x13, [*parts, NULL, encode.boolean(drain), encode.boolean(value=False), NULL]
    )


def disposition(channel: int, first: int, last: int, state: bytes) -> bytes:
    """Settle the deliveries first to last, as their receiver."""
    fields = [encode.boolean(value=True), encode.uint(first), encode.uint(last), encode.boolean(value=True)]
    return _performative(channel, 0x15, [*fields, state, NULL])


def rejected(fault: AmqpError) -> bytes:
    """Encode the outcome of a delivery that is not taken."""
    return encode.described(0x25, encode.list_of([_error(fault)]))


def detach(channel: int, handle: int, fault: AmqpError | None = None) -> bytes:
    """Close a link for good."""
    return _performative(channel, 0x16, [encode.uint(handle), encode.boolean(value=True), _error(fault)])


def end(channel: int, fault: AmqpError | None = None) -> bytes:
    """End a session."""
    return _performative(channel, 0x17, [_error(fault)])


def close(fault: AmqpError | None = None) -> bytes:
    """Close the connection."""
    return _performative(0, 0x18, [_error(fault)])


# A settled transfer as one struct: frame head; descriptor and list8 of 11 fields; handle, delivery-id,
# delivery-tag (the id's four bytes), message-format 0, settled, more, and five nulls.
_TRANSFER: Final = struct.Struct(">IBBH 3sBBB BI BI BBI 3s 5s")
_TRANSFER_LIST_SIZE: Final = 1 + 5 + 5 + 6 + 3 + 5
_LAST: Final = b"\x43\x41\x42"
_MORE: Final = b"\x43\x41\x41"


def _transfer_head(channel: int, handle: int, delivery: int, size: int, flags: bytes) -> bytes:
    total = _TRANSFER.size + size
    return _TRANSFER.pack(
        *(total, 2, AMQP_FRAME, channel),
        *(b"\x00\x53\x14", 0xC0, _TRANSFER_LIST_SIZE, 11),
        *(0x70, handle, 0x70, delivery, 0xA0, 4, delivery),
        *(flags, NULL * 5),
    )


def delivery_frames(
    channel: int, handle: int, delivery: int, payload: bytes, max_frame_size: int
) -> list[bytes]:
    """Encode a settled delivery as as many transfer frames as it needs."""
    room = max_frame_size - _TRANSFER.size
    size = len(payload)
    if size <= room:
        return [_transfer_head(channel, handle, delivery, size, _LAST) + payload]
    pieces = [payload[start : start + room] for start in range(0, size, room)]
    flags = [_MORE] * (len(pieces) - 1) + [_LAST]
    return [
        _transfer_head(channel, handle, delivery, len(piece), flag) + piece
        for piece, flag in zip(pieces, flags, strict=True)
    ]
