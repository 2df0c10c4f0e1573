from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.standins.copywriting.answers import answer_to
from local.standins.copywriting.pattern_text import matching
from local.standins.schema_rules import check_strict
from tests.unit.standins.prompts import closed, facts_of, listed, problems, products, request, text

NAMES = st.sampled_from([
    "headline", "body", "items", "rows", "label", "value", "question", "answer", "step", "ours", "usual", "alt",
    "caption", "call_to_action", "image_prompt", "brief", "why", "price", "색상", "x", "fact_ids", "title", "blocks",
    "cells", "columns", "unit", "number", "colors", "rating", "template_id",
])  # fmt: skip
STRINGS = st.one_of(
    st.just({"type": "string"}),
    st.integers(1, 120).map(text),
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4, unique=True).map(
        lambda values: {"type": "string", "enum": values}
    ),
    st.sampled_from([r"^#[0-9a-f]{6}$", r"^[A-Z]{2}-\d{3,5}$", r"^(ko|en)$", r"^\S+@\S+$"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
    st.just({"type": ["string", "null"]}),
    st.just({"const": "고정"}),
)
NUMBERS = st.one_of(
    st.tuples(st.integers(-50, 50), st.integers(0, 60)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
    ),
    st.just({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
)


def _lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(items, st.integers(0, 4), st.integers(0, 5)).map(
        lambda drawn: listed(drawn[0], drawn[1], drawn[1] + drawn[2])
    )


def _objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(NAMES, values, max_size=5).map(lambda properties: closed(**properties))


def _unions(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=1, max_size=3).map(lambda options: {"anyOf": options})


VALUES = st.recursive(
    STRINGS | NUMBERS, lambda inner: _lists(inner) | _objects(inner) | _unions(inner), max_leaves=8
)
KINDS = [
    "hero",
    "features",
    "faq",
    "comparison",
    "specification",
    "product_notice",
    "statistics",
    "gallery",
    "zzz",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    _objects(VALUES),
    st.sampled_from(["plan", "block", "vision", "translate", "chat"]),
    st.sampled_from(KINDS),
    st.integers(0, 5),
)
def test_any_strict_schema_is_filled_validly(
    schema: dict[str, Any], endpoint: str, kind: str, which: int
) -> None:
    """Every endpoint answers any strict schema with a value it allows, limits of characters included."""
    check_strict("answer", schema)
    product = products()[which]
    data = {"product": {"name": product["name"]}, "facts": facts_of(product), "block": {"block_type": kind}}
    body = request("answer", data, schema)
    assert problems(json.loads(answer_to(body, endpoint, "seed", [])), schema) == []


def test_a_prompt_without_data_still_gets_a_valid_answer() -> None:
    """Neither JSON nor facts are needed."""
    schema = closed(headline=text(10), rows=listed(closed(label=text(8), value=text(20)), 3, 3))
    for endpoint in ("plan", "block", "vision", "translate", "chat"):
        body = request("answer", {}, schema) | {"messages": [{"role": "user", "content": "{{{ 안녕 [F1"}]}
        assert problems(json.loads(answer_to(body, endpoint, "seed", [])), schema) == []


def test_recursive_schemas_end() -> None:
    """A node that holds nodes is filled to a finite depth."""
    node = closed(title=text(20), children={"type": "array", "items": {"$ref": "#/$defs/node"}})
    schema = closed(tree={"$ref": "#/$defs/node"}) | {"$defs": {"node": node}}
    check_strict("tree", schema)
    assert problems(json.loads(answer_to(request("tree", {}, schema), "block", "s", [])), schema) == []


@pytest.mark.parametrize(
    "pattern", [r"^#[0-9A-F]{6}$", r"^\d{4}-\d{2}$", r"[^a-z]{3}x?", r"(a|bc)+d", r"^\w+$"]
)
def test_patterns_are_matched(pattern: str) -> None:
    """A text for a pattern matches it."""
    assert re.search(pattern, matching(pattern, [], Random(1)))


def test_a_broken_pattern_gives_an_empty_text() -> None:
    """It cannot be matched, and does no harm."""
    assert matching("(", [], Random(1)) == ""
