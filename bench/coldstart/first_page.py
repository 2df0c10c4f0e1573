"""Memory of a function worker before and after the first page it makes, in a local stack of its own."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.memory import Memory, read_memory
from local.addresses import Addresses, free_base
from local.control import NotRunningError, ask
from local.demo_client import DemoClient, DemoError
from local.demo_product import DemoProduct, ProductError, read_product
from local.launch import LaunchError, launch, read_stack
from local.programs import ROOT
from local.samples.draw_photos import ensure_photos
from local.standins.tokens import make_token
from local.stopping import stop_stack

WORKER = "functions-0"
LATER_PAGES = 5

_USER = "bench-seller"
_OPTIONS = {"images": 3}
_PAGE_LIMIT = 120.0  # seconds
_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Worker:
    """A fresh worker's first pages; times in seconds from upload of the photo to the completed task.

    Attributes:
        idle: its memory when it was ready.
        first: after the first page, which had a photo uploaded and three images made.
        later: after five more.
        first_seconds: how long the first page took, imports of the SDKs included.
        second_seconds: how long the second took.
    """

    idle: Memory
    first: Memory
    later: Memory
    first_seconds: float
    second_seconds: float


def measure_workers(runs: int, *, traces: bool = False) -> list[Worker]:
    """Start a stack, with or without traces; `runs` times start its worker anew and let it make pages.

    Raises:
        BenchError: the stack does not come up or a page does not get done.
    """
    with tempfile.TemporaryDirectory(prefix="bench-stack-") as folder:
        data = Path(folder)
        try:
            launch(data, Addresses(free_base(), traces=traces), stay=False)
            product = _sample(data)
            return [_measure(data, product) for _ in range(runs)]
        except (LaunchError, NotRunningError, DemoError, ProductError) as exc:
            raise BenchError(f"no page could be made: {exc}") from exc
        finally:
            stop_stack(data)


def _sample(data: Path) -> DemoProduct:
    ensure_photos(data / "photos")
    return read_product(ROOT / "local" / "samples" / "products.jsonl", photos=data)


def _measure(data: Path, product: DemoProduct) -> Worker:
    answer = ask(data, {"command": "restart", "name": WORKER})
    if error := answer.get("error"):
        raise BenchError(str(error))
    pid = int(answer["pid"])
    idle = read_memory(pid)
    with DemoClient(read_stack(data), _USER, make_token(data, _USER)) as client:
        first_seconds = _make_page(client, product)
        first = read_memory(pid)
        seconds = [_make_page(client, product) for _ in range(LATER_PAGES)]
    return Worker(idle, first, read_memory(pid), first_seconds, seconds[0])


def _make_page(client: DemoClient, product: DemoProduct) -> float:
    """Upload the photo, ask for a page, wait for its task; seconds."""
    began = time.monotonic()
    photo = {"image_id": client.upload(product.photo)} if product.photo else {}
    task_id = client.submit({"product": product.product, **photo, "options": _OPTIONS})
    while (task := client.task(task_id))["status"] in {"queued", "running"}:
        if time.monotonic() - began > _PAGE_LIMIT:
            raise BenchError(f"a page was not done after {_PAGE_LIMIT:g} s; its task is {task['status']}")
        time.sleep(_LOOK_EVERY)
    if (
        task["status"] != "completed" or task["warnings"]
    ):  # a page without its pictures would measure too little
        raise BenchError(f"a page's task ended as {task['status']}: {task['error'] or task['warnings']}")
    return time.monotonic() - began
