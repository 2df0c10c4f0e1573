"""The page for people: the OpenAPI document rendered here, with no script and nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.openapi.outline import outline

if TYPE_CHECKING:
    from markupsafe import Markup

_FOLDER = Path(__file__).parent
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


def page(spec: Mapping[str, Any]) -> tuple[str, str]:
    """The page, and the Content-Security-Policy it is to be sent with."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "inline": inline}
    style = (_FOLDER / "page.css").read_text("utf-8")
    html = environment.get_template("page.html").render(style=style, **outline(spec))
    return html, _policy(style)


def inline(text: str) -> Markup:
    """Text with `code` and **strong** words, everything else escaped."""
    from markupsafe import Markup, escape

    marked = _CODE.sub(r"<code>\1</code>", str(escape(text)))
    return Markup(_STRONG.sub(r"<strong>\1</strong>", marked))  # noqa: S704  escaped above, the tags are ours


def prose(text: str) -> Markup:
    """As `inline`, in paragraphs."""
    from markupsafe import Markup

    return Markup().join(Markup("<p>{}</p>").format(inline(part)) for part in text.split("\n\n"))


def _policy(style: str) -> str:
    # CSP level 3, 2.3.1: the hash is of the style element's exact content.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
