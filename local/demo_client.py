"""What a seller's frontend does, as the demo does it: upload, submit, listen, read."""

from __future__ import annotations

import json
import mimetypes
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from httpx_sse import connect_sse

_ENDS = frozenset({"task.completed", "task.failed", "task.cancelled"})
_SILENCE = 40.0  # seconds; the relay sends a heartbeat every 15
_TASK_LIMIT = 300.0  # seconds for a page with real models


class DemoError(Exception):
    """The demo cannot go on; the message says where it stopped and what was answered."""


class DemoClient:
    """One user of a running stack.

    Args:
        stack: the content of stack.json.
        user: the user id.
        token: a token of that user.
    """

    def __init__(self, stack: Mapping[str, Any], user: str, token: str) -> None:
        self._api = f"{stack['functions_url']}/api/generation"
        self._stream = f"{stack['relay_urls'][0]}/api/notifications/stream/{user}"
        self._http = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30.0, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def upload(self, photo: Path) -> str:
        """Upload a photo; its image id."""
        media_type = mimetypes.guess_type(photo.name)[0] or "application/octet-stream"
        files = {"file": (photo.name, photo.read_bytes(), media_type)}
        return str(self._call("POST", "upload-image", 201, files=files).json()["image_id"])

    def submit(self, body: Mapping[str, Any]) -> str:
        """Ask for a page; the task id."""
        return str(self._call("POST", "display-list", 202, json=body).json()["task_id"])

    def task(self, task_id: str) -> dict[str, Any]:
        """The task as it is now."""
        return self._json(f"tasks/{task_id}")

    def page(self, page_id: str) -> dict[str, Any]:
        """The page document."""
        return self._json(f"pages/{page_id}")

    def html(self, page_id: str) -> str:
        """The page as a buyer gets it."""
        return self._call("GET", f"pages/{page_id}/html", 200).text

    def follow(self, task_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every event of one task from the user's stream, as (type, data), until the one that ends it.

        A stream that ends early is taken up where it ended, as an EventSource does.

        Raises:
            DemoError: the stream is refused, silent, or does not end the task in time.
        """
        deadline = time.monotonic() + _TASK_LIMIT
        seen: set[str] = set()
        headers: dict[str, str] = {}
        while time.monotonic() < deadline:
            for event_id, event in self._events(headers):
                headers = {"Last-Event-ID": event_id} if event_id else headers
                if event.get("subject") != task_id or event["id"] in seen:
                    continue
                seen.add(event["id"])
                yield event["type"], event.get("data") or {}
                if event["type"] in _ENDS:
                    return
        state = self.task(task_id)
        raise DemoError(f"no end of the task on the stream after {_TASK_LIMIT:g} s; it is {state['status']}")

    def _events(self, headers: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
        timeout = httpx.Timeout(10.0, read=_SILENCE)
        try:
            with connect_sse(
                self._http, "GET", self._stream, headers=dict(headers), timeout=timeout
            ) as source:
                if source.response.status_code != httpx.codes.OK:
                    source.response.read()
                    raise DemoError(f"the stream was refused: {_answer(source.response)}")
                for event in source.iter_sse():
                    if event.data:
                        yield event.id, json.loads(event.data)
        except httpx.RemoteProtocolError:
            return  # cut off in the middle: the caller connects again
        except httpx.HTTPError as exc:
            raise DemoError(f"the stream at {self._stream} failed: {type(exc).__name__} {exc}") from exc

    def _json(self, path: str) -> dict[str, Any]:
        body: dict[str, Any] = self._call("GET", path, 200).json()
        return body

    def _call(self, method: str, path: str, expected: int, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, f"{self._api}/{path}", **request)
        except httpx.HTTPError as exc:
            raise DemoError(f"{method} {path}: {type(exc).__name__} {exc}") from exc
        if response.status_code != expected:
            raise DemoError(f"{method} {path} answered {_answer(response)}")
        return response


def _answer(response: httpx.Response) -> str:
    return f"{response.status_code} {response.text[:500]}"
