"""The performatives a client may send, decoded and checked.

Source: OASIS AMQP 1.0 part 2, section 2.7; part 5, section 5.3.3 for sasl-init. Fields keep the names and
the order of the standard; what no part of the broker looks at is checked and carried all the same.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from local.eventhubs import decode, skip
from local.eventhubs.errors import DecodeError

_UINT_MAX: Final = 2**32 - 1
_ULONG_MAX: Final = 2**64 - 1
_DESCRIBED: Final = 0x00
_SMALL_ULONG: Final = 0x53


class Field(NamedTuple):
    """What one field may hold: a Python type (object: anything), its limit if a number, whether it must be there."""

    kind: type[Any]
    required: bool = False
    limit: int = _UINT_MAX


_ANY: Final = Field(object)
_BOOL: Final = Field(bool)
_UINT: Final = Field(int)
_USHORT: Final = Field(int, limit=2**16 - 1)
_UINT_NEEDED: Final = Field(int, required=True)


class Open(NamedTuple):
    """Opens the connection; times in milliseconds, sizes in bytes."""

    container_id: str
    hostname: str | None
    max_frame_size: int | None
    channel_max: int | None
    idle_time_out: int | None
    outgoing_locales: object
    incoming_locales: object
    offered_capabilities: object
    desired_capabilities: object
    properties: dict[Any, Any] | None


class Begin(NamedTuple):
    """Begins a session on the frame's channel."""

    remote_channel: int | None
    next_outgoing_id: int
    incoming_window: int
    outgoing_window: int
    handle_max: int | None
    offered_capabilities: object
    desired_capabilities: object
    properties: dict[Any, Any] | None


class Attach(NamedTuple):
    """Attaches a link; `role` is True where the client receives."""

    name: str
    handle: int
    role: bool
    snd_settle_mode: int | None
    rcv_settle_mode: int | None
    source: decode.Described | None
    target: decode.Described | None
    unsettled: dict[Any, Any] | None
    incomplete_unsettled: bool | None
    initial_delivery_count: int | None
    max_message_size: int | None
    offered_capabilities: object
    desired_capabilities: object
    properties: dict[Any, Any] | None


class Flow(NamedTuple):
    """Updates the session's windows and, with a handle, a link's credit."""

    next_incoming_id: int | None
    incoming_window: int
    next_outgoing_id: int
    outgoing_window: int
    handle: int | None
    delivery_count: int | None
    link_credit: int | None
    available: int | None
    drain: bool | None
    echo: bool | None
    properties: dict[Any, Any] | None


class Transfer(NamedTuple):
    """Carries a message or a part of one."""

    handle: int
    delivery_id: int | None
    delivery_tag: bytes | None
    message_format: int | None
    settled: bool | None
    more: bool | None
    rcv_settle_mode: int | None
    state: object
    resume: bool | None
    aborted: bool | None
    batchable: bool | None


class Disposition(NamedTuple):
    """Tells the state of deliveries."""

    role: bool
    first: int
    last: int | None
    settled: bool | None
    state: object
    batchable: bool | None


class Detach(NamedTuple):
    """Detaches a link."""

    handle: int
    closed: bool | None
    error: object


class End(NamedTuple):
    """Ends the session."""

    error: object


class Close(NamedTuple):
    """Closes the connection."""

    error: object


class SaslInit(NamedTuple):
    """Chooses a SASL mechanism."""

    mechanism: str
    initial_response: bytes | None
    hostname: str | None


type Performative = Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close | SaslInit


class _Layout(NamedTuple):
    make: Any
    fields: tuple[Field, ...]


_TEXT: Final = Field(str, required=True)
_TERMINUS: Final = Field(decode.Described)
_FLAG: Final = Field(bool, required=True)
_UBYTE: Final = Field(int, limit=255)
_MAP: Final = Field(dict)
_WINDOWS: Final = (_UINT_NEEDED, _UINT_NEEDED, _UINT_NEEDED)
_MODES: Final = (_UBYTE, _UBYTE)
_LINK_END: Final = (_MAP, _BOOL, _UINT, Field(int, limit=_ULONG_MAX), _ANY, _ANY, _MAP)

_BY_CODE: Final[dict[int, _Layout]] = {
    0x10: _Layout(Open, (_TEXT, Field(str), _UINT, _USHORT, _UINT, _ANY, _ANY, _ANY, _ANY, _MAP)),
    0x11: _Layout(Begin, (_USHORT, *_WINDOWS, _UINT, _ANY, _ANY, _MAP)),
    0x12: _Layout(Attach, (_TEXT, _UINT_NEEDED, _FLAG, *_MODES, _TERMINUS, _TERMINUS, *_LINK_END)),
    0x13: _Layout(Flow, (_UINT, *_WINDOWS, _UINT, _UINT, _UINT, _UINT, _BOOL, _BOOL, _MAP)),
    0x14: _Layout(
        Transfer,
        (_UINT_NEEDED, _UINT, Field(bytes), _UINT, _BOOL, _BOOL, _UBYTE, _ANY, _BOOL, _BOOL, _BOOL),
    ),
    0x15: _Layout(Disposition, (_FLAG, _UINT_NEEDED, _UINT, _BOOL, _ANY, _BOOL)),
    0x16: _Layout(Detach, (_UINT_NEEDED, _BOOL, _ANY)),
    0x17: _Layout(End, (_ANY,)),
    0x18: _Layout(Close, (_ANY,)),
    0x41: _Layout(SaslInit, (_TEXT, Field(bytes), Field(str))),
}


def parse(body: bytes) -> tuple[Performative, bytes]:
    """Decode a frame's body.

    Returns:
        The performative and the payload after it (empty but for transfers).

    Raises:
        DecodeError: it is no performative a client may send, or a field is missing or of the wrong type.
    """
    code, start = _descriptor(body)
    layout = _BY_CODE.get(code)
    if layout is None:
        raise DecodeError(f"performative 0x{code:02x} is not for a broker")
    values, end = decode.value_at(body, start)
    if not isinstance(values, list) or len(values) > len(layout.fields):
        raise DecodeError(f"{layout.make.__name__} needs a list of at most {len(layout.fields)} fields")
    values += [None] * (len(layout.fields) - len(values))
    _check(layout, values)
    return layout.make._make(values), body[end:]


def attach_termini(body: bytes) -> tuple[bytes, bytes]:
    """Give the encoded source and target of an attach frame's body, to be echoed as they came."""
    parts = skip.elements(body, _descriptor(body)[1])
    parts += [b"\x40"] * (7 - len(parts))
    return parts[5], parts[6]


def _descriptor(body: bytes) -> tuple[int, int]:
    # Numeric descriptors in one byte are what every known client sends.
    if len(body) > 3 and body[0] == _DESCRIBED and body[1] == _SMALL_ULONG:  # noqa: PLR2004 - bytes 0 to 3
        return body[2], 3
    if not body or body[0] != _DESCRIBED:
        raise DecodeError("a frame without a performative")
    code, end = decode.value_at(body, 1)
    if not isinstance(code, int):
        raise DecodeError("performatives are told apart by number here")
    return code, end


def _check(layout: _Layout, values: list[Any]) -> None:
    for index, field in enumerate(layout.fields):
        value = values[index]
        if value is None:
            if field.required:
                raise DecodeError(f"{layout.make.__name__}.{layout.make._fields[index]} is missing")
        elif not isinstance(value, field.kind) or (field.kind is int and not 0 <= value <= field.limit):
            raise DecodeError(f"{layout.make.__name__}.{layout.make._fields[index]} has the wrong type")
