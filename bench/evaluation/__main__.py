"""`make eval`: twenty products through the real stack; exit code 1 when a page is not what it must be.

Runs on the stand-ins; with OPENAI_API_KEY and TOGETHER_API_KEY set, on the real models (and costs what they cost).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.evaluation.checks import complaints
from generation.templates.library_files import read_library
from local.addresses import Addresses, free_base
from local.demo_client import DemoClient
from local.launch import launch
from local.standins.tokens import make_token
from local.stopping import stop_stack

_PRODUCTS = Path(__file__).with_name("products.jsonl")
_ENDED = {"completed", "failed", "cancelled"}
_USER = "evaluation"


def main() -> int:
    """Start a stack, make the pages, print what is wrong with them."""
    options = _parse()
    products = [json.loads(line) for line in _PRODUCTS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "stack"
        stack = launch(data, Addresses(free_base()), stay=False)
        try:
            with DemoClient(stack, _USER, make_token(data, _USER)) as client:
                tasks = [
                    client.submit({**product, "options": {"images": options.images}}) for product in products
                ]
                pages = [_page(client, task_id) for task_id in tasks]
        finally:
            stop_stack(data)
    return _report(products, pages)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluation", description=__doc__)
    parser.add_argument(
        "--images", type=int, default=0, choices=range(7), help="new pictures a page (default 0)"
    )
    return parser.parse_args()


def _page(client: DemoClient, task_id: str) -> dict[str, Any]:
    """The finished page, or its task when there is none."""
    while (task := client.task(task_id))["status"] not in _ENDED:
        time.sleep(0.2)
    return client.page(task["result"]["page_id"]) if task["status"] == "completed" else task


def _report(products: list[dict[str, Any]], pages: list[dict[str, Any]]) -> int:
    library = read_library()
    total = 0
    for number, (product, page) in enumerate(zip(products, pages, strict=True), start=1):
        name = product.get("product", {}).get("name") or product["product_data"][:30]
        if "blocks" not in page:
            found = {"task": [str(page["error"])]}
        else:
            found = {check: said for check, said in complaints(page, library).items() if said}
        total += sum(map(len, found.values()))
        print(f"{number:2} {'ok  ' if not found else 'FAIL'} {name}")
        for check, said in found.items():
            for complaint in said:
                print(f"      {check}: {complaint}")
    print(f"{len(pages)} pages, {total} complaints")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
