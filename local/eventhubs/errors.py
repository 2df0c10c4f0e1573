"""What can go wrong between a client and the broker, by how far it reaches.

AmqpError
|-- AmqpConnectionError     the byte stream cannot be trusted: close the connection
|   `-- DecodeError         not an AMQP value, or not the one this place needs
|-- AmqpSessionError        end the session
|-- AmqpLinkError           refuse or detach the link
`-- MessageRejectedError    settle this one delivery as rejected

Conditions: OASIS AMQP 1.0 part 2, section 2.8.15 onward; `com.microsoft:` as Event Hubs documents them.
"""

from __future__ import annotations

from typing import Final

from shared.errors import InvalidError

INTERNAL_ERROR: Final = "amqp:internal-error"
NOT_FOUND: Final = "amqp:not-found"
DECODE_ERROR: Final = "amqp:decode-error"
RESOURCE_LIMIT_EXCEEDED: Final = "amqp:resource-limit-exceeded"
NOT_ALLOWED: Final = "amqp:not-allowed"
INVALID_FIELD: Final = "amqp:invalid-field"
NOT_IMPLEMENTED: Final = "amqp:not-implemented"
ILLEGAL_STATE: Final = "amqp:illegal-state"
CONNECTION_FORCED: Final = "amqp:connection:forced"
FRAMING_ERROR: Final = "amqp:connection:framing-error"
WINDOW_VIOLATION: Final = "amqp:session:window-violation"
HANDLE_IN_USE: Final = "amqp:session:handle-in-use"
UNATTACHED_HANDLE: Final = "amqp:session:unattached-handle"
MESSAGE_SIZE_EXCEEDED: Final = "amqp:link:message-size-exceeded"
TRANSFER_LIMIT_EXCEEDED: Final = "amqp:link:transfer-limit-exceeded"
LINK_STOLEN: Final = "amqp:link:stolen"
ARGUMENT_ERROR: Final = "com.microsoft:argument-error"


class AmqpError(InvalidError):
    """A fault that is told to the peer as condition and description.

    Args:
        condition: the symbol the peer acts on, one of this module's constants.
        description: what happened, for people.
    """

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(description, code=condition)
        self.condition = condition
        self.description = description


class AmqpConnectionError(AmqpError):
    """The connection cannot go on."""


class DecodeError(AmqpConnectionError):
    """Bytes that are no AMQP value, or a value of the wrong type."""

    def __init__(self, description: str) -> None:
        super().__init__(DECODE_ERROR, description)


class AmqpSessionError(AmqpError):
    """The session cannot go on; the connection can."""


class AmqpLinkError(AmqpError):
    """The link is refused or ends; its session can go on."""


class MessageRejectedError(AmqpError):
    """One message is not taken; its link can go on."""
