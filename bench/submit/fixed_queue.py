"""A storage queue that takes messages and forgets them: `python -m bench.submit.fixed_queue PORT`.

Azurite takes some 400 messages a second and would be measured instead of the function app. Of the REST API
(https://learn.microsoft.com/rest/api/storageservices/put-message) it answers what a sender needs.
"""

from __future__ import annotations

import sys
from itertools import count

import uvloop
from aiohttp import web

from bench.serving import serve

_ANSWER = (
    '<?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage>'
    "<MessageId>00000000-0000-4000-8000-{:012d}</MessageId>"
    "<InsertionTime>Fri, 20 Nov 2026 09:00:00 GMT</InsertionTime>"
    "<ExpirationTime>Fri, 27 Nov 2026 09:00:00 GMT</ExpirationTime><PopReceipt>AgAAAAMAAAA=</PopReceipt>"
    "<TimeNextVisible>Fri, 20 Nov 2026 09:00:00 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>"
)


def queue_app() -> web.Application:
    """POST takes a message, GET says how many there were."""
    numbers = count(1)
    taken = [0]

    async def take(request: web.Request) -> web.Response:
        await request.read()
        taken[0] = next(numbers)
        headers = {"x-ms-request-id": str(taken[0]), "x-ms-version": "2024-08-04"}
        return web.Response(
            status=201, text=_ANSWER.format(taken[0]), content_type="application/xml", headers=headers
        )

    async def show(_: web.Request) -> web.Response:
        return web.json_response({"taken": taken[0]})

    app = web.Application()
    app.router.add_post("/{account}/{queue}/messages", take)
    app.router.add_get("/_taken", show)
    return app


if __name__ == "__main__":
    uvloop.run(serve((queue_app(), int(sys.argv[1]))))
