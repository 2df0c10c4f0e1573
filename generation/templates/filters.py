"""The template language's filters: none takes an argument, none can grow its input beyond a known factor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from markupsafe import Markup, escape

PARAGRAPH = '<p style="margin:0">'
NEXT_PARAGRAPH = '<p style="margin:0.9em 0 0">'
MAX_PARAGRAPHS = 12

_BOLD = re.compile(r"\*\*([^*\n]{1,400}?)\*\*")
_LINE_ENDS = re.compile(r"\s*\n\s*")


def rich(text: object) -> Markup:
    """Paragraphs (one per line) with **bold**; everything else is escaped. At most `MAX_PARAGRAPHS`."""
    lines = _lines(text)
    opened = [PARAGRAPH, *[NEXT_PARAGRAPH] * (len(lines) - 1)]
    return Markup("".join(f"{start}{_bold(line)}</p>" for start, line in zip(opened, lines, strict=False)))  # noqa: S704  escaped in _bold


def inline(text: object) -> Markup:
    """The same text for use inside a heading or a paragraph: line breaks instead of paragraphs."""
    return Markup("<br>".join(_bold(line) for line in _lines(text)))  # noqa: S704  escaped in _bold


def _lines(text: object) -> list[str]:
    lines = _LINE_ENDS.split(str(text).strip())
    head, rest = lines[: MAX_PARAGRAPHS - 1], lines[MAX_PARAGRAPHS - 1 :]
    return [*head, " ".join(rest)] if rest else head


def _bold(line: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", str(escape(line)))


def upper(text: object) -> str:
    """Latin capitals."""
    return str(text).upper()


def lower(text: object) -> str:
    """Latin small letters."""
    return str(text).lower()


def trim(text: object) -> str:
    """Without blanks at both ends."""
    return str(text).strip()


def two_digits(number: object) -> str:
    """A count as 01, 02, ..."""
    return str(number).zfill(2)


FILTERS: Mapping[str, Callable[[object], str]] = {
    "rich": rich,
    "inline": inline,
    "upper": upper,
    "lower": lower,
    "trim": trim,
    "two_digits": two_digits,
}
RICH_FILTERS = frozenset({"rich", "inline"})
