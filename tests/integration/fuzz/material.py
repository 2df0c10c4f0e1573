"""Real things for a user, so that drawn requests reach the code behind the checks."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tests.stack import PRODUCT, RunningStack, finished

SET = "general-basic"


def photo() -> bytes:
    """A seller's photo, small and real."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (160, 120), (235, 235, 230))
    image.paste((170, 60, 40), (60, 30, 100, 90))
    image.save(buffer, "PNG")
    return buffer.getvalue()


def prepare(stack: RunningStack, user: str, folder: Path, *roles: str) -> tuple[str, Path]:
    """The user's token, and the file hooks.py reads: an image, a finished page with its task, a document."""
    path = folder / f"{user}.png"
    path.write_bytes(photo())
    with stack.api(user, *roles) as api:
        material = {**_made(api, path), "photo": str(path), "library": _library(api)}
        material["headers"] = {"Authorization": api.headers["Authorization"]}
    stored = folder / f"{user}.json"
    stored.write_text(json.dumps(material), "utf-8")
    return material["headers"]["Authorization"], stored


def _made(api: httpx.Client, path: Path) -> dict[str, Any]:
    image = api.post("/generation/upload-image", files={"file": ("a.png", path.read_bytes())}).json()
    document = {"post_id": "post-1", "title": "머그", "content": "손에 잘 잡힙니다."}
    assert api.post("/embeddings", json=document).status_code == 202
    page_task = api.post(
        "/generation/display-list", json={"product": PRODUCT, "image_id": image["image_id"]}
    ).json()["task_id"]
    page = api.get(f"/generation/pages/{finished(api, page_task)['result']['page_id']}").json()
    templates = [block["template_id"] for block in page["blocks"]]
    return {
        "photo_url": image["url"],
        "page_url": f"{api.base_url}generation/pages/{page['page_id']}",
        "path": {
            "page_id": page["page_id"],
            "task_id": page_task,
            "block_id": page["blocks"][0]["block_id"],
            "post_id": document["post_id"],
            "template_id": templates[0],
            "template_set_id": SET,
            "category_id": "food",
            "name": "generation-requests",
        },
        "body": {
            "image_id": image["image_id"],
            "category_id": "food",
            "template_set_id": SET,
            "template_ids": sorted(set(templates)),
        },
    }


def _library(api: httpx.Client) -> dict[str, Any]:
    """For bodies of the library's routes: what fits together there."""
    templates = [item["template_id"] for item in api.get(f"/template-sets/{SET}").json()["items"]]
    source = api.get(f"/templates/{templates[0]}").json()["template_html"]
    return {
        "template_html": source,
        "metadata": {},
        "slots": {},
        "images": {},
        "theme": {},
        "category_id": "food",
        "parent_id": "food",
        "items": [{"template_id": template_id} for template_id in templates],
        "template_ids": templates,
        "experiment": None,
        "is_default": False,
    }
