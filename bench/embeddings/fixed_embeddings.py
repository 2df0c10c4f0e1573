"""An embeddings endpoint that costs next to nothing: `python -m bench.embeddings.fixed_embeddings --port PORT ...`.

The stand-in computes each vector (half a millisecond of CPU), so under load it would be measured instead of the
worker. Here vectors are drawn once, by chance, and a text gets one of them by its digest; the latency is a pure sleep.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import math
import random
import time
import zlib
from array import array
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvloop
from aiohttp import web

from bench.serving import serve

_DIMENSIONS = 1536
_VECTORS = 512


@dataclass(slots=True)
class Embeddings:
    """The endpoint and what it was asked.

    Attributes:
        latency: seconds from a call's arrival to its answer.
        calls: of each call how many texts it held, when it arrived and when it was answered (time.time).
    """

    latency: float
    vectors: list[bytes]
    calls: list[tuple[int, float, float]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """POST /v1/embeddings, vectors as base64."""
        arrived = time.time()
        texts = orjson.loads(await request.read())["input"]
        items = [
            b'{"object":"embedding","index":%d,"embedding":"%s"}' % (index, self._vector(text))
            for index, text in enumerate(texts)
        ]
        used = b'{"prompt_tokens":%d,"total_tokens":%d}' % (len(texts), len(texts))
        body = b'{"object":"list","data":[%s],"model":"fixed","usage":%s}' % (b",".join(items), used)
        await asyncio.sleep(max(0.0, arrived + self.latency - time.time()))
        self.calls.append((len(texts), arrived, time.time()))
        return web.Response(body=body, content_type="application/json")

    async def change(self, request: web.Request) -> web.Response:
        """Take another latency from now on: {"latency": seconds}."""
        self.latency = float(orjson.loads(await request.read())["latency"])
        return web.Response(status=204)

    async def show(self, _: web.Request) -> web.Response:
        """Every call since the last time they were forgotten."""
        return web.json_response(self.calls)

    async def forget(self, _: web.Request) -> web.Response:
        """Forget the calls."""
        self.calls.clear()
        return web.Response(status=204)

    def _vector(self, text: str) -> bytes:
        return self.vectors[zlib.crc32(text.encode()) % len(self.vectors)]


def drawn_vectors(count: int = _VECTORS) -> list[bytes]:
    """Unit vectors as the API sends them: base64 of little-endian float32."""
    source = random.Random(1)
    found = []
    for _ in range(count):
        values = [source.gauss(0, 1) for _ in range(_DIMENSIONS)]
        length = math.hypot(*values)
        found.append(base64.b64encode(array("f", [value / length for value in values]).tobytes()))
    return found


def application(embeddings: Embeddings) -> web.Application:
    """The service."""
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_post("/v1/embeddings", embeddings.answer)
    app.router.add_put("/_latency", embeddings.change)
    app.router.add_get("/_calls", embeddings.show)
    app.router.add_delete("/_calls", embeddings.forget)
    return app


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m bench.embeddings.fixed_embeddings", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    options: Any = parser.parse_args()
    uvloop.run(serve((application(Embeddings(0.0, drawn_vectors())), options.port)))


if __name__ == "__main__":
    main()
