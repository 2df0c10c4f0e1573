"""The documentation as a site: every page of docs/ and the two READMEs as HTML that needs nothing else."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from infra.delivery.commands import DeliveryError

_LINK = re.compile(r'(?P<before>(?:href|src)=")(?P<target>[^"#:]+)(?P<anchor>#[^"]*)?"')
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>")
_STYLE = (
    "body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.6 system-ui,sans-serif;color:#1c1e21}"
    "pre{background:#f5f6f7;padding:1rem;overflow:auto}code{font-size:.9em}img{max-width:100%}"
    "table{border-collapse:collapse;display:block;overflow:auto}"
    "td,th{border:1px solid #ccd;padding:.3rem .6rem;text-align:left}"
)


def site(root: Path, target: Path, source_url: str) -> list[Path]:
    """Write the site.

    Args:
        root: the checkout's top.
        target: the folder to write; what is in it is replaced.
        source_url: where files that are no page can be read, e.g. `https://github.com/owner/name/blob/<commit>`.

    Returns:
        The pages written, relative to `target`.

    Raises:
        DeliveryError: a page links to a file that is not there.
    """
    shutil.rmtree(target, ignore_errors=True)
    written = [_write(root, page, target, source_url) for page in _pages(root)]
    for picture in sorted((root / "docs").rglob("*.jpg")) + sorted((root / "docs").rglob("*.png")):
        copy = target / picture.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, copy)
    return written


def _pages(root: Path) -> Iterator[PurePosixPath]:
    yield from (
        PurePosixPath(name) for name in ("README.md", "README.ko.md", "CHANGELOG.md", "CONTRIBUTING.md")
    )
    yield from (
        PurePosixPath(path.relative_to(root).as_posix()) for path in sorted((root / "docs").rglob("*.md"))
    )


def _write(root: Path, page: PurePosixPath, target: Path, source_url: str) -> Path:
    text = (root / page).read_text("utf-8")
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    body = _LINK.sub(lambda match: _relinked(match, root, page, source_url), _HEADING.sub(_anchored, body))
    title = html.escape(text.split("\n", maxsplit=1)[0].lstrip("# "))
    language = "ko" if page.stem.endswith(".ko") else "en"
    path = target / _html(page)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>\n",
        "utf-8",
    )
    return path.relative_to(target)


def _html(page: PurePosixPath) -> str:
    return "index.html" if str(page) == "README.md" else str(page.with_suffix(".html"))


def _anchored(match: re.Match[str]) -> str:
    """A heading with the anchor GitHub gives it."""
    words = html.unescape(re.sub(r"<[^>]+>", "", match[2])).lower()
    anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
    return f'<h{match[1]} id="{anchor}">{match[2]}</h{match[1]}>'


def _relinked(match: re.Match[str], root: Path, page: PurePosixPath, source_url: str) -> str:
    linked = PurePosixPath(os.path.normpath(page.parent / match["target"]))
    if not (root / linked).exists():
        raise DeliveryError(f"{page} links to {match['target']}, which is not there")
    anchor = match["anchor"] or ""
    if linked in set(_pages(root)):
        path = os.path.relpath(_html(linked), Path(_html(page)).parent)
    elif linked.suffix in {".jpg", ".png"}:
        path = os.path.relpath(linked, Path(_html(page)).parent)
    else:
        path = f"{source_url}/{linked}"
    return f'{match["before"]}{path}{anchor}"'
