"""The product service: GET /products/{id} from a file of records, and the photos they name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request

from local.standins.wire import Answer, RefusedError, json_answer

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
_PHOTO_NAME = re.compile(r"[\w][\w.-]{0,120}\.(?:jpe?g|png|webp)", re.IGNORECASE)
_MEDIA_TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


def load_products(path: Path) -> dict[str, dict[str, Any]]:
    """The records of a JSON Lines file by their `product_id`.

    Raises:
        ValueError: a line is no JSON object with a `product_id`; the message names the line.
    """
    products: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            products[str(record["product_id"])] = record
        except (ValueError, KeyError, TypeError) as exc:
            raise ValueError(f"{path}, line {number}: no JSON object with a product_id") from exc
    return products


class ProductService:
    """Answers for the products of one file.

    Args:
        products: records by id.
        photo_folders: where photos are looked for, in this order.
    """

    def __init__(self, products: Mapping[str, dict[str, Any]], photo_folders: tuple[Path, ...]) -> None:
        self.products = products
        self.photo_folders = photo_folders

    async def answer(self, request: Request, _body: Any, _fault: str | None) -> Answer:
        """One record; a relative `photo` comes as a URL of this process.

        Raises:
            RefusedError: 404, an unknown id.
        """
        product_id = request.path_params["product_id"]
        record = self.products.get(product_id)
        if record is None:
            raise RefusedError(
                f"Product {product_id} does not exist.",
                status=404,
                kind="not_found",
                code="product_not_found",
            )
        photo = record.get("photo")
        if isinstance(photo, str) and photo and "://" not in photo:
            record = record | {"photo": f"{request.base_url}photos/{Path(photo).name}"}
        return json_answer(record)

    def photo(self, name: str) -> Answer | None:
        """The photo file of that name, or None."""
        if not _PHOTO_NAME.fullmatch(name):
            return None
        for folder in self.photo_folders:
            path = folder / name
            if path.is_file():
                return Answer(200, path.read_bytes(), _MEDIA_TYPES[path.suffix.lower()])
        return None
