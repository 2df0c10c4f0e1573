"""Clients of a stream, each as its users have it, all giving what they got as [last event id, type, CloudEvent]."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import httpx
from httpx_sse import aconnect_sse

from shared.events import EventType
from tests.contract.notifications.relay_process import ROOT
from tests.integration.templates.browser import Tab
from tests.unit.notifications.relay_support import until

type Got = list[tuple[str, str, dict[str, Any]]]

_NPM = (ROOT / "local/node_modules/eventsource/dist/index.js").as_uri()
_OURS = (ROOT / "notifications/clients/stream.js").as_uri()
TYPES = json.dumps([kind.value for kind in EventType])
# Node exits when the process is ended from outside; each line is one event.
_NPM_SCRIPT = f"""
import {{ EventSource }} from "{_NPM}";
const headers = process.env.STREAM_TOKEN ? {{ Authorization: `Bearer ${{process.env.STREAM_TOKEN}}` }} : {{}};
const source = new EventSource(process.argv[1], {{
  fetch: (input, init) => fetch(input, {{ ...init, headers: {{ ...init.headers, ...headers }} }}),
}});
for (const type of {TYPES}) source.addEventListener(type, (event) =>
  console.log(JSON.stringify([event.lastEventId, event.type, JSON.parse(event.data)])));
"""
_OUR_SCRIPT = f"""
import {{ openStream }} from "{_OURS}";
const stream = openStream({{
  url: process.argv[1], getToken: async () => process.env.STREAM_TOKEN,
  onEvent: (event) => console.log(JSON.stringify([stream.lastEventId, event.type, event])),
  onReset: (reason) => console.log(JSON.stringify([stream.lastEventId, "reset", {{ data: {{ reason }} }}])),
}});
"""
_BROWSER_SCRIPT = """
(() => {
  globalThis.got = [];
  globalThis.states = [];
  globalThis.source = new EventSource(%s);
  source.onopen = () => states.push("open");
  source.onerror = () => states.push(source.readyState);
  const take = (event) => got.push([event.lastEventId, event.type, event.data]);
  for (const type of %s) source.addEventListener(type, take);
})()
"""

# The module's own source, as a page's bundle would hold it.
_BROWSER_MODULE = """
(async () => {
  const text = new Blob([%s], { type: "text/javascript" });
  const { openStream } = await import(URL.createObjectURL(text));
  globalThis.got = [];
  globalThis.source = openStream({
    url: %s, getToken: async () => %s,
    onEvent: (event) => got.push([source.lastEventId, event.type, JSON.stringify(event)]),
  });
})()
"""


class Follower:
    """A client that is at work."""

    def __init__(self) -> None:
        self.got: Got = []

    async def until(self, count: int, within: float = 40) -> Got:
        """Wait for so many events; all there are."""
        await until(lambda: len(self.got) >= count, within)
        return self.got


@contextlib.asynccontextmanager
async def in_node(url: str, token: str, script: str) -> AsyncIterator[Follower]:
    """A client that is a script."""
    command = ["node", "--input-type=module", "-e", script, url]
    async with _printing(command, token) as follower:
        yield follower


def npm_eventsource(url: str, token: str = "") -> contextlib.AbstractAsyncContextManager[Follower]:
    """The npm package `eventsource`, with a token by its `fetch` option or with the URL alone."""
    return in_node(url, token, _NPM_SCRIPT)


def stream_js(url: str, token: str) -> contextlib.AbstractAsyncContextManager[Follower]:
    """notifications/clients/stream.js in Node."""
    return in_node(url, token, _OUR_SCRIPT)


@contextlib.asynccontextmanager
async def stream_py(url: str, token: str) -> AsyncIterator[Follower]:
    """notifications/clients/stream.py as a command."""
    command = [sys.executable, str(ROOT / "notifications/clients/stream.py"), url]
    async with _printing(command, token, bare=True) as follower:
        yield follower


@contextlib.asynccontextmanager
async def httpx_sse(url: str, token: str) -> AsyncIterator[Follower]:
    """httpx-sse, coming back with the last id as its users must do themselves."""
    follower = Follower()

    async def read(client: httpx.AsyncClient, last_id: str) -> str:
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last_id} if last_id else {})
        async with aconnect_sse(client, "GET", url, headers=headers) as source:
            source.response.raise_for_status()
            async for event in source.aiter_sse():
                last_id = event.id
                follower.got.append((event.id, event.event, event.json()))
        return last_id

    async def follow() -> None:
        last_id = ""
        async with httpx.AsyncClient(timeout=40) as client:
            while True:
                with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
                    last_id = await read(client, last_id)
                last_id = follower.got[-1][0] if follower.got else last_id
                await asyncio.sleep(0.05)

    async with _running(follow()):
        yield follower


@contextlib.asynccontextmanager
async def browser_eventsource(tab: Tab, url: str) -> AsyncIterator[Follower]:
    """Chromium's EventSource on the page that the tab shows."""
    async with _in_browser(tab, _BROWSER_SCRIPT % (json.dumps(url), TYPES)) as follower:
        yield follower


@contextlib.asynccontextmanager
async def browser_stream_js(tab: Tab, url: str, token: str) -> AsyncIterator[Follower]:
    """notifications/clients/stream.js on the page that the tab shows."""
    text = (ROOT / "notifications/clients/stream.js").read_text("utf-8")
    async with _in_browser(
        tab, _BROWSER_MODULE % (json.dumps(text), json.dumps(url), json.dumps(token))
    ) as follower:
        yield follower


async def evaluate(tab: Tab, expression: str) -> Any:
    """The value of an expression on the tab's page."""
    told = await tab.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
    assert "exceptionDetails" not in told["result"], told
    return told["result"]["result"].get("value")


@contextlib.asynccontextmanager
async def _in_browser(tab: Tab, script: str) -> AsyncIterator[Follower]:
    """A client that a script leaves in `source`, with what it has got in `got`."""
    follower = Follower()
    await evaluate(tab, script)

    async def look() -> None:
        while True:
            for last_id, kind, data in await evaluate(tab, "got.splice(0)"):
                follower.got.append((last_id, kind, json.loads(data)))
            await asyncio.sleep(0.1)

    async with _running(look()):
        yield follower
    await evaluate(tab, "source.close()")


@contextlib.asynccontextmanager
async def _printing(command: Sequence[str], token: str, *, bare: bool = False) -> AsyncIterator[Follower]:
    """A process that prints a line of JSON for each event; `bare`: the CloudEvent alone."""
    follower = Follower()
    process = await asyncio.create_subprocess_exec(
        *command,
        env={"PATH": os.environ["PATH"], "STREAM_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    assert process.stdout is not None
    output = process.stdout

    async def read() -> None:
        async for line in output:
            told = json.loads(line)
            follower.got.append(("", told["type"], told) if bare else (told[0], told[1], told[2]))

    try:
        async with _running(read()):
            yield follower
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        done = task.done()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task  # raises what ended it
        assert not done, "the client ended by itself"


def texts(got: Got) -> list[Any]:
    """The text each event carried."""
    return [event["data"]["text"] for _, _, event in got]


def ids(got: Got) -> Iterable[str]:
    """The last event ids, in the order they came."""
    return [last_id for last_id, _, _ in got]
