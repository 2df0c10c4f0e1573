"""The two sides as servers, each alone on one core while everything they call is on the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from bench.errors import BenchError
from bench.pipeline.processes import descendants, pin
from bench.pipeline.stack import queues_at
from local.addresses import HOST, Addresses, free_base
from local.launch import LaunchError, launch
from local.lock import holder
from local.plan import plan_stack
from local.programs import ROOT
from local.standins.tokens import make_token
from local.stopping import stop_stack

SERVER_CORE, OTHER_CORE = 0, 1
PATH = "/api/generation/display-list"
_WORKER = "functions-0"
_QUEUE, _OLD, _REDIS = 62, 63, 64  # offsets from the stack's port base
_USERS = 64
_READY_LIMIT = 30.0
_SERVICE = ROOT / "bench" / "submit" / "old_stack"

# No rate and no budget in the way, and nobody makes the pages that are asked for.
_SETTINGS = {
    "USER_TASKS_PER_MINUTE": "100000000",
    "USER_DAILY_BUDGET_USD": "1000000",
    "LOG_LEVEL": "WARNING",
    **{
        f"AzureWebJobs.{name}.Disabled": "true"
        for name in ("generate_page", "change_image", "embed_document")
    },
}


@dataclass(frozen=True, slots=True)
class Side:
    """A server that takes pages in.

    Attributes:
        name: of the side.
        url: of its display-list.
        pid: of its only process.
        tokens: of users it knows.
    """

    name: str
    url: str
    pid: int
    tokens: Sequence[str]


@contextmanager
def both_sides(old_python: Path) -> Iterator[tuple[Side, Side, str]]:
    """Start ours and the old one on one PostgreSQL; both, and its URL.

    Raises:
        BenchError: something does not start.
    """
    base = free_base()
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-submit-")))
        facts = _stores(data, base, stack)
        queue = stack.enter_context(_running(_queue_command(base)))
        redis = stack.enter_context(_running(_redis_command(base)))
        ours = stack.enter_context(_running(*_ours(data, base)))
        old = stack.enter_context(_running(*_old(old_python, base, str(facts["database_url"]))))
        ours_url, old_url = f"http://{HOST}:{base + 71}", f"http://{HOST}:{base + _OLD}"
        _wait(f"{ours_url}/api/generation/actuator/health")
        _wait(f"{old_url}/health")
        supervisor = holder(data)
        pin(
            (descendants(supervisor) if supervisor else set()) | {queue.pid, redis.pid, os.getpid()},
            OTHER_CORE,
        )
        pin({ours.pid, old.pid}, SERVER_CORE)
        tokens = [make_token(data, f"bench-user-{number}") for number in range(_USERS)]
        sides = (
            Side("ours", ours_url + PATH, ours.pid, tokens),
            Side("old", old_url + PATH, old.pid, ["none"]),
        )
        yield *sides, str(facts["database_url"])


def forget_tasks(database_url: str) -> None:
    """Empty the tables, so that every run starts with the same."""
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("truncate tasks, outbox, old_tasks cascade")
    connection.close()


def _stores(data: Path, base: int, stack: ExitStack) -> dict[str, object]:
    stack.callback(stop_stack, data)
    try:
        return launch(data, Addresses(base, workers=0), stay=False)
    except LaunchError as exc:
        raise BenchError(f"the stack does not come up: {exc}") from exc


def _ours(data: Path, base: int) -> tuple[Sequence[str], Mapping[str, str]]:
    addresses = Addresses(base)
    program = next(each for each in plan_stack(data, addresses, os.environ).programs if each.name == _WORKER)
    own = queues_at(addresses, base + _QUEUE)
    return program.command, {**program.environment, **_SETTINGS, "AzureWebJobsStorage": own}


def _old(python: Path, base: int, database_url: str) -> tuple[Sequence[str], Mapping[str, str]]:
    command = (
        *(str(python), "-m", "uvicorn", "service:app", "--port", str(base + _OLD)),
        *("--no-access-log", "--log-level", "warning"),
    )
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(_SERVICE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BROKER_URL": f"redis://{HOST}:{base + _REDIS}/0",
        "DATABASE_URL": database_url,
    }
    return command, environment


def _queue_command(base: int) -> Sequence[str]:
    return sys.executable, "-m", "bench.submit.fixed_queue", str(base + _QUEUE)


def _redis_command(base: int) -> Sequence[str]:
    redis = shutil.which("redis-server")
    if redis is None:
        raise BenchError("redis-server is not installed (Debian: apt-get install redis-server)")
    return redis, "--port", str(base + _REDIS), "--bind", HOST, "--save", "", "--appendonly", "no"


@contextmanager
def _running(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment or os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    ends = time.monotonic() + _READY_LIMIT
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=2):
                return
        except OSError as exc:
            if time.monotonic() > ends:
                raise BenchError(f"{url} does not answer: {exc}") from exc
            time.sleep(0.1)
