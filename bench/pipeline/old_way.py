"""The same page as the service before this one made it: `python -m bench.pipeline.old_way` reads an order from stdin.

The calls that our page makes, one after the other, with both SDKs' default clients, each picture stored before the next
call; nothing else (no steps kept, no events, no queue). Prints {seconds, cpu}.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any

import aiohttp
from openai import AsyncOpenAI
from together import AsyncTogether


async def make_page(order: dict[str, Any]) -> dict[str, float]:
    """Make the order's text calls, then its pictures; wall and CPU seconds without the clients' building."""
    text = AsyncOpenAI(api_key="local", base_url=f"{order['models_url']}/v1")
    images = AsyncTogether(api_key="local", base_url=order["models_url"])
    async with aiohttp.ClientSession() as store:
        began, cpu = time.perf_counter(), time.process_time()
        for body in order["chats"]:
            completion = await text.chat.completions.create(**body)
            json.loads(completion.choices[0].message.content or "{}")
        for number, body in enumerate(order["images"]):
            answer = await images.images.generate(**body)
            picture = base64.b64decode(getattr(answer.data[0], "b64_json", None) or "")
            async with store.put(f"{order['objects_url']}/old/{number}.jpg", data=picture) as stored:
                stored.raise_for_status()
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    await text.close()
    await images.close()
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(make_page(json.load(sys.stdin)))))
