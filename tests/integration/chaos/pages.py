"""Pages asked for and compared."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from typing import Any

import httpx
from PIL import Image

from tests.chaos import Chaos
from tests.integration.chaos.ledger import Order
from tests.stack import PRODUCT


def photo() -> bytes:
    """A small photo of a red thing."""
    image = Image.new("RGB", (400, 300), (235, 235, 230))
    image.paste((170, 60, 40), (150, 75, 250, 225))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


def upload(api: httpx.Client) -> str:
    """Upload the photo; its id."""
    answer = api.post("/generation/upload-image", files={"file": ("a.jpg", photo(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["image_id"])


def a_product(tag: str) -> dict[str, Any]:
    """A structured product whose name holds the tag."""
    return {**PRODUCT, "name": f"데일리 머그 {tag}"}


def new_tag() -> str:
    """A word no other order of this run has."""
    return f"M{random.randrange(10**9):09d}"


def order_page(api: httpx.Client, tag: str | None = None, **body: Any) -> Order:
    """POST a page of a product and an uploaded photo with one new picture, unless the body says otherwise."""
    tag = tag or new_tag()
    if not body.keys() & {"product", "product_id", "product_data"}:
        body["product"] = a_product(tag)
    if "product_data" in body:
        body["product_data"] += f" {tag}"
    if "image_id" not in body and "product_id" not in body:
        body["image_id"] = upload(api)
    body.setdefault("options", {"images": 1})
    # Chosen, not recommended: a recommendation follows the figures, which every page of these tests changes.
    if "template_ids" not in body:
        body.setdefault("template_set_id", "living-shelf")
    return repeat(api, Order("", tag, body))


def repeat(api: httpx.Client, order: Order) -> Order:
    """Ask for the same page again."""
    answer = api.post("/generation/display-list", json=order.body)
    assert answer.status_code == 202, answer.text
    return Order(answer.json()["task_id"], order.tag, order.body)


def the_page(chaos: Chaos, task_id: str) -> dict[str, Any]:
    """The task's page without what names the task: its ids and the new pictures' addresses."""
    [(document,)] = chaos.sql(
        "select document from page_versions join pages using (page_id) where task_id = %s", (task_id,)
    )
    blocks = [
        {**block, "images": {name: image["source"] for name, image in block["images"].items()}}
        for block in document["blocks"]
    ]
    return {**document, "blocks": blocks}


def assert_same_as_undisturbed(chaos: Chaos, api: httpx.Client, orders: Sequence[Order]) -> None:
    """Each order's page equals the one that is made when nothing happens."""
    again = [repeat(api, order) for order in orders]
    chaos.settle([order.task_id for order in again])
    for order, calm in zip(orders, again, strict=True):
        assert the_page(chaos, order.task_id) == the_page(chaos, calm.task_id)
