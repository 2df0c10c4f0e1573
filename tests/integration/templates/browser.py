"""Headless Chromium over its DevTools protocol, and a server of the pages it opens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

_NAMES = ("chromium", "chromium-browser", "google-chrome")
PICTURE = "/picture"  # the one address a page may ask for
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-dev-shm-usage", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", "about:blank",
)  # fmt: skip
# Everything a reader could do to a page, to every element at once; then turns of the event loop, in which handlers run.
_TOUCH = """
(async () => {
  for (const one of document.querySelectorAll('*')) {
    for (const kind of ['mouseover', 'mouseenter', 'click', 'focus', 'toggle', 'error', 'load', 'animationend',
                        'beforetoggle', 'pointerover', 'wheel', 'input', 'submit', 'scroll', 'copy', 'start']) {
      one.dispatchEvent(new Event(kind, {bubbles: true}));
    }
    if (one.tagName === 'A' || one.tagName === 'BUTTON' || one.tagName === 'INPUT') one.click();
  }
  for (let n = 0; n < 3; n++) await new Promise(done => setTimeout(done));
})()
"""


def chromium() -> str:
    """Its path; without it the test is left out, but in CI it fails."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("CI needs chromium: sh local/setup-browser.sh")
    if found is None:
        pytest.skip("no chromium here: sh local/setup-browser.sh")
    return found


@dataclass
class Pages:
    """Documents served at /page/N, and the paths of all other requests."""

    url: str = ""
    documents: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)

    def add(self, html: str, headers: Mapping[str, str]) -> str:
        """The address of a new document."""
        self.documents.append((html, headers))
        return f"{self.url}/page/{len(self.documents) - 1}"

    async def answer(self, request: web.Request) -> web.Response:
        """A document, or 404 for what nobody should ask for."""
        number = request.path.removeprefix("/page/")
        if number.isdecimal():
            html, headers = self.documents[int(number)]
            kind = {"Content-Type": "text/html; charset=utf-8"}
            return web.Response(body=html.encode(), headers={**headers, **kind})
        if request.path not in {"/favicon.ico", PICTURE}:
            self.hits.append(request.path)
        return web.Response(status=404)


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Pages]:
    """A server of pages on a free port."""
    pages = Pages()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pages.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pages.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield pages
    finally:
        await runner.cleanup()


class Tab:
    """One tab; `seen` holds what a harmless page never does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self._at = ""
        self.seen: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def visit(self, url: str, *, touch: bool = True) -> list[str]:
        """What happened on a page while it loaded and, by script where it may run any, was touched all over."""
        self.seen, self._at = [], url
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        try:
            async with asyncio.timeout(10):
                await self._loaded.wait()
            if touch:
                await self.call("Runtime.evaluate", expression=_TOUCH, awaitPromise=True)
        except TimeoutError:
            self.seen.append("stuck")  # it went away under our hands
        return self.seen

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command and its answer, an error as well."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        async with asyncio.timeout(10):
            told: dict[str, Any] = await answer
        return told

    async def close(self) -> None:
        """Stop reading."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                answer = self._answers.pop(told["id"])
                if not answer.done():  # its caller may have given up
                    answer.set_result(told)
            else:
                await self._noted(told["method"], told["params"])

    async def _noted(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded.set()
            case "Page.javascriptDialogOpening":
                self.seen.append(f"dialog {params['message']}")
                self._number += 1  # nobody waits for the answer
                self._answers[self._number] = asyncio.get_running_loop().create_future()
                command = {
                    "id": self._number,
                    "method": "Page.handleJavaScriptDialog",
                    "params": {"accept": True},
                }
                await self._socket.send_json(command)
            case "Runtime.consoleAPICalled":
                self.seen.append("console")
            case "Page.frameRequestedNavigation" | "Page.windowOpen":
                self.seen.append(f"{method} {params.get('url')}")
            case "Network.requestWillBeSent":
                url = params["request"]["url"]
                if url != self._at and not url.endswith("/favicon.ico"):
                    self.seen.append(f"request {params.get('type')} {url}")


@contextlib.asynccontextmanager
async def browsing(profile: Path) -> AsyncIterator[Tab]:
    """A browser of its own, ended and waited for afterwards."""
    process = await asyncio.create_subprocess_exec(
        chromium(),
        f"--user-data-dir={profile}",
        *_FLAGS,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        port = await _port(profile / "DevToolsActivePort", process)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                listed = await answer.json()
            url = next(one["webSocketDebuggerUrl"] for one in listed if one["type"] == "page")
            async with session.ws_connect(url, max_msg_size=0) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Network", "Runtime"):
                    await tab.call(f"{domain}.enable")
                yield tab
                await tab.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _port(path: Path, process: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
                return int(path.read_text().splitlines()[0])  # noqa: ASYNC240  a few bytes, once
            assert process.returncode is None, "chromium ended"
            await asyncio.sleep(0.05)
