"""Whether serialised markup reads back as the same tree (HTML standard, "Optional tags" and "in table" insertion mode).

A parser moves elements that stand where they may not (a heading in a heading, a block in a paragraph, text in a
table), so cleaned markup may come out differently when it is cleaned again. This check finds the few pages for
which that can happen at a fraction of a second parse.
"""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_VOID = frozenset({"br", "col", "hr", "img"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE = frozenset({"b", "br", "em", "i", "img", "mark", "s", "small", "span", "strong", "sub", "sup", "u"})
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_PARENTS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("caption", "colgroup", *_SECTIONS), frozenset({"table"})),
    "col": frozenset({"colgroup"}),
    "tr": _SECTIONS,
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
}
_TABLE_PARTS = frozenset({"table", "tr", "colgroup", *_SECTIONS})
_CELLS = frozenset({"td", "th", "caption"})
_LISTS = {"li": frozenset({"ul", "ol"}), "dd": frozenset({"dl"}), "dt": frozenset({"dl"})}
_SAME = {"li": frozenset({"li"}), "dd": frozenset({"dd", "dt"}), "dt": frozenset({"dd", "dt"})}


def reads_back_the_same(html: str) -> bool:
    """True only if parsing `html`, the sanitiser's own output, gives the tree it was written from."""
    stack: list[str] = []
    position = 0
    for found in _TAG.finditer(html):
        parent = stack[-1] if stack else ""
        if parent in _TABLE_PARTS and not _only_blanks(html, position, found.start()):
            return False
        tag = found[2]
        if found[1]:
            if parent != tag:
                return False
            stack.pop()
        elif not _may_stand(tag, parent, stack):
            return False
        elif tag not in _VOID:
            stack.append(tag)
        position = found.end()
    return not stack


def _only_blanks(html: str, start: int, end: int) -> bool:
    return not html[html.find(">", start, end) + 1 : end].strip(" \t\n\f\r")


def _may_stand(tag: str, parent: str, stack: list[str]) -> bool:
    if tag in _INLINE:
        return parent not in _TABLE_PARTS
    if tag in _PARENTS:
        return parent in _PARENTS[tag]
    if parent in _TABLE_PARTS or (tag in _HEADINGS and parent in _HEADINGS):
        return False
    if "p" in stack and _open_since(stack, _CELLS, frozenset({"p"})):
        return False
    return tag not in _LISTS or not _open_since(stack, _LISTS[tag] | _CELLS, _SAME[tag])


def _open_since(stack: list[str], borders: frozenset[str], sought: frozenset[str]) -> bool:
    """Whether one of `sought` is open, and inside the nearest of `borders`."""
    for tag in reversed(stack):
        if tag in sought:
            return True
        if tag in borders:
            return False
    return False
