"""What of an old template's markup the sanitiser will not keep, in words for the report.

An estimate for people, from the tags as they are written: the sanitiser decides. Every search is linear in the text,
which the standard library's parser is not for broken markup.
"""

from __future__ import annotations

import html as entities
import re
from collections import Counter

from generation.templates.css import refused_properties
from generation.templates.sanitize import ATTRIBUTES, TAGS

# Neither a tag nor an unquoted part of one goes over a <, so that no start is searched from twice.
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([a-zA-Z][^\s\"'<>/=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>=]+)))?")
_HARMLESS = frozenset({"html", "head", "body", "meta", "title", "link", "style"})
_SILENT = frozenset({"class", "id", "src", "alt", "width", "height"})
_MOST = 12


def losses(html: str) -> list[str]:
    """Elements, attributes and style declarations that are dropped, each with how often, the most frequent first."""
    dropped: Counter[str] = Counter()
    for tag in _TAG.finditer(html):
        _note(tag[1].lower(), tag[2], dropped)
    told = [
        f"{what} dropped" if times == 1 else f"{what} dropped ({times} times)"
        for what, times in dropped.most_common(_MOST)
    ]
    if size := _style_sheets(html.lower()):
        told.append(f"{size} characters of style sheet dropped: what its classes did is lost")
    return told


def _note(tag: str, attributes: str, dropped: Counter[str]) -> None:
    if tag not in TAGS:
        if tag not in _HARMLESS:
            dropped[f"<{tag[:40]}>"] += 1
        return
    for found in _ATTRIBUTE.finditer(attributes):
        name = found[1].lower()
        if name == "style":
            value = entities.unescape(found[2] or found[3] or found[4] or "")
            dropped.update(f"style {refused[:40]}" for refused in refused_properties(value))
        elif name not in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | _SILENT:
            dropped[f"attribute {name[:40]}"] += 1


def _style_sheets(html: str) -> int:
    """Characters between <style> and </style>."""
    size = position = 0
    while (start := html.find("<style", position)) >= 0:
        begin = html.find(">", start) + 1
        end = html.find("</style", begin) if begin else -1
        if end < 0:
            break
        size += len(html[begin:end].strip())
        position = end
    return size
