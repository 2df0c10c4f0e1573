"""Reads the product that the demo submits: one record as sellers write them, with the path of its photo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What POST /api/generation/display-list knows of a product; a record may hold more, which stays here.
_FIELDS = ("name", "description", "category", "price_krw", "attributes", "packaging", "notice")
_REQUIRED = ("name", "description")


class ProductError(ValueError):
    """The product file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product as the API takes it.

    Attributes:
        product: the body's `product` object.
        photo: the file with its photo, if it has one.
    """

    product: Mapping[str, Any]
    photo: Path | None


def read_product(path: Path, *, photos: Path | None = None) -> DemoProduct:
    """The product in a .json file, or the first record of a .jsonl file or of a JSON list.

    Args:
        path: the file.
        photos: a further folder that the photo's path may be relative to.

    Raises:
        ProductError: the file cannot be read, or its record has no name, no description or a photo that is missing.
    """
    record = _first_record(path)
    missing = [name for name in _REQUIRED if not record.get(name)]
    if missing:
        raise ProductError(f"{path}: the product has no {' and no '.join(missing)}")
    product = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    return DemoProduct(product, _photo(record.get("photo"), path, photos))


def _first_record(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ProductError(f"{path} cannot be read: {exc}") from exc
    if path.suffix == ".jsonl":
        text = next((line for line in text.splitlines() if line.strip()), "")
    try:
        record = json.loads(text)
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise ProductError(f"{path}: a text holds half a character (an escape such as \\ud800)") from exc
    except (ValueError, RecursionError) as exc:
        raise ProductError(f"{path} is not JSON: {exc}") from exc
    if isinstance(record, list) and record:
        record = record[0]
    if not isinstance(record, dict):
        raise ProductError(f"{path} holds no product, which is a JSON object")
    return record


def _photo(given: object, product_file: Path, photos: Path | None) -> Path | None:
    """The photo, looked for beside the product file first, then from the current folder, then in `photos`."""
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise ProductError(f"{product_file}: photo must be a path, not {given!r}")
    for candidate in (product_file.parent / given, Path(given), *([photos / given] if photos else [])):
        if candidate.is_file():
            return candidate
    raise ProductError(f"{product_file}: there is no photo {given} beside it or in the current folder")
