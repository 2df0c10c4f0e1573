"""The product's own stack with the fixed embeddings endpoint, the worker alone on one core."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.pipeline.stack import queues_at, running, spread
from bench.serving import serving
from local.addresses import HOST, Addresses, free_base
from local.launch import read_stack

_WORKER = "functions-0"
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
        model, queue = base + _MODEL, base + _QUEUE
        url, queues = f"http://{HOST}:{model}", queues_at(Addresses(base), queue)
        with (
            serving("bench.embeddings.fixed_embeddings", "--port", str(model)) as models,
            serving("bench.embeddings.memory_queue", str(queue)) as queued,
            running(data, base, {"OPENAI_BASE_URL": f"{url}/v1", "AzureWebJobsStorage": queues}),
        ):
            stack = BenchStack(url, queues, read_stack(data))
            spread(data, stack.worker, models, queued)
            yield stack
