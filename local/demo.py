"""`python -m local demo`: a product and its photo through every real part, to a checked page on disk."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from local import lock
from local.addresses import Addresses, free_base
from local.demo_checks import PageImage, find_faults, image_urls, load_images
from local.demo_client import DemoClient, DemoError
from local.demo_page import save_page
from local.demo_product import DemoProduct, ProductError, read_product
from local.demo_progress import Show, live_progress
from local.launch import launch, read_stack
from local.programs import ROOT
from local.stopping import stop_stack

_USER = "demo-seller"
_OPTIONS = {"images": 3}
_SAMPLES = ROOT / "local" / "samples" / "products.jsonl"


def demo(data: Path, *, product: Path | None, out: Path, port_base: int | None) -> int:
    """Make a page and check it.

    Args:
        data: the folder of the stack to use, or to start one in.
        product: the product file; None for our own sample.
        out: where the page is written.
        port_base: for a stack of its own; None looks for free ports.

    Returns:
        0 when the page is complete and every image in it loads, else 1.
    """
    console = Console(soft_wrap=True)
    try:
        chosen = read_product(product) if product else _sample(data)
        with _running(data, port_base, console) as stack:
            return _make(data, stack, chosen, out, console)
    except (DemoError, ProductError) as exc:
        console.print(f"FAILED  {exc}", style="bold red", markup=False)
        return 1


def _sample(data: Path) -> DemoProduct:
    from local.samples.draw_photos import ensure_photos

    ensure_photos(data / "photos")
    return read_product(_SAMPLES, photos=data)


@contextlib.contextmanager
def _running(data: Path, port_base: int | None, console: Console) -> Iterator[dict[str, Any]]:
    """The stack of this folder when one is up, else one that lives as long as the block."""
    if lock.holder(data) is not None:
        try:
            stack = read_stack(data)
        except FileNotFoundError:
            raise DemoError(f"the stack in {data} is starting or stopping; try again when it is up") from None
        console.print(f"using the stack that runs in {data}", markup=False)
        yield stack
        return
    began = time.monotonic()
    stack = launch(data, Addresses(free_base() if port_base is None else port_base), stay=False)
    try:
        console.print(f"stack ready in {time.monotonic() - began:.1f} s", highlight=False)
        yield stack
    finally:
        stop_stack(data)


def _make(data: Path, stack: Mapping[str, Any], chosen: DemoProduct, out: Path, console: Console) -> int:
    from local.standins.tokens import make_token

    began = time.monotonic()
    console.print(f"product: {chosen.product['name']}", markup=False)
    with DemoClient(stack, _USER, make_token(data, _USER)) as client:
        with live_progress(console) as show:
            page_id, warnings = _page(client, chosen, show)
        document, html = client.page(page_id), client.html(page_id)
    seconds = time.monotonic() - began
    images = _load_images(html, stack)
    path = save_page(out, html, images)
    faults = find_faults(document, html, images, with_photo=chosen.photo is not None)
    _report(console, document, images, warnings, faults)
    console.print(f"page {page_id} made in {seconds:.1f} s: {path.absolute()}", markup=False, highlight=False)
    return 1 if faults else 0


def _page(client: DemoClient, chosen: DemoProduct, show: Show) -> tuple[str, list[Any]]:
    """Submit the product and follow its task to the end; the page's id and the task's warnings."""
    photo = {"image_id": client.upload(chosen.photo)} if chosen.photo else {}
    task_id = client.submit({"product": chosen.product, **photo, "options": _OPTIONS})
    kind, data = "", dict[str, Any]()
    for kind, data in client.follow(task_id):
        show(kind, data)
    if kind != "task.completed":
        raise DemoError(f"task {task_id} ended as {kind}: {data.get('error') or data}")
    status = client.task(task_id)["status"]
    if status != "completed":
        raise DemoError(f"the stream says that task {task_id} is completed, the API says {status}")
    return str(data["result"]["page_id"]), list(data.get("warnings") or [])


def _load_images(html: str, stack: Mapping[str, Any]) -> list[PageImage]:
    with httpx.Client(timeout=30.0, trust_env=False) as http:

        def fetch(url: str) -> tuple[int, str, bytes]:
            try:
                response = http.get(url)
            except httpx.HTTPError as exc:
                return 0, f"{type(exc).__name__} {exc}", b""
            return response.status_code, response.headers.get("content-type", ""), response.content

        return load_images(image_urls(html), f"{stack['s3_public_url']}/", fetch)


def _report(
    console: Console,
    document: Mapping[str, Any],
    images: list[PageImage],
    warnings: list[Any],
    faults: list[str],
) -> None:
    blocks = ", ".join(block["template_id"] for block in document.get("blocks", []))
    console.print(f"blocks: {blocks}", markup=False, highlight=False)
    for image in images:
        console.print(
            f"  {'ok  ' if image.fine else 'FAIL'} {image.url}  {image.note}", markup=False, highlight=False
        )
    for warning in warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    for fault in faults:
        console.print(f"FAILED  {fault}", style="bold red", markup=False)
