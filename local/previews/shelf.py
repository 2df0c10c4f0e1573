"""What the browser asks for: previews of the library, frames around them, and the pictures in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from generation.templates.library_files import Library
from generation.templates.preview import previews
from local.previews.art import drawn, picture
from local.previews.camera import GROUND, frames

_PICTURE = re.compile(r"/pictures/([a-z]+)/([a-z0-9_.]+)/([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")
_HTML = "text/html; charset=utf-8"
_PAGE_GROUND = "body{margin:0;background:#fff}"


@dataclass
class Shelf:
    """Answers requests for `/frames/<name>`, `/pages/<name>` and `/pictures/...`."""

    widths: Sequence[int]
    _pages: dict[str, str] = field(default_factory=dict)

    def fill(self, library: Library, url: str) -> list[str]:
        """Take every preview, with pictures served at `url`; their names."""
        self._pages = {
            name: html.replace(_PAGE_GROUND, f"body{{margin:0;background:{GROUND}}}")
            for name, html in previews(library, f"{url}/pictures").items()
        }
        return list(self._pages)

    def answer(self, path: str) -> tuple[str, str] | None:
        """A content type and a document; None for what there is not."""
        if found := _PICTURE.fullmatch(path):
            product, key, width, height = found.groups()
            known = product in drawn()
            return ("image/svg+xml", picture(product, key, int(width), int(height))) if known else None
        kind, _, name = path.removeprefix("/").partition("/")
        if name not in self._pages:
            return None
        if kind == "frames":
            return _HTML, frames(f"/pages/{name}", self.widths, tallest(name))
        return (_HTML, self._pages[name]) if kind == "pages" else None


def tallest(name: str) -> int:
    """Pixels that a preview of this name is sure to stay under."""
    return 10_000 if name.startswith("set-") else 3_000
