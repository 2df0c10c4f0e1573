"""The last word on every byte of markup that reaches a buyer: an allowlist of elements, attributes and CSS.

Elements and attributes go through nh3 (ammonia), inline CSS through `css.clean_style`: nh3's own style filter lets
`url()` pass and breaks nested functions. The rules in words are in docs/html.md.
"""

from __future__ import annotations

import re

from generation.templates.css import clean_style
from generation.templates.nesting import reads_back_the_same

TAGS = frozenset(
    {"section", "article", "aside", "header", "footer", "main", "div", "figure", "figcaption", "blockquote"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "hr", "br", "ul", "ol", "li", "dl", "dt", "dd", "img"}
    | {"span", "strong", "b", "em", "i", "u", "s", "small", "sub", "sup", "mark"}
    | {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td"}
)
_COMMON = {"style", "title", "lang", "dir", "role", "aria-label", "aria-hidden"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": _COMMON,
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start"},
}
# Dropped with all they hold; of any other unknown element the text stays.
_DROPPED_WHOLE = {
    "script",
    "style",
    "iframe",
    "object",
    "template",
    "textarea",
    "title",
    "noscript",
    "svg",
    "math",
}
_NUMBERS = {"width", "height", "colspan", "rowspan", "span", "start"}
_NUMBER = re.compile(r"[0-9]{1,5}")
_WORDS = re.compile(r"[a-zA-Z-]{1,20}")
_IMAGE_URL = re.compile(r"https?://[^\s<>\"'`\\]{1,2040}", re.IGNORECASE)
_LOST_IMAGE = re.compile(r"<img(?![^>]*? src=\")(?:[^>\"]|\"[^\"]*\")*>")
_MOST_ROUNDS = 8
# Neither HTML nor UTF-8 can carry these.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def sanitize(html: str) -> str:
    """Reduce `html` to what docs/html.md allows; never raises, and cleaning twice changes nothing.

    Pictures whose address was refused disappear altogether.
    """
    import nh3

    clean = _clean(printable(html))
    for _ in range(_MOST_ROUNDS):
        if reads_back_the_same(clean):
            return clean
        before, clean = clean, _clean(clean)
        if clean == before:
            return clean
    # Nobody writes such markup by accident: show it as text.
    return _clean(nh3.clean_text(clean))


def _clean(html: str) -> str:
    import nh3

    clean = nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=_DROPPED_WHOLE,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https"},
        link_rel=None,
        strip_comments=True,
    )
    return _LOST_IMAGE.sub("", clean)


def printable(text: str) -> str:
    """`text` without control characters and lone surrogates (tab and line ends stay)."""
    return _UNPRINTABLE.sub("", text)


def is_image_url(url: str) -> bool:
    """Whether `url` may stand in `img src`: absolute, http or https, no blanks or quotes."""
    return _IMAGE_URL.fullmatch(url) is not None


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return clean_style(value) or None
    if name == "src":
        return value if is_image_url(value) else None
    if name in _NUMBERS:
        return value if _NUMBER.fullmatch(value) else None
    if name in {"scope", "dir", "role", "loading", "decoding", "lang", "aria-hidden"}:
        return value if _WORDS.fullmatch(value) else None
    return value
