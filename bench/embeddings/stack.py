"""The product's own stack with the fixed embeddings endpoint, the worker alone on one core."""

from __future__ import annotations

import os
import signal
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
from bench.pipeline.stack import bring_up, queues_at
from local.addresses import HOST, Addresses, free_base
from local.launch import read_stack
from local.lock import holder
from local.programs import ROOT
from local.stopping import stop_stack

_WORKER = "functions-0"
_WORKER_CORE, _OTHER_CORE = 0, 1
_MODEL, _QUEUE = 60, 61  # offsets from the stack's port base


@dataclass(frozen=True, slots=True)
class BenchStack:
    """A stack that is up.

    Attributes:
        model_url: the fixed endpoint, with its `_calls`.
        queues: the connection string of the queues the worker listens to.
        facts: stack.json.
    """

    model_url: str
    queues: str
    facts: Mapping[str, Any]

    @property
    def worker(self) -> int:
        """The function worker's process id."""
        return int(self.facts["pids"][_WORKER])

    @contextmanager
    def worker_stopped(self) -> Iterator[None]:
        """Nothing is taken from the queues meanwhile."""
        os.kill(self.worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.worker, signal.SIGCONT)


@contextmanager
def bench_stack() -> Iterator[BenchStack]:
    """Start a stack with the fixed endpoint, which answers at once until told otherwise; stop it at the end.

    Raises:
        BenchError: it does not come up.
    """
    base = free_base()
    with tempfile.TemporaryDirectory(prefix="bench-embeddings-") as folder:
        data = Path(folder)
        programs = [
            _running("bench.embeddings.fixed_embeddings", "--port", str(base + _MODEL)),
            _running("bench.embeddings.memory_queue", str(base + _QUEUE)),
        ]
        queues = queues_at(Addresses(base), base + _QUEUE)
        try:
            own = {"OPENAI_BASE_URL": f"http://{HOST}:{base + _MODEL}/v1", "AzureWebJobsStorage": queues}
            bring_up(data, base, own)
            stack = BenchStack(f"http://{HOST}:{base + _MODEL}", queues, read_stack(data))
            supervisor = holder(data)
            others = (descendants(supervisor) if supervisor else set()) | {os.getpid()}
            pin((others | {program.pid for program in programs}) - {stack.worker}, _OTHER_CORE)
            pin({stack.worker}, _WORKER_CORE)
            yield stack
        finally:
            stop_stack(data)
            for program in programs:
                program.terminate()
                program.wait()


def _running(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if process.stdout is None or process.stdout.readline() != "ready\n":
        raise BenchError(f"{module} does not start")
    return process
