"""Models and object store that cost next to nothing: `python -m bench.pipeline.fixed_services --models PORT ...`.

The local stand-ins draw every picture (half a second of CPU), and the object store answers in milliseconds of CPU:
under load they would be measured instead of the worker. So each kind of call is answered by the stand-in once, and
from then on with the same bytes after the asked latency, a pure sleep. Two calls are of the same kind when their
bodies differ in nothing but seeds and URLs.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import aiohttp
import uvloop
from aiohttp import web

from bench.serving import serve
from local.standins.chat_request import endpoint_of

_MAX_BODY = 64 * 1024 * 1024
# What differs between pages although the work is the same: an image's seed, the address of a photo.
_VARYING = re.compile(rb'"seed":\s*-?\d+|"(?:https?://|data:)[^"]*"')


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model, in seconds of the machine's clock (time.time)."""

    endpoint: str
    arrived: float
    answered: float


@dataclass(slots=True)
class Models:
    """The model services: recorded answers, latencies, and what was called when.

    Attributes:
        standin: base URL of the stand-in whose answers are recorded.
        latency: seconds by endpoint; what is not named answers at once.
    """

    standin: str
    latency: dict[str, float]
    calls: list[Call] = field(default_factory=list)
    recorded: dict[bytes, asyncio.Task[bytes]] = field(default_factory=dict)
    bodies: dict[bytes, tuple[str, Any]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a call as the stand-in answered the first of its kind."""
        arrived = time.time()
        body = await request.read()
        kind = hashlib.sha256(request.path.encode() + _VARYING.sub(b"", body)).digest()
        if kind not in self.recorded:
            parsed = json.loads(body)
            name = "images" if request.path.endswith("/generations") else endpoint_of(parsed)
            self.bodies[kind] = name, parsed
            self.recorded[kind] = asyncio.create_task(self._ask(request, body))
        endpoint = self.bodies[kind][0]
        content = await self.recorded[kind]
        await asyncio.sleep(max(0.0, arrived + self.latency.get(endpoint, 0.0) - time.time()))
        self.calls.append(Call(endpoint, arrived, time.time()))
        return web.Response(body=content, content_type="application/json")

    async def show(self, _: web.Request) -> web.Response:
        """Every call so far."""
        return web.json_response([[call.endpoint, call.arrived, call.answered] for call in self.calls])

    async def kinds(self, _: web.Request) -> web.Response:
        """The first body of each kind, with its endpoint."""
        return web.json_response(list(self.bodies.values()))

    async def forget(self, _: web.Request) -> web.Response:
        """Forget the calls; the answers stay recorded."""
        self.calls.clear()
        return web.Response(status=204)

    async def _ask(self, request: web.Request, body: bytes) -> bytes:
        headers = {"Authorization": request.headers["Authorization"], "Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.standin}{request.path}", data=body, headers=headers) as answer,
        ):
            answer.raise_for_status()
            return await answer.read()


@dataclass(slots=True)
class Objects:
    """An object store in memory, S3's PUT, GET and HEAD of an object; equal contents are kept once."""

    contents: dict[bytes, bytes] = field(default_factory=dict)
    keys: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    async def put(self, request: web.Request) -> web.Response:
        """Store an object."""
        content = await request.read()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        self.contents.setdefault(digest, content)
        self.keys[request.path] = digest, request.content_type
        return web.Response(headers={"ETag": f'"{digest.hex()}"'})

    async def get(self, request: web.Request) -> web.Response:
        """Read an object, or with HEAD what is known of it; a bucket itself is always there."""
        if request.path.count("/") == 1:
            return web.Response()
        found = self.keys.get(request.path)
        if found is None:
            return web.Response(status=404)
        headers = {"ETag": f'"{found[0].hex()}"', "Last-Modified": formatdate(usegmt=True)}
        return web.Response(body=self.contents[found[0]], content_type=found[1], headers=headers)


def models_app(models: Models) -> web.Application:
    """The model services' routes."""
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_post("/v1/chat/completions", models.answer)
    app.router.add_post("/v1/images/generations", models.answer)
    app.router.add_get("/_calls", models.show)
    app.router.add_delete("/_calls", models.forget)
    app.router.add_get("/_kinds", models.kinds)
    return app


def objects_app(objects: Objects) -> web.Application:
    """The object store's routes."""
    app = web.Application(client_max_size=_MAX_BODY)
    app.router.add_put("/{key:.+}", objects.put)
    app.router.add_get("/{key:.+}", objects.get)
    return app


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline.fixed_services", description=__doc__)
    parser.add_argument("--models", type=int, required=True, metavar="PORT")
    parser.add_argument("--objects", type=int, required=True, metavar="PORT")
    parser.add_argument("--standin", required=True, metavar="URL")
    parser.add_argument("--latency", type=json.loads, default={}, metavar="JSON", help="seconds by endpoint")
    return parser.parse_args()


def main() -> None:
    """Serve until killed."""
    options: Any = _parse()
    models = models_app(Models(options.standin, options.latency))
    uvloop.run(serve((models, options.models), (objects_app(Objects()), options.objects)))


if __name__ == "__main__":
    main()
