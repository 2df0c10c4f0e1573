"""A user's event stream as a careful client reads it: it resumes, drops what it has seen, and keeps the rest."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Self
from uuid import uuid4

import httpx
from httpx_sse import connect_sse

from local.standins.tokens import make_token
from tests.chaos import Chaos
from tests.stack import wait_for

TERMINAL = ("task.completed", "task.failed", "task.cancelled")


class Follower:
    """Reads a user's stream in a thread until closed; reconnects with the last id it saw.

    Attributes:
        events: (type, CloudEvent) in order of arrival, each event id once.
        repeats: how many events came more than once.
    """

    def __init__(self, chaos: Chaos, user: str) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.repeats = 0
        self._chaos = chaos
        self._user = user
        self._url = f"{chaos.facts['relay_urls'][0]}/api/notifications/stream/{user}"
        self._headers = {"Authorization": f"Bearer {make_token(chaos.stack.data, user)}"}
        self._seen: set[str] = set()
        self._last = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join(10)

    def until_marker(self, seconds: float = 30.0) -> None:
        """Send a message to the user's stream and wait until it has come: all published before it has come too."""
        marker = str(uuid4())
        body = {"user_id": self._user, "type": "marker", "data": {"marker": marker}}
        with self._chaos.api("admin", "admin") as admin:
            answer = admin.post("/generation/message", json=body)
        assert answer.status_code == 202, answer.text

        def came() -> bool:
            self._chaos.sweep()
            return any(marker in json.dumps(event) for kind, event in list(self.events) if kind == "message")

        wait_for(came, seconds)

    def of(self, task_id: str) -> list[tuple[str, dict[str, Any]]]:
        """(type, data) of one task's events."""
        return [(kind, event["data"]) for kind, event in self.events if event.get("subject") == task_id]

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                self._read()
            except httpx.HTTPError:
                time.sleep(0.2)

    def _read(self) -> None:
        limits = httpx.Timeout(5, read=1)  # so that closing is noticed
        with (
            httpx.Client(headers=self._headers, timeout=limits) as client,
            connect_sse(client, "GET", self._url, params={"last_event_id": self._last}) as source,
        ):
            for event in source.iter_sse():
                self._take(event.event, event.id, json.loads(event.data))
                if self._closed.is_set():
                    return

    def _take(self, kind: str, event_id: str, event: dict[str, Any]) -> None:
        self._last = event_id or self._last
        if event["id"] in self._seen:
            self.repeats += 1
            return
        self._seen.add(event["id"])
        self.events.append((kind, event))


def assert_one_story(events: list[tuple[str, dict[str, Any]]], ending: str = "task.completed") -> None:
    """A task's events tell one story: no hole, no repeat, in order, never backwards, ended exactly once."""
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "task.queued", kinds
    assert [kind for kind in kinds if kind in TERMINAL] == [ending], kinds
    assert kinds[-1] == ending
    assert [data["sequence"] for _, data in events] == list(range(1, len(events) + 1))
    percents = [data["percent"] for kind, data in events if kind == "task.progress"]
    assert percents == sorted(percents)
