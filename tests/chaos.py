"""Taking a running stack apart from outside: kill, freeze and start processes, hold and log provider calls.

Nothing here knows the application's code: processes by stack.json, calls by the stand-ins' /_control and /_log, rows
and triggers by SQL.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg2

from local.control import ask
from local.standins.tokens import make_token
from tests.stack import RunningStack, running_stack, wait_for

ENDED = ("completed", "failed", "cancelled")
# Short enough that a dead worker is noticed at once, long enough for a busy machine to keep its heartbeats.
SHORT_TIMES = {
    "TASK_HEARTBEAT_SECONDS": "0.4",
    "TASK_STALE_SECONDS": "2.5",
    "DATABASE_POOL_SIZE": "32",
    "RELAY_USER_EVENTS": "20000",
    # One user asks for what a hundred would.
    "USER_TASKS_PER_MINUTE": "10000",
    "USER_DAILY_BUDGET_USD": "10000",
}


@dataclass(frozen=True)
class Chaos:
    """A running stack and what can be done to it."""

    stack: RunningStack

    @property
    def facts(self) -> dict[str, Any]:
        """stack.json."""
        return self.stack.facts

    def api(self, user: str, *roles: str) -> httpx.Client:
        """The API as a user."""
        token = make_token(self.stack.data, user, roles=roles)
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.facts['functions_url']}/api", headers=headers, timeout=40)

    def kill(self, *names: str) -> None:
        """SIGKILL these processes; return when they are gone."""
        pids = [self.facts["pids"][name] for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(alive(pid) for pid in pids), 10)

    def restart(self, name: str) -> None:
        """Start a process again; return when it is ready."""
        answer = ask(self.stack.data, {"command": "restart", "name": name})
        assert "error" not in answer, answer

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """SIGSTOP the process and its children for the length of the block."""
        pids = family(self.facts["pids"][name])
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def killed(self, name: str) -> Iterator[None]:
        """SIGKILL the process, and start it again at the end of the block."""
        self.kill(name)
        try:
            yield
        finally:
            self.restart(name)

    def sweep(self) -> None:
        """Run the sweep timer now, on every worker that lives."""
        for url in self.facts["functions_urls"]:
            try:
                httpx.post(f"{url}/admin/functions/sweep", json={"input": ""}, timeout=5)
            except httpx.TransportError:
                continue

    def control(self, *, latency: Mapping[str, float] | None = None, faults: Any = ()) -> None:
        """Set the stand-ins' latencies and faults; with nothing, none."""
        body = {"latency": dict(latency or {}), "faults": list(faults)}
        answer = httpx.put(f"{self.facts['ai_url']}/_control", json=body, timeout=20)
        assert answer.status_code == 200, answer.text

    def calls(self) -> list[dict[str, Any]]:
        """Every call the stand-ins have received, in order."""
        calls: list[dict[str, Any]] = httpx.get(f"{self.facts['ai_url']}/_log", timeout=20).json()
        return calls

    def forget_calls(self) -> None:
        """Empty the stand-ins' log; its numbers go on."""
        httpx.delete(f"{self.facts['ai_url']}/_log", timeout=20)

    def sql(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; its rows."""
        connection = psycopg2.connect(self.facts["database_url"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def stored(self, task_id: str) -> dict[str, Any]:
        """The results of a task's stored steps by key."""
        rows = self.sql("select step_key, result from task_steps where task_id = %s", (task_id,))
        return dict(rows)

    def settle(self, task_ids: list[str], seconds: float = 60.0) -> dict[str, str]:
        """Sweep until these tasks have ended and all their events are published; their statuses.

        Raises:
            AssertionError: they have not after `seconds`.
        """
        ends = time.monotonic() + seconds
        while True:
            self.sweep()
            statuses = dict(
                self.sql("select task_id::text, status from tasks where task_id::text = any(%s)", (task_ids,))
            )
            waiting = self.sql(
                "select count(*) from outbox where published_at is null and stream = any(%s)", (task_ids,)
            )
            if waiting == [(0,)] and all(statuses.get(task_id) in ENDED for task_id in task_ids):
                return statuses
            assert time.monotonic() < ends, f"{statuses}, {waiting} events unpublished after {seconds} s"
            time.sleep(0.3)

    def worker_log(self) -> str:
        """What all workers have logged since the stack came up."""
        logs = sorted((self.stack.data / "logs").glob("functions-*.log"))
        return "\n".join(log.read_text(errors="replace") for log in logs)


@contextmanager
def chaos_stack(data: Path, *arguments: str, **environment: str) -> Iterator[Chaos]:
    """A stack of one's own with short times."""
    with running_stack(data, *arguments, environment={**SHORT_TIMES, **environment}) as stack:
        pids = list(stack.facts["pids"].values())
        yield Chaos(stack)
        pids += stack.facts["pids"].values()
    assert not [pid for pid in pids if alive(pid)], "something was left behind"


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return _status(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def family(pid: int) -> list[int]:
    """A process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            children.setdefault(int(_status(int(entry.name))[1]), []).append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def _status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name (proc(5)): state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
