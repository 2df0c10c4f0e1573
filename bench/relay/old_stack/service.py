"""Streams as a FastAPI service has them: sse-starlette on uvicorn, a queue for each connection.

Events come over a plain socket as in bench/relay/edge.py. Left out, in its favour: authentication, replay, resume,
limits on queues and users.
"""

import asyncio
import contextlib
import os
import struct
from collections.abc import AsyncIterator

import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

LENGTH = struct.Struct(">I")
queues: dict[str, set[asyncio.Queue[ServerSentEvent]]] = {}


async def stream(request: Request) -> EventSourceResponse:
    """A user's events from now on."""
    return EventSourceResponse(events(request.path_params["user_id"]), ping=15)


async def events(user_id: str) -> AsyncIterator[ServerSentEvent]:
    """What arrives for a user."""
    queue: asyncio.Queue[ServerSentEvent] = asyncio.Queue()
    queues.setdefault(user_id, set()).add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        queues[user_id].discard(queue)


async def feed(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take events from one connection, as much as has arrived at a time."""
    await reader.readexactly(1)
    held = b""
    while data := await reader.read(64 * 1024):
        held += data
        start = 0
        while len(held) - start >= LENGTH.size:
            end = start + LENGTH.size + LENGTH.unpack_from(held, start)[0]
            if end > len(held):
                break
            pass_on(held[start + LENGTH.size : end])
            start = end
        held = held[start:]


def pass_on(body: bytes) -> None:
    """Give an event to the user's connections."""
    envelope = orjson.loads(body)
    message = ServerSentEvent(body.decode(), event=envelope["type"], id=envelope["id"])
    for queue in queues.get(envelope["userid"], ()):
        queue.put_nowait(message)


async def ready(_: Request) -> PlainTextResponse:
    """Answers when it serves."""
    return PlainTextResponse("ready")


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Listen for events while the service runs."""
    async with await asyncio.start_server(feed, "127.0.0.1", int(os.environ["FEED_PORT"])):
        yield


app = Starlette(routes=[Route("/readyz", ready), Route("/stream/{user_id}", stream)], lifespan=lifespan)
