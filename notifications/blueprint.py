"""Tickets for clients that cannot set headers, and messages from the operators to a seller."""

from __future__ import annotations

import time
from typing import Annotated
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from bootstrap import App, app
from generation.fields import JsonObject, Text
from notifications import outbox
from shared.auth import TICKET_SECONDS, issue_ticket
from shared.blueprint import Endpoints
from shared.events import Event, EventType
from shared.http import Call, Reply, reply
from shared.times import now

endpoints = Endpoints(app)


class Message(BaseModel):
    """POST /generation/message: what the seller's stream shows as an event of type `message`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: Annotated[Text, Field(min_length=1, max_length=256)]
    type: Annotated[Text, Field(min_length=1, max_length=100)]
    data: JsonObject


async def ticket(root: App, call: Call) -> Reply:
    """A ticket for `?ticket=` on the stream, good for a minute and for the caller's own stream."""
    secret = root.auth.ticket_secret.get_secret_value()
    issued = issue_ticket(call.user, secret, expires_at=call.expires_at)
    expires_in = max(0, int(min(TICKET_SECONDS, call.expires_at - time.time())))
    return reply({"ticket": issued, "expires_in": expires_in}, headers={"Cache-Control": "no-store"})


async def message(root: App, call: Call) -> Reply:
    """Send a message to a seller's stream; for admins."""
    call.require_role("admin")
    body = call.model(Message, root.web.max_body)
    told = {"type": body.type, "data": body.data}
    event = Event(str(uuid4()), body.user_id, EventType.MESSAGE, None, now(), told, call.traceparent)
    await root.database.run(lambda cursor: outbox.add(cursor, event))
    root.publisher.notify(outbox.stream_of(event))
    return reply({"event_id": event.event_id}, 202)


endpoints.route("ticket", "notifications/ticket", post=ticket)
endpoints.route("message", "generation/message", post=message)
