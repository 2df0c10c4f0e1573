"""The stream of the real stack, from POST to every kind of client, held against its two specifications."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.contract.notifications.followers import (
    Follower,
    browser_eventsource,
    evaluate,
    httpx_sse,
    npm_eventsource,
    stream_js,
    stream_py,
)
from tests.integration.templates.browser import Tab, browsing
from tests.stack import PRODUCT, RunningStack
from tests.unit.notifications import test_asyncapi, test_cloudevents
from tests.unit.notifications.relay_support import until

TERMINAL = {"task.completed", "task.failed", "task.cancelled"}


def tasks_of(follower: Follower) -> dict[str, list[dict[str, Any]]]:
    """The CloudEvents that a client has got, by task; messages under an empty name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _, kind, event in follower.got:
        assert event["type"] == kind
        found.setdefault(event.get("subject", ""), []).append(event)
    return found


async def accepted(api: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """POST; the 202's body."""
    answer = await asyncio.to_thread(api.post, path, json=body)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def make_events(stack: RunningStack, api: httpx.Client, user: str) -> list[str]:
    """A page that gets made, a page that fails, an order that is cancelled, a message: the tasks' ids."""
    page = await accepted(api, "/generation/display-list", product=PRODUCT, options={"images": 0})
    failing = await accepted(
        api, "/generation/display-list", product_id="S-nobody-knows", options={"images": 0}
    )
    cancelled = await accepted(api, "/generation/display-list", product=PRODUCT, options={"images": 0})
    await asyncio.to_thread(api.post, f"/generation/tasks/{cancelled['task_id']}/cancel")
    with stack.api("operator", "admin") as admin:
        await accepted(
            admin, "/generation/message", user_id=user, type="notice", data={"text": "점검 안내\u2028"}
        )
    return [told["task_id"] for told in (page, failing, cancelled)]


async def test_every_client_sees_the_same_true_story(
    stack: RunningStack, api: httpx.Client, user: str, tmp_path: Path
) -> None:
    """Chromium's EventSource and npm's by ticket, stream.js, stream.py and httpx-sse by token: all the same events.

    Each is a CloudEvent by the specification's schema and one of docs/asyncapi.yaml.
    """
    url = f"{stack.facts['relay_urls'][0]}/api/notifications/stream/{user}"
    token = api.headers["Authorization"].removeprefix("Bearer ")

    def ticket_url() -> str:
        return f"{url}?ticket={api.post('/notifications/ticket').json()['ticket']}"

    async with browsing(tmp_path / "profile") as tab, AsyncExitStack() as clients:
        await page_of_the_relay(tab, stack)
        followers: dict[str, Follower] = {
            "browser": await clients.enter_async_context(browser_eventsource(tab, ticket_url())),
            "npm": await clients.enter_async_context(npm_eventsource(ticket_url())),
            "stream.js": await clients.enter_async_context(stream_js(url, token)),
            "stream.py": await clients.enter_async_context(stream_py(url, token)),
            "httpx-sse": await clients.enter_async_context(httpx_sse(url, token)),
        }
        tasks = await make_events(stack, api, user)

        def all_told(follower: Follower) -> bool:
            seen = tasks_of(follower)
            ended = [task for task in tasks if seen.get(task) and seen[task][-1]["type"] in TERMINAL]
            return len(ended) == len(tasks) and "" in seen

        for follower in followers.values():
            await until(partial(all_told, follower), within=60)
    stories = {name: tasks_of(follower) for name, follower in followers.items()}
    first = stories["browser"]
    for name, story in stories.items():
        assert story == first, name
    for events in first.values():
        for event in events:
            test_cloudevents.check(event)
            test_asyncapi.check(event)
    assert [first[task][-1]["type"] for task in tasks] == ["task.completed", "task.failed", "task.cancelled"]
    for task in tasks:
        assert [event["data"]["sequence"] for event in first[task]] == list(range(1, len(first[task]) + 1))


async def page_of_the_relay(tab: Tab, stack: RunningStack) -> None:
    """A page of the relay's own origin, which needs no leave to read it."""
    await tab.visit(f"{stack.facts['relay_urls'][0]}/healthz", touch=False)
    assert await evaluate(tab, "location.origin") == stack.facts["relay_urls"][0]
