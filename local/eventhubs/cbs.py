"""The $cbs node: tokens are taken, and not verified: this broker listens on the machine itself only.

Source: OASIS AMQP claims-based security 1.0 draft; `put-token` as Event Hubs documents it.
"""

from __future__ import annotations

from local.eventhubs.errors import NOT_IMPLEMENTED
from local.eventhubs.requests import ACCEPTED, BAD_REQUEST, Reply, Request


def answer(request: Request) -> Reply:
    """Answer a put-token: 202 for any token with an audience, 400 for anything else."""
    if request.arguments.get("operation") != "put-token":
        return Reply(BAD_REQUEST, "only put-token is known here", condition=NOT_IMPLEMENTED)
    if not request.arguments.get("name") or not isinstance(request.value, str) or not request.value:
        return Reply(BAD_REQUEST, "put-token needs a token and the name it is for")
    return Reply(ACCEPTED, "Accepted")
