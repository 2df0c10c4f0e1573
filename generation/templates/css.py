"""Inline CSS by allowlist: properties, functions and plain values, nothing that loads, covers or escapes.

Parsed with tinycss2 (CSS Syntax Level 3) and written out again, so that what a browser reads is what was checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

_BOX = ("margin", "padding")
_SIDES = ("top", "right", "bottom", "left")

PROPERTIES = frozenset(
    {f"{box}-{side}" for box in _BOX for side in _SIDES}
    | {f"border-{side}" for side in _SIDES}
    | {f"border-{side}-{part}" for side in _SIDES for part in ("color", "style", "width")}
    | {f"border-{y}-{x}-radius" for y in ("top", "bottom") for x in ("left", "right")}
    | {*_BOX, *_SIDES, "inset", "z-index", "position", "float", "clear"}
    | {"border", "border-color", "border-style", "border-width", "border-radius", "border-collapse"}
    | {"border-spacing", "box-shadow", "box-sizing", "outline", "opacity"}
    | {"color", "background", "background-color", "background-image"}
    | {"display", "width", "height", "min-width", "min-height", "max-width", "max-height", "aspect-ratio"}
    | {"flex", "flex-basis", "flex-direction", "flex-flow", "flex-grow", "flex-shrink", "flex-wrap", "order"}
    | {"gap", "row-gap", "column-gap", "grid-template-columns", "grid-column", "grid-row"}
    | {"align-content", "align-items", "align-self", "justify-content", "justify-items", "justify-self"}
    | {"object-fit", "object-position", "overflow", "overflow-x", "overflow-y", "vertical-align"}
    | {"font", "font-family", "font-feature-settings", "font-size", "font-style", "font-variant-numeric"}
    | {"font-weight", "letter-spacing", "line-break", "line-height", "list-style", "list-style-type"}
    | {"overflow-wrap", "table-layout", "text-align", "text-decoration", "text-indent", "text-overflow"}
    | {"text-shadow", "text-transform", "text-wrap", "white-space", "word-break", "word-spacing"}
)
FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "clamp", "min", "max", "linear-gradient"})
_KEYWORDS = {"position": {"static", "relative", "absolute"}}
_PLAIN = frozenset({"ident", "number", "percentage", "dimension", "hash", "whitespace"})
_SEPARATORS = frozenset({",", "/", "+", "-", "*"})
_QUOTED = frozenset({"font", "font-family", "font-feature-settings"})
_MAX_CHARS = 4_000
_MAX_DEPTH = 6


@lru_cache(maxsize=8192)
def clean_style(style: str) -> str:
    """The declarations of a `style` attribute that are allowed, in order; an empty string if none is.

    `clean_style(clean_style(x)) == clean_style(x)` for any x.
    """
    return ";".join(f"{name}:{value}" for name, value in _allowed(style))


def refused_properties(style: str) -> list[str]:
    """Names of the declarations `clean_style` would drop; `?` for what is no declaration at all."""
    kept = [name for name, _ in _allowed(style)]
    refused = []
    for node in _declarations(style):
        name = node.lower_name if node.type == "declaration" else "?"
        if name in kept:
            kept.remove(name)
        else:
            refused.append(name)
    return refused


def _allowed(style: str) -> Iterator[tuple[str, str]]:
    import tinycss2

    for node in _declarations(style):
        if node.type != "declaration" or node.lower_name not in PROPERTIES:
            continue
        if _is_plain(node.value, node.lower_name):
            yield node.lower_name, tinycss2.serialize(_trimmed(node.value))


def _declarations(style: str) -> list[Any]:
    import tinycss2

    if len(style) > _MAX_CHARS:
        return []
    found: list[Any] = tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
    return found


def _trimmed(tokens: list[Any]) -> list[Any]:
    kept = [token for token in tokens if token.type != "comment"]
    while kept and kept[0].type == "whitespace":
        kept.pop(0)
    while kept and kept[-1].type == "whitespace":
        kept.pop()
    return kept


def _is_plain(tokens: Iterable[Any], name: str) -> bool:
    words = _trimmed(list(tokens))
    if not words or not all(_is_plain_token(token, name, 0) for token in words):
        return False
    allowed = _KEYWORDS.get(name)
    return allowed is None or (
        len(words) == 1 and words[0].type == "ident" and words[0].lower_value in allowed
    )


def _is_plain_token(token: Any, name: str, depth: int) -> bool:
    if token.type in {"ident", "hash"}:
        # Escapes and foreign letters have no business in a keyword or a colour.
        return bool(token.value.isascii() and token.value.replace("-", "").isalnum())
    if token.type in _PLAIN or token.type == "comment":
        return token.type != "dimension" or bool(token.unit.isascii() and token.unit.isalnum())
    if token.type == "literal":
        return bool(token.value in _SEPARATORS)
    if token.type == "string":
        return name in _QUOTED and all(c.isalnum() or c in " -" for c in token.value)
    return (
        token.type == "function"
        and token.lower_name in FUNCTIONS
        and depth < _MAX_DEPTH
        and all(_is_plain_token(part, name, depth + 1) for part in token.arguments)
    )
