"""Payloads from files as people collect them: a line each, JSON, JavaScript or Markdown that quotes them.

The collections themselves are not ours to ship: XSS_PAYLOADS names a folder (or a file) of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST = 4_000  # what a slot holds at most
_KINDS = {".txt", ".json", ".md", ".js", ".mjs", ".svg", ".htm", ".html", ".xml", ".xhtml"}
_FENCED = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_QUOTED = re.compile(r"`([^`\n]+)`")
# A string of JavaScript or JSON that holds markup or code.
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`", re.DOTALL)
_SUSPECT = re.compile(r"[<>{}]|javascript:|on\w+\s*=|expression\(|url\(", re.IGNORECASE)
_ANY_ELEMENT = re.compile(r"(</?)\*")


def read_payloads(source: Path) -> dict[str, list[str]]:
    """Every different payload by the file that holds it first."""
    known: set[str] = set()
    found = {}
    files = sorted(one for one in source.rglob("*") if one.is_file()) if source.is_dir() else [source]
    for path in files:
        if path.suffix.lower() in _KINDS:
            text = path.read_text("utf-8", errors="replace")
            fresh = [one for one in dict.fromkeys(_payloads(path.suffix.lower(), text)) if one not in known]
            known.update(fresh)
            if fresh:
                found[str(path.relative_to(source)) if path != source else path.name] = fresh
    return found


def _payloads(kind: str, text: str) -> Iterator[str]:
    for one in _raw(kind, text):
        # Collections write `<*` for any element at all.
        spelled = [_ANY_ELEMENT.sub(rf"\g<1>{tag}", one) for tag in ("img", "svg", "xss")]
        for payload in dict.fromkeys(spelled):
            if payload.strip() and len(payload) <= LONGEST:
                yield payload


def _raw(kind: str, text: str) -> Iterator[str]:
    if kind == ".txt":
        yield from text.splitlines()
    elif kind == ".json":
        yield from _strings(json.loads(text))
    elif kind == ".md":
        for block in _FENCED.findall(text):
            yield block
            yield from block.splitlines()
        yield from _QUOTED.findall(text)
    elif kind in {".js", ".mjs"}:
        yield from (_unescaped(next(filter(None, one), "")) for one in _STRING.findall(text))
    else:
        yield text


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _SUSPECT.search(value):
            yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _unescaped(literal: str) -> str:
    """A string literal's text, as far as JSON knows its escapes."""
    try:
        text = json.loads(f'"{literal.replace(chr(34), chr(92) + chr(34))}"', strict=False)
    except ValueError:
        text = literal.replace("\\'", "'").replace('\\"', '"').replace("\\n", "\n")
    return str(text) if _SUSPECT.search(str(text)) else ""
