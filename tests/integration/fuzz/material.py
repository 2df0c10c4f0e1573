"""Real things for a user, so that drawn requests reach the code behind the checks."""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from tests.stack import PRODUCT, RunningStack, finished


def photo() -> bytes:
    """A seller's photo, small and real."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (160, 120), (235, 235, 230))
    image.paste((170, 60, 40), (60, 30, 100, 90))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def prepare(stack: RunningStack, user: str, folder: Path, *roles: str) -> tuple[str, Path]:
    """The user's token, and the file hooks.py reads: an image, a finished page with its task, a photo's address."""
    path = folder / f"{user}.png"
    path.write_bytes(photo())
    with stack.api(user, *roles) as api:
        image = api.post("/generation/upload-image", files={"file": ("a.png", path.read_bytes())}).json()
        task_id = api.post(
            "/generation/display-list", json={"product": PRODUCT, "image_id": image["image_id"]}
        ).json()["task_id"]
        page = api.get(f"/generation/pages/{finished(api, task_id)['result']['page_id']}").json()
        token = api.headers["Authorization"]
        page_url = f"{api.base_url}generation/pages/{page['page_id']}"
    material: dict[str, Any] = {
        "photo": str(path),
        "photo_url": image["url"],
        "page_url": page_url,
        "headers": {"Authorization": token},
        "path": {"page_id": page["page_id"], "task_id": task_id, "block_id": page["blocks"][0]["block_id"]},
        "body": {
            "image_id": image["image_id"],
            "category_id": "food",
            "template_set_id": "food-table",
            "template_ids": sorted({block["template_id"] for block in page["blocks"]}),
        },
    }
    stored = folder / f"{user}.json"
    stored.write_text(json.dumps(material), "utf-8")
    return token, stored
