"""Writes the finished page so that it can be looked at when the stack is gone: its images lie beside it."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Sequence
from pathlib import Path

from local.demo_checks import PageImage

_SUFFIXES = ((b"\x89PNG", ".png"), (b"\xff\xd8", ".jpg"), (b"RIFF", ".webp"), (b"GIF8", ".gif"))

_OURS = re.compile(r"\d{2,}(\.(png|jpg|webp|gif))?")


def save_page(folder: Path, html: str, images: Sequence[PageImage]) -> Path:
    """Write page.html and images/ into `folder`, the page's image URLs pointing to the files.

    Returns:
        The path of page.html.
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for old in (folder / "images").iterdir():
        if _OURS.fullmatch(old.name):  # of an earlier page; the folder may be somebody's who has others in it
            old.unlink()
    for number, image in enumerate((image for image in images if image.body), start=1):
        name = f"images/{number:02}{_suffix(image.body)}"
        (folder / name).write_bytes(image.body)
        html = html.replace(markup.escape(image.url), name).replace(image.url, name)
    # The page's own policy names where its images may come from; these come from beside it.
    html = html.replace("img-src ", "img-src file: ", 1)
    path = folder / "page.html"
    path.write_text(html, encoding="utf-8")
    return path


def _suffix(body: bytes) -> str:
    return next((suffix for magic, suffix in _SUFFIXES if body.startswith(magic)), "")
