"""What a finished page must be: every check gives the complaints it found, none when all is well."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generation.claims.check import find_claims
from generation.facts import Fact
from generation.templates.library_files import Library
from generation.templates.schema import check_values

type Page = Mapping[str, Any]
type Complaints = list[str]

_FEWEST_BLOCKS = 6
_HANGUL_SHARE = 0.6
_LONGEST_HEADLINE = 40


def complaints(page: Page, library: Library) -> dict[str, Complaints]:
    """Complaints by check."""
    return {
        "blocks": blocks(page),
        "schema": schema(page, library),
        "facts": facts(page),
        "language": language(page),
        "length": length(page),
        "claims": claims(page),
        "repeats": repeats(page),
    }


def blocks(page: Page) -> Complaints:
    """Enough blocks, each of another template."""
    templates = [block["template_id"] for block in page["blocks"]]
    if len(set(templates)) < _FEWEST_BLOCKS or len(set(templates)) < len(templates):
        return [f"{len(templates)} blocks of {len(set(templates))} templates"]
    return []


def schema(page: Page, library: Library) -> Complaints:
    """Every value fits its template's slots."""
    return [
        f"{block['block_id']}.{issue.loc}: {issue.msg}"
        for block in page["blocks"]
        for issue in check_values(library.by_id[block["template_id"]], block["slots"])
    ]


def facts(page: Page) -> Complaints:
    """Copy cites only facts there are, and most blocks rest on some (a scene may state none)."""
    known = {fact["id"] for fact in page["facts"]}
    invented = [
        f"{block['block_id']}: cites {sorted(unknown)}"
        for block in page["blocks"]
        if (unknown := set(block["facts"]) - known)
    ]
    silent = [block["block_id"] for block in page["blocks"] if not block["facts"]]
    return invented + ([f"cite nothing: {silent}"] if len(silent) > len(page["blocks"]) / 2 else [])


def language(page: Page) -> Complaints:
    """The copy is Korean."""
    letters = [letter for _, text in texts(page) for letter in text if letter.isalpha()]
    share = sum("가" <= letter <= "힣" for letter in letters) / max(1, len(letters))
    return [] if share >= _HANGUL_SHARE else [f"only {share:.0%} of the letters are Hangul"]


def length(page: Page) -> Complaints:
    """Headlines are short."""
    return [
        f"{where}: {len(text)} characters"
        for where, text in texts(page)
        if where.endswith(".headline") and len(text) > _LONGEST_HEADLINE
    ]


def claims(page: Page) -> Complaints:
    """No number, superlative, certification or promise without a fact."""
    known = [Fact.model_validate(fact) for fact in page["facts"]]
    return [
        f"{block['block_id']}.{finding.slot}: {finding.code} {finding.text!r}"
        for block in page["blocks"]
        for finding in find_claims(block["slots"], known)
    ]


def repeats(page: Page) -> Complaints:
    """No headline stands twice."""
    headlines = [text for where, text in texts(page) if where.endswith(".headline")]
    return [f"twice: {text}" for text in sorted(set(headlines)) if headlines.count(text) > 1]


def texts(page: Page) -> Iterator[tuple[str, str]]:
    """Every text of the copy with where it stands."""
    for block in page["blocks"]:
        yield from _texts(block["slots"], block["block_id"])


def _texts(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, re.sub(r"\*\*", "", value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{where}.{number}")
