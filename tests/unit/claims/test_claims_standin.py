"""The local stand-in writes honest copy: over all sample products and templates nothing is found."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generation.claims.check import Finding, find_claims
from generation.facts import Fact
from generation.pages.facts import number_facts
from generation.pages.requests import Product
from generation.templates.library_files import read_library
from generation.templates.models import Template
from generation.templates.schema import slot_schema
from local.standins.copywriting.answers import answer_to

ROOT = Path(__file__).parents[3]
PRODUCTS = [
    json.loads(line)
    for line in (ROOT / "local/samples/products.jsonl").read_text("utf-8").splitlines()
    if line
]
SEEDS = range(2)
TEMPLATES = read_library().templates


def write(product: Product, known: Sequence[Fact], template: Template, **told: Any) -> Any:
    """The stand-in's slot values for one block; `told` joins the request's data."""
    data: Mapping[str, Any] = {
        "product": {"name": product.name, "category": product.category, "price_krw": product.price_krw},
        "facts": [fact.model_dump() for fact in known],
        "block": {"block_type": template.block_type, "template_name": template.name, "brief": ""},
        "options": {},
        **told,
    }
    schema = {
        "type": "object",
        "properties": {"slots": slot_schema(template)},
        "required": ["slots"],
        "additionalProperties": False,
    }
    body = {
        "messages": [{"role": "user", "content": json.dumps(data, ensure_ascii=False)}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "block", "strict": True, "schema": schema},
        },
    }
    seed = hashlib.sha256(json.dumps([data, told], ensure_ascii=False).encode()).hexdigest()
    return json.loads(answer_to(body, "block", seed, []))["slots"]


@pytest.mark.parametrize("entry", PRODUCTS, ids=[entry["product_id"] for entry in PRODUCTS])
def test_honest_copy_has_no_findings(entry: dict[str, Any]) -> None:
    """A finding here is a false alarm of the checker, or a false claim of the stand-in."""
    product = Product.model_validate(entry)
    known = number_facts(product, [])
    found: list[Finding] = []
    for template in TEMPLATES:
        for seed in SEEDS:
            found += find_claims(write(product, known, template, seed=seed), known)
    assert [(each.slot, each.code, each.text, each.sentence) for each in found] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.template_id for template in TEMPLATES])
def test_copy_of_another_product_is_found_out(template: Template) -> None:
    """Copy full of one product's figures does not pass for another's, where the template states figures at all."""
    cup, fan = (Product.model_validate(PRODUCTS[index]) for index in (0, 4))
    written = write(fan, number_facts(fan, []), template)
    own = json.dumps(written, ensure_ascii=False)
    figures = [each for each in ("780g", "125x125x360mm", "XU200000-26002") if each in own]
    found = find_claims(written, number_facts(cup, []))
    assert len(found) >= len(figures)
