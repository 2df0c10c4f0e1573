"""Storage queues in memory: `python -m bench.embeddings.memory_queue PORT`.

Azurite writes every message, delivery and deletion to its files and answers one request after the other: with 32
messages at once it would be measured instead of the worker. Of the REST API
(https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api) this answers what a sender and the
functions host need; queues are there as soon as they are named.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from email.utils import formatdate
from itertools import count
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import uvloop
from aiohttp import web

from bench.serving import serve

_WEEK = 7 * 86400


@dataclass(slots=True)
class Held:
    """A message of a queue: its text, when it can be taken, how often it was."""

    text: str
    visible: float
    taken: int = 0
    receipt: int = 0


type Queue = dict[str, Held]


class Queues:
    """Every queue by its name, answered over HTTP."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, Queue] = defaultdict(dict)
        self._numbers = count(1)

    def app(self) -> web.Application:
        """The service."""
        app = web.Application(client_max_size=1 << 20)
        queue = "/{account}/{queue}"
        app.router.add_put(queue, self._create)
        app.router.add_get(queue, self._count)
        app.router.add_post(f"{queue}/messages", self._put)
        app.router.add_get(f"{queue}/messages", self._get)
        app.router.add_put(f"{queue}/messages/{{id}}", self._hide)
        app.router.add_delete(f"{queue}/messages/{{id}}", self._delete)
        return app

    async def _create(self, request: web.Request) -> web.Response:
        _ = self._queues[request.match_info["queue"]]
        return web.Response(status=204)

    async def _count(self, request: web.Request) -> web.Response:
        length = len(self._queues[request.match_info["queue"]])
        return web.Response(headers={"x-ms-approximate-messages-count": str(length)})

    async def _put(self, request: web.Request) -> web.Response:
        text = ET.fromstring(await request.read()).findtext("MessageText", "")  # noqa: S314  our own sender's
        number = f"00000000-0000-4000-8000-{next(self._numbers):012d}"
        held = Held(text, time.time() + float(request.query.get("visibilitytimeout", "0")))
        self._queues[request.match_info["queue"]][number] = held
        return _xml(201, [_message(number, held, body=False)])

    async def _get(self, request: web.Request) -> web.Response:
        now, most = time.time(), int(request.query.get("numofmessages", "1"))
        peek = request.query.get("peekonly") == "true"
        found: list[str] = []
        for number, held in self._queues[request.match_info["queue"]].items():
            if len(found) == most:
                break
            if held.visible <= now and peek:
                found.append(_message(number, held, body=True))
            elif held.visible <= now:
                held.visible = now + float(request.query.get("visibilitytimeout", "30"))
                held.taken += 1
                held.receipt = next(self._numbers)
                found.append(_message(number, held, body=True))
        return _xml(200, found)

    async def _hide(self, request: web.Request) -> web.Response:
        held = self._held(request)
        held.visible = time.time() + float(request.query["visibilitytimeout"])
        held.receipt = next(self._numbers)
        return web.Response(status=204, headers={"x-ms-popreceipt": str(held.receipt)})

    async def _delete(self, request: web.Request) -> web.Response:
        self._held(request)
        del self._queues[request.match_info["queue"]][request.match_info["id"]]
        return web.Response(status=204)

    def _held(self, request: web.Request) -> Held:
        held = self._queues[request.match_info["queue"]].get(request.match_info["id"])
        if held is None or str(held.receipt) != request.query.get("popreceipt"):
            raise web.HTTPNotFound(headers={"x-ms-error-code": "MessageNotFound"})
        return held


def _message(number: str, held: Held, *, body: bool) -> str:
    now = time.time()
    text = f"<DequeueCount>{held.taken}</DequeueCount><MessageText>{escape(held.text)}</MessageText>"
    return (
        f"<QueueMessage><MessageId>{number}</MessageId>"
        f"<InsertionTime>{formatdate(now, usegmt=True)}</InsertionTime>"
        f"<ExpirationTime>{formatdate(now + _WEEK, usegmt=True)}</ExpirationTime>"
        f"<PopReceipt>{held.receipt}</PopReceipt>"
        f"<TimeNextVisible>{formatdate(held.visible, usegmt=True)}</TimeNextVisible>"
        f"{text if body else ''}</QueueMessage>"
    )


def _xml(status: int, messages: list[str]) -> web.Response:
    text = f'<?xml version="1.0" encoding="utf-8"?><QueueMessagesList>{"".join(messages)}</QueueMessagesList>'
    headers = {"x-ms-request-id": "0", "x-ms-version": "2024-08-04"}
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)


if __name__ == "__main__":
    uvloop.run(serve((Queues().app(), int(sys.argv[1]))))
