"""The document around a page's blocks: one wrapper that carries the theme in inline styles alone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from generation.templates.sanitize import printable, sanitize
from generation.templates.theme import Theme

# The narrowest width that is still full size on SmartStore; the other marketplaces show it smaller.
MAX_WIDTH = 860

# Sent with every page and preview: no script runs in it, wherever it is opened.
HEADER_POLICY = (
    "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; font-src 'none';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)

_RESET = (
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}"
    "body{margin:0;background:#fff}"
    "img{max-width:100%}"
    "@media print{section{break-inside:avoid}}"
)
# Nothing but pictures is ever loaded, whatever the sanitiser might let through one day.
_POLICY = (
    "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def render_fragment(theme: Theme, blocks: Sequence[str]) -> str:
    """The page as sellers paste it into a marketplace: one sanitised element, inline styles only.

    Each block is sanitised by itself, so that one left open cannot swallow the next.
    """
    inner = "\n".join(sanitize(block).strip() for block in blocks)
    return f'<div lang="ko" style="{escape(_wrapper_style(theme))}">\n{inner}\n</div>'


def render_page(title: str, theme: Theme, blocks: Sequence[str]) -> str:
    """A complete document around `render_fragment`, self-contained but for images.

    The style element in its head only resets the browser: marketplaces drop it, and nothing changes.
    """
    return (
        '<!doctype html>\n<html lang="ko">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="format-detection" content="telephone=no">\n'
        f"<title>{escape(printable(title))}</title>\n<style>{_RESET}</style>\n</head>\n<body>\n"
        f"{render_fragment(theme, blocks)}\n</body>\n</html>\n"
    )


def _wrapper_style(theme: Theme) -> str:
    tokens = theme.tokens
    return (
        f"position:relative;max-width:{MAX_WIDTH}px;margin:0 auto;overflow:hidden;"  # no block covers what is not ours
        f"background:{theme.surface};color:{theme.ink};"
        f"font-family:{tokens['font']};font-size:17px;line-height:1.7;letter-spacing:-0.01em;text-align:left;"
        "word-break:keep-all;overflow-wrap:break-word"
    )
