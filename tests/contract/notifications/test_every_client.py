"""Every client people use, on a real relay whose streams end after two seconds: nothing lost, doubled or changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from notifications.eventhubs import EventHubSender
from shared.auth import issue_ticket
from tests.contract.eventhubs.stand_in import StandIn
from tests.contract.notifications.followers import (
    Follower,
    browser_eventsource,
    browser_stream_js,
    evaluate,
    httpx_sse,
    npm_eventsource,
    stream_js,
    stream_py,
    texts,
)
from tests.contract.notifications.naughty import NAUGHTY
from tests.contract.notifications.relay_process import SECRET, RelayProcess, body, running_issuer, token
from tests.integration.templates.browser import Pages, Tab, browsing, serving
from tests.unit.notifications.relay_support import until

ROUNDS = 2  # how often each text is sent; with the streams' ends in between


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    async with serving() as served:
        yield served


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browsing(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture
def relay(broker: StandIn, pages: Pages) -> Iterator[RelayProcess]:
    """A relay that the pages' origin may read."""
    settings = {
        "RELAY_LIFETIME_SECONDS": "2",
        "RELAY_LIFETIME_JITTER_SECONDS": "0.2",
        "CORS_ORIGINS": pages.url,
    }
    with running_issuer() as issuer:
        running = RelayProcess(broker, issuer, **settings)
        running.start()
        yield running
        running.stop()


def ticket_url(relay: RelayProcess, user: str) -> str:
    """What a page asks its server for, and opens."""
    ticket = issue_ticket(user, SECRET, expires_at=time.time() + 600)
    return f"{relay.url}/api/notifications/stream/{user}?ticket={ticket}"


@pytest.mark.timeout(180)
async def test_naughty_text_reaches_every_client_identical(
    relay: RelayProcess, sender: EventHubSender, pages: Pages, tab: Tab
) -> None:
    """Whatever text an event holds, the browser's EventSource and the others get it once, in order, unchanged."""
    await tab.visit(pages.add("<p>", {}), touch=False)
    url = f"{relay.url}/api/notifications/stream/u"
    async with AsyncExitStack() as stack:
        clients: dict[str, Follower] = {
            "browser": await stack.enter_async_context(browser_eventsource(tab, ticket_url(relay, "u"))),
            "npm, ticket": await stack.enter_async_context(npm_eventsource(ticket_url(relay, "u"))),
            "npm, token": await stack.enter_async_context(npm_eventsource(url, token("u"))),
            "stream.js": await stack.enter_async_context(stream_js(url, token("u"))),
            "stream.py": await stack.enter_async_context(stream_py(url, token("u"))),
            "httpx-sse": await stack.enter_async_context(httpx_sse(url, token("u"))),
        }
        sent: list[str] = []
        for text in NAUGHTY * ROUNDS:
            sent.append(text)
            await sender.send([("u", body("u", len(sent), text=text))])
            await asyncio.sleep(0.01)
        for name, client in clients.items():
            assert texts(await client.until(len(sent))) == sent, name
        assert await evaluate(tab, "states.filter((state) => state === 'open').length") > 1


async def test_stream_js_in_a_browser(
    relay: RelayProcess, sender: EventHubSender, pages: Pages, tab: Tab
) -> None:
    """On a page of a configured origin, with its token in a header: over the ends of streams nothing is missing."""
    await tab.visit(pages.add("<p>", {}), touch=False)
    url = f"{relay.url}/api/notifications/stream/u"
    async with browser_stream_js(tab, url, token("u")) as client:
        for number in range(40):
            await sender.send([("u", body("u", number + 1, text=NAUGHTY[number]))])
            await asyncio.sleep(0.1)
        assert texts(await client.until(40)) == list(NAUGHTY[:40])


async def test_a_page_of_another_origin_reads_nothing(
    relay: RelayProcess, sender: EventHubSender, tab: Tab
) -> None:
    """The browser itself keeps a page whose origin is not configured from the stream, ticket or not."""
    async with serving() as others:
        await tab.visit(others.add("<p>", {}), touch=False)
        async with browser_eventsource(tab, ticket_url(relay, "u")) as follower:
            await sender.send([("u", body("u", 1, text="x"))])

            async def given_up() -> bool:
                return 2 in await evaluate(tab, "states")  # EventSource.CLOSED: it will not try again

            await until(given_up)
            assert follower.got == []
