"""The SASL layer: who somebody claims to be is heard, and not verified.

Source: OASIS AMQP 1.0 part 5, section 5.3; MSSBCBS is Microsoft's name for "a token follows over $cbs".
"""

from __future__ import annotations

from typing import Final

from local.eventhubs import performatives, replies
from local.eventhubs.errors import ILLEGAL_STATE, AmqpConnectionError
from local.eventhubs.performatives import SaslInit

MECHANISMS: Final = ("MSSBCBS", "PLAIN", "ANONYMOUS")
_OK: Final = 0
_FAILED: Final = 1
_PLAIN_PARTS: Final = 3


def offer() -> bytes:
    """Encode the frame that offers the mechanisms."""
    return replies.sasl_mechanisms(MECHANISMS)


def answer(body: bytes) -> tuple[bytes, bool]:
    """Answer a client's choice.

    Returns:
        The encoded outcome, and whether it is success.

    Raises:
        AmqpConnectionError: the frame is no sasl-init.
    """
    init, _ = performatives.parse(body)
    if not isinstance(init, SaslInit):
        raise AmqpConnectionError(ILLEGAL_STATE, "sasl-init has to come first")
    accepted = _accepts(init)
    return replies.sasl_outcome(_OK if accepted else _FAILED), accepted


def _accepts(init: SaslInit) -> bool:
    if init.mechanism == "PLAIN":
        # RFC 4616: authorization identity, NUL, user, NUL, password.
        return len((init.initial_response or b"").split(b"\0")) == _PLAIN_PARTS
    return init.mechanism in MECHANISMS
