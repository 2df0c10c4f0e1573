"""A load generator in a process of its own: `python -m bench.submit.load` reads a JSON order from stdin.

32 connections that each send the next request when the last one is answered; prints {requests, seconds, statuses}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

import uvloop
from aiohttp import ClientSession, DummyCookieJar, TCPConnector


async def load(order: dict[str, Any]) -> dict[str, Any]:
    """Send requests over `connections` connections for `seconds`."""
    statuses: Counter[int] = Counter()
    body = json.dumps(order["body"], ensure_ascii=False).encode()
    connector = TCPConnector(limit=order["connections"])
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as session:
        began = time.perf_counter()
        ends = began + order["seconds"]

        async def one(headers: dict[str, str]) -> None:
            while time.perf_counter() < ends:
                async with session.post(order["url"], data=body, headers=headers) as answer:
                    await answer.read()
                    statuses[answer.status] += 1

        tokens = order["tokens"]
        await asyncio.gather(*(one(_headers(tokens[n % len(tokens)])) for n in range(order["connections"])))
        seconds = time.perf_counter() - began
    return {"requests": statuses.total(), "seconds": seconds, "statuses": dict(statuses)}


def _headers(token: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(load(json.load(sys.stdin)))))
