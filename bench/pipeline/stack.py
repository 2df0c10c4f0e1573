"""The product's own stack with fixed services behind it, the worker alone on one core."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.pipeline.processes import descendants, pin
from bench.serving import serving
from local.addresses import HOST, Addresses, free_base
from local.environment import queue_connection_string
from local.launch import read_stack
from local.lock import holder
from local.programs import ROOT
from local.samples.draw_photos import ensure_photos
from local.stopping import stop_stack

WORKER = "functions-0"
WORKER_CORE, OTHER_CORE = 0, 1
_MODELS, _OBJECTS = 60, 61  # offsets from the stack's port base
_START_LIMIT = 90.0

# Nobody is refused, and one worker may run all pages that are asked for: in Azure an instance takes at most
# batchSize + newBatchThreshold messages of a queue at once, 32 + 16 as host.json has it.
SETTINGS = {
    "USER_TASKS_PER_MINUTE": "1000000",
    "USER_DAILY_BUDGET_USD": "1000000",
    "AzureFunctionsJobHost__extensions__queues__batchSize": "32",
    "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "224",
}


@dataclass(frozen=True, slots=True)
class BenchStack:
    """A stack that is up, with its fixed services.

    Attributes:
        data: its folder.
        models_url: the fixed model services, with their `_calls`.
        facts: stack.json.
    """

    data: Path
    models_url: str
    facts: Mapping[str, Any]

    @property
    def worker(self) -> int:
        """The function worker's process id."""
        return int(self.facts["pids"][WORKER])

    @property
    def photo(self) -> Path:
        """A sample photo of a product."""
        return self.data / "photos" / "mug.jpg"


@contextmanager
def bench_stack(
    latency: Mapping[str, float], settings: Mapping[str, str] | None = None
) -> Iterator[BenchStack]:
    """Start a stack whose models take `latency` seconds by endpoint; stop it at the end.

    Raises:
        BenchError: it does not come up.
    """
    base = free_base()
    models, objects = base + _MODELS, base + _OBJECTS
    with tempfile.TemporaryDirectory(prefix="bench-pipeline-") as folder:
        data = Path(folder)
        with (
            serving("bench.pipeline.fixed_services", *_services(models, objects, base, latency)) as services,
            running(data, base, {**_environment(models, objects), **SETTINGS, **(settings or {})}),
        ):
            ensure_photos(data / "photos")
            stack = BenchStack(data, f"http://{HOST}:{models}", read_stack(data))
            spread(data, stack.worker, services)
            yield stack


def _services(models: int, objects: int, base: int, latency: Mapping[str, float]) -> tuple[str, ...]:
    ports = ("--models", str(models), "--objects", str(objects), "--standin", Addresses(base).url("standins"))
    return (*ports, "--latency", json.dumps(latency))


def _environment(models: int, objects: int) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"http://{HOST}:{models}/v1",
        "TOGETHER_BASE_URL": f"http://{HOST}:{models}",
        "S3_ENDPOINT_URL": f"http://{HOST}:{objects}",
    }


def queues_at(addresses: Addresses, port: int) -> str:
    """The connection string of a stack whose queues are served at another port than Azurite's."""
    return queue_connection_string(addresses).replace(f":{addresses.ports['azurite']}", f":{port}")


@contextmanager
def running(data: Path, base: int, environment: Mapping[str, str]) -> Iterator[None]:
    """A stack with these settings, while the block lasts.

    Raises:
        BenchError: it does not come up; the message holds the end of what it said.
    """
    command = [sys.executable, "-m", "local", "up", "--detach", "--data", str(data), "--port-base", str(base)]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_LIMIT,
        )
        if done.returncode != 0:
            raise BenchError(f"the stack does not come up:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
        yield
    finally:
        stop_stack(data)


def spread(data: Path, worker: int, *services: int) -> None:
    """The worker on one core; the rest of its stack, what serves it and this process on the other."""
    supervisor = holder(data)
    others = (descendants(supervisor) if supervisor else set()) | {os.getpid(), *services}
    pin(others - {worker}, OTHER_CORE)
    pin({worker}, WORKER_CORE)
