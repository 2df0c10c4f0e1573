"""Requests as our pipeline sends them, and a small checker for strict JSON schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from local.standins.copywriting.answers import answer_to
from local.standins.schema_rules import resolve
from local.standins.wire import digest_of

SAMPLES = Path(__file__).resolve().parents[3] / "local" / "samples" / "products.jsonl"


def products() -> list[dict[str, Any]]:
    """Our sample products."""
    return [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


def facts_of(product: dict[str, Any]) -> list[dict[str, str]]:
    """A product's facts, numbered."""
    pairs = [(name, value, "attribute") for name, value in product["attributes"].items()]
    pairs += [(name, value, "notice") for name, value in product["notice"].items()]
    pairs += [
        ("설명", product["description"], "description"),
        ("포장재", ", ".join(product["packaging"]), "packaging"),
    ]
    pairs += [("가격", f"{product['price_krw']:,}원", "price")]
    names = ("id", "name", "value", "source")
    return [
        dict(zip(names, (f"F{number}", *pair), strict=True)) for number, pair in enumerate(pairs, start=1)
    ]


def text(limit: int | None = None) -> dict[str, Any]:
    """A string field of at most `limit` characters."""
    return {"type": "string", "description": f"최대 {limit}자"} if limit else {"type": "string"}


def closed(**properties: Any) -> dict[str, Any]:
    """A strict object."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def listed(items: Any, low: int, high: int) -> dict[str, Any]:
    """An array of `low` to `high` items."""
    return {"type": "array", "items": items, "minItems": low, "maxItems": high}


IDS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
SLOTS: dict[str, dict[str, Any]] = {
    "hero": closed(eyebrow=text(20), headline=text(24), subhead=text(60), body=text(200)),
    "features": closed(headline=text(24), items=listed(closed(title=text(20), body=text(120)), 3, 4)),
    "story": closed(headline=text(24), body=text(240), caption=text(40)),
    "how_to": closed(
        headline=text(24), items=listed(closed(step=text(), title=text(20), body=text(80)), 3, 5)
    ),
    "faq": closed(headline=text(24), items=listed(closed(question=text(40), answer=text(120)), 3, 6)),
    "comparison": closed(
        headline=text(24), rows=listed(closed(label=text(20), ours=text(40), usual=text(40)), 1, 5)
    ),
    "specification": closed(headline=text(24), rows=listed(closed(label=text(30), value=text(120)), 1, 12)),
    "product_notice": closed(headline=text(24), rows=listed(closed(label=text(60), value=text(200)), 1, 20)),
    "call_to_action": closed(headline=text(24), body=text(80), call_to_action=text(14)),
}


def request(name: str, data: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """A chat request carrying `data` and asking for `schema`."""
    return {
        "model": "gpt-6-luna",
        "messages": [
            {"role": "system", "content": "상세페이지의 글을 씁니다."},
            {"role": "user", "content": f"<data>{json.dumps(data, ensure_ascii=False)}</data>"},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": name, "strict": True, "schema": schema},
        },
    }


def ask(endpoint: str, name: str, data: Any, schema: dict[str, Any]) -> Any:
    """The parsed content of the answer."""
    body = request(name, data, schema)
    return json.loads(answer_to(body, endpoint, digest_of(body), []))


def block(product: dict[str, Any], block_type: str, slots: dict[str, Any] | None = None, **more: Any) -> Any:
    """The answer for one block of a product."""
    data = {
        "product": {key: product[key] for key in ("name", "category", "price_krw")},
        "facts": facts_of(product),
        "block": {"block_type": block_type, "brief": "짧게 소개한다", "template_name": block_type},
    }
    schema = closed(slots=slots or SLOTS[block_type], fact_ids=IDS)
    return ask("block", f"block_{block_type}", data | more, schema)


def problems(
    value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "$"
) -> list[str]:
    """Where a value breaks a schema; empty if nowhere. Knows what strict mode allows."""
    root = root or schema
    if "$ref" in schema:
        found = resolve(schema["$ref"], root)
        return problems(value, found, root, at) if found else [f"{at}: no {schema['$ref']}"]
    if "anyOf" in schema:
        tried = [problems(value, option, root, at) for option in schema["anyOf"]]
        return [] if any(not each for each in tried) else [f"{at}: none of anyOf"]
    if "const" in schema:
        return [] if value == schema["const"] else [f"{at}: not the constant"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} not in enum"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    tried = [_typed_problems(value, schema, kind, root, at) for kind in kinds]
    return [] if any(not each for each in tried) else tried[0]


def _typed_problems(
    value: Any, schema: dict[str, Any], kind: str, root: dict[str, Any], at: str
) -> list[str]:
    if not _is_a(kind, value):
        return [f"{at}: {value!r} is no {kind}"]
    if kind == "object":
        return _object_problems(value, schema, root, at)
    if kind == "array":
        low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
        wrong = [] if low <= len(value) <= high else [f"{at}: {len(value)} items, not {low} to {high}"]
        each = (problems(item, schema["items"], root, f"{at}[{index}]") for index, item in enumerate(value))
        return wrong + [problem for found in each for problem in found]
    if kind == "string":
        return _string_problems(value, schema, at)
    if kind in {"integer", "number"}:
        return _number_problems(value, schema, at)
    return []


def _is_a(kind: str, value: Any) -> bool:
    types: dict[str, type | tuple[type, ...]] = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
        "null": type(None),
    }  # fmt: skip
    return isinstance(value, types[kind]) and not (kind in {"integer", "number"} and isinstance(value, bool))


def _object_problems(
    value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str
) -> list[str]:
    properties = schema.get("properties", {})
    if list(value) != list(properties):
        return [f"{at}: has {list(value)}, wants {list(properties)}"]
    each = (problems(value[name], child, root, f"{at}.{name}") for name, child in properties.items())
    return [problem for found in each for problem in found]


def _string_problems(value: str, schema: dict[str, Any], at: str) -> list[str]:
    limit = re.search(r"최대 (\d+)자", schema.get("description", ""))
    if limit and len(value) > int(limit.group(1)):
        return [f"{at}: {len(value)} characters: {value}"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{at}: {value!r} does not match {schema['pattern']}"]
    return []


def _number_problems(value: float, schema: dict[str, Any], at: str) -> list[str]:
    bounds = (
        value >= schema.get("minimum", value),
        value <= schema.get("maximum", value),
        "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"],
        "exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"],
    )
    return [] if all(bounds) else [f"{at}: {value} out of bounds"]
