"""What a prompt says: the product, its facts, the block asked for, findings and instructions.

Nothing relies on one exact shape: the last JSON object in the user's messages is searched for what looks like facts
(name and value), a product, a block; without JSON, lines such as `[F1] 소재: 면` are read as facts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_LINE = re.compile(
    r"^[\s\-*•]*(?:\[?(?P<id>[A-Za-z]{1,3}-?\d{1,4})\]?[\s.:)\-]+)?(?P<name>[^:\uff1a\n]{1,30}?)\s*[:\uff1a]\s*(?P<value>\S.*)$"
)
_MAX_DEPTH = 12
_OBJECTS_AS_FACTS = {"attributes": "attribute", "notice": "notice", "specification": "attribute"}
_QUOTED = re.compile(r"[\"'\u201c\u2018「](.{2,200}?)[\"'\u201d\u2019」]")
_FLAGGED_KEYS = (
    "text",
    "sentence",
    "quote",
    "excerpt",
    "matched",
    "match",
    "term",
    "found",
    "value",
    "phrase",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known about the product; `source` is attribute, notice, packaging, description, price ..."""

    id: str
    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt, read.

    Attributes:
        data: the JSON object of the user's message; empty if there is none.
        product: the product's name, category and price as far as they are said.
        facts: in the order given.
        block: block_type, brief, template name and the like.
        flagged: sentences or words that findings object to.
        instruction: what the seller asks to change; empty if nothing.
        text: the last user message as text.
    """

    data: dict[str, Any]
    product: dict[str, Any]
    facts: tuple[Fact, ...]
    block: dict[str, Any]
    flagged: tuple[str, ...] = ()
    instruction: str = ""
    text: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def read_messages(messages: list[dict[str, Any]]) -> Reading:
    """Read chat messages (already checked by `check_chat`)."""
    texts = [_text_of(message) for message in messages if message.get("role") == "user"]
    text = texts[-1] if texts else ""
    data = next((found for found in map(_find_object, reversed(texts)) if found), {})
    facts = tuple(_unique(_facts(data))) if data else ()
    return Reading(
        data=data,
        product=_product(data),
        facts=facts or tuple(_unique(_facts_of_lines("\n".join(texts)))),
        block=_block(data),
        flagged=tuple(_flagged(data.get("findings"))),
        instruction=_string(data.get("instruction")),
        text=text,
        options=_mapping(data.get("options")),
    )


def _text_of(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _find_object(text: str) -> dict[str, Any]:
    """The largest JSON object in a text, or an empty one."""
    decoder, best, best_size, at = json.JSONDecoder(), {}, 1, text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = None, at + 1
        if isinstance(value, dict) and end - at > best_size:
            best, best_size = value, end - at
        at = text.find("{", end)
    return best


def _facts(data: Any, depth: int = 0) -> Iterator[Fact]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for item in data:
            yield from _facts(item, depth + 1)
    elif isinstance(data, dict):
        fact = _as_fact(data)
        if fact:
            yield fact
            return
        for key, value in data.items():
            source = _OBJECTS_AS_FACTS.get(key)
            if source and isinstance(value, dict):
                yield from (Fact("", str(name), str(each), source) for name, each in value.items())
            else:
                yield from _facts(value, depth + 1)


def _as_fact(data: dict[str, Any]) -> Fact | None:
    name, value = data.get("name", data.get("label")), data.get("value", data.get("text"))
    if not isinstance(name, str) or not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    if not name.strip() or not str(value).strip():
        return None
    source = data.get("source", data.get("kind"))
    return Fact(_string(data.get("id")), name.strip(), str(value).strip(), _string(source) or "attribute")


def _facts_of_lines(text: str) -> Iterator[Fact]:
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            yield Fact(found["id"] or "", found["name"].strip(), found["value"].strip(), "attribute")


def _unique(facts: Iterator[Fact]) -> list[Fact]:
    """Each fact once; one that has an id stands for the same without."""
    kept: dict[tuple[str, str, str], Fact] = {}
    for fact in facts:
        key = (fact.name, fact.value, fact.source)
        if fact.id and key in kept and not kept[key].id:
            kept[key] = fact
        kept.setdefault(key, fact)
    return list(kept.values())


def _product(data: dict[str, Any]) -> dict[str, Any]:
    product = data.get("product")
    if isinstance(product, str):
        return {"name": product}
    return _mapping(product) or {key: data[key] for key in ("name", "category", "price_krw") if key in data}


def _block(data: dict[str, Any]) -> dict[str, Any]:
    block = data.get("block")
    if isinstance(block, str):
        return {"block_type": block}
    merged = {key: data[key] for key in ("block_type", "brief", "template_name", "template") if key in data}
    return merged | _mapping(block)


def _flagged(findings: Any) -> Iterator[str]:
    for finding in findings if isinstance(findings, list) else []:
        if isinstance(finding, str):
            yield from _QUOTED.findall(finding) or [finding]
        elif isinstance(finding, dict):
            yield from (_string(finding[key]) for key in _FLAGGED_KEYS if _string(finding.get(key)))
            yield from (
                quoted
                for key in ("message", "detail", "msg")
                for quoted in _QUOTED.findall(_string(finding.get(key)))
            )


def _string(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
