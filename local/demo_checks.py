"""What makes a page complete, checked from the outside: its document, its HTML, and every image in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

_LEAST_TEMPLATES = 6
_LEAST_HANGUL = 200  # syllables; six blocks of copy hold many more
_PICTURE_PIXELS = 16  # an image smaller than this each way is a placeholder

type Fetch = Callable[[str], tuple[int, str, bytes]]
"""From a URL to its status, content type and body."""


@dataclass(frozen=True, slots=True)
class PageImage:
    """An <img> of the page and what came when it was loaded.

    Attributes:
        url: its `src`.
        body: the bytes, empty when it did not load.
        note: `1024x1024 PNG, 310 KB`, or what is wrong.
        fine: whether it is a picture.
    """

    url: str
    body: bytes
    note: str
    fine: bool


def image_urls(html: str) -> list[str]:
    """The `src` of every <img>, each once, in the page's order."""
    found = (node.attributes.get("src") or "" for node in LexborHTMLParser(html).css("img"))
    return list(dict.fromkeys(found))


def load_images(urls: Sequence[str], store: str, fetch: Fetch) -> list[PageImage]:
    """Load every image.

    Args:
        urls: their URLs.
        store: what the URL of an image in our own store starts with.
        fetch: loads one URL.
    """
    return [_load(url, store, fetch) for url in urls]


def find_faults(
    document: Mapping[str, Any], html: str, images: Sequence[PageImage], *, with_photo: bool
) -> list[str]:
    """What is missing for the page to be complete; empty when nothing is.

    Args:
        document: the page document.
        html: the same page as HTML.
        images: what came when its images were loaded.
        with_photo: whether a photo was submitted, which must then be shown.
    """
    blocks = document.get("blocks", [])
    templates = {block["template_id"] for block in blocks}
    faults = [f"image {image.url or '(no src)'}: {image.note}" for image in images if not image.fine]
    if len(templates) < _LEAST_TEMPLATES:
        faults.append(f"{len(templates)} different templates, at least {_LEAST_TEMPLATES} wanted")
    if "</html>" not in html.lower():
        faults.append("the HTML ends before </html>")
    hangul = count_hangul(html)
    if hangul < _LEAST_HANGUL:
        faults.append(f"{hangul} Hangul syllables in the copy, at least {_LEAST_HANGUL} wanted")
    return [*faults, *_missing_sources(blocks, {image.url for image in images}, with_photo=with_photo)]


def count_hangul(html: str) -> int:
    """The Hangul syllables that a reader of the page sees."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "title", "head"])
    return sum("가" <= character <= "힣" for character in (tree.body.text() if tree.body else ""))


def _missing_sources(blocks: Sequence[Mapping[str, Any]], shown: set[str], *, with_photo: bool) -> list[str]:
    images = [image for block in blocks for image in (block.get("images") or {}).values()]
    sources = {image["source"] for image in images if image["url"] in shown}
    # Without a photo there is nothing to make new pictures from: a drawn one stands in.
    with_one = {"upload": "the original photo", "generated": "a generated image"}
    wanted = with_one if with_photo else {"drawn": "a drawn picture"}
    return [f"{name} is not on the page" for source, name in wanted.items() if source not in sources]


def _load(url: str, store: str, fetch: Fetch) -> PageImage:
    if not url.startswith(store):
        return PageImage(url, b"", f"is not in the image store {store}", fine=False)
    status, content_type, body = fetch(url)
    if status != 200 or not content_type.startswith("image/"):  # noqa: PLR2004  HTTP OK
        return PageImage(
            url, b"", f"answered {status} {content_type or 'without a content type'}", fine=False
        )
    fine, note = _picture(body)
    return PageImage(url, body, f"{note}, {len(body) / 1024:.0f} KB", fine=fine)


def _picture(body: bytes) -> tuple[bool, str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(body)) as picture:
            picture.load()
            width, height = picture.size
            return min(width, height) >= _PICTURE_PIXELS, f"{width}x{height} {picture.format}"
    except (UnidentifiedImageError, OSError) as exc:
        return False, f"is not a picture ({exc})"
