"""The real stack for tests from outside: started once a session by the command its users have."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import connect_sse

ROOT = Path(__file__).parents[1]
PRODUCT = {
    "name": "데일리 머그 350ml",
    "category": "주방용품",
    "price_krw": 18000,
    "description": "손에 잘 잡히는 머그입니다. 전자레인지에 쓸 수 있습니다.",
    "attributes": {
        "용량": "350ml",
        "소재": "도자기",
        "크기": "지름 8cm, 높이 9cm",
        "세척": "부드러운 수세미",
    },
    "packaging": ["종이"],
    "notice": {"품명 및 모델명": "데일리 머그", "제조국": "대한민국"},
}


def local(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m local ...` as a developer does."""
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **(environment or {})},
    )


@dataclass(frozen=True)
class RunningStack:
    """A stack that is up."""

    data: Path

    @property
    def facts(self) -> dict[str, Any]:
        """stack.json."""
        facts: dict[str, Any] = json.loads((self.data / "stack.json").read_text("utf-8"))
        return facts

    def token(self, user: str, *arguments: str) -> str:
        """A JWT for a user."""
        done = local("token", user, *arguments, "--data", str(self.data))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def api(self, user: str | None = None, *roles: str) -> httpx.Client:
        """A client of the API, as a user or as nobody."""
        headers = {}
        if user:
            arguments = [word for role in roles for word in ("--role", role)]
            headers["Authorization"] = f"Bearer {self.token(user, *arguments)}"
        return httpx.Client(base_url=f"{self.facts['functions_url']}/api", headers=headers, timeout=20)

    def run_timer(self, name: str) -> None:
        """Start a timer's function now; it may still be running when this returns."""
        url = f"{self.facts['functions_url']}/admin/functions/{name}"
        assert httpx.post(url, json={"input": ""}, timeout=70).is_success

    def ai(self) -> httpx.Client:
        """The stand-ins' control."""
        return httpx.Client(base_url=self.facts["ai_url"], timeout=20)

    def events(self, api: httpx.Client, user: str, task_id: str) -> list[tuple[str, dict[str, Any]]]:
        """The task's events from the user's stream, up to the one that ends it."""
        url = f"{self.facts['relay_urls'][0]}/api/notifications/stream/{user}"
        headers = {"Authorization": api.headers["Authorization"]}
        seen = []
        with (
            httpx.Client(headers=headers, timeout=60) as client,
            connect_sse(client, "GET", url, params={"last_event_id": ""}) as source,
        ):
            for event in source.iter_sse():
                told = json.loads(event.data)
                if told.get("subject") == task_id:
                    seen.append((event.event, told["data"]))
                    if event.event in {"task.completed", "task.failed", "task.cancelled"}:
                        break
        return seen


@contextmanager
def running_stack(
    data: Path, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[RunningStack]:
    """Start a stack in `data`, stop it at the end."""
    base = free_base()
    done = local(
        "up", "--detach", "--port-base", str(base), "--data", str(data), *arguments, environment=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        yield RunningStack(data)
    finally:
        local("down", "--data", str(data))


def free_base() -> int:
    """A port base whose hundred ports are free."""
    for base in range(20_000, 30_000, 200):
        if all(_free(base + offset) for offset in (11, 20, 32, 50, 56, 71, 72, 90, 91)):
            return base
    raise AssertionError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for[T](look: Callable[[], T], seconds: float = 30.0) -> T:
    """What `look` gives once it is true; AssertionError when it stays false."""
    ends = time.monotonic() + seconds
    while True:
        if seen := look():
            return seen
        assert time.monotonic() < ends, f"still {seen!r} after {seconds} s"
        time.sleep(0.05)


def finished(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """The task, once it has ended."""

    def look() -> dict[str, Any] | None:
        task: dict[str, Any] = api.get(f"/generation/tasks/{task_id}").json()
        return task if task["status"] in {"completed", "failed", "cancelled"} else None

    ended = wait_for(look)
    assert ended is not None
    return ended
