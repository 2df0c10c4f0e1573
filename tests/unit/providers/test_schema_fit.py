from typing import Any

import pytest

from generation.providers.schema_fit import misfit

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "count": {"type": ["integer", "null"]},
        "price": {"type": "number"},
        "kind": {"enum": ["a", "b"]},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "either": {"anyOf": [{"type": "string"}, {"type": "boolean"}]},
    },
    "required": ["title", "count", "price", "kind", "items", "either"],
    "additionalProperties": False,
    "$defs": {
        "item": {
            "type": "object",
            "properties": {"type": {"const": "x"}},
            "required": ["type"],
            "additionalProperties": False,
        }
    },
}
GOOD: dict[str, Any] = {
    "title": "t",
    "count": None,
    "price": 1,
    "kind": "a",
    "items": [{"type": "x"}],
    "either": False,
}


def test_what_fits_has_no_misfit() -> None:
    """A value of the schema's structure passes."""
    assert misfit(GOOD, SCHEMA) is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": 1}, "$.title"),
        ({"count": True}, "$.count"),
        ({"count": 1.5}, "$.count"),
        ({"price": "1"}, "$.price"),
        ({"kind": "c"}, "$.kind"),
        ({"items": [{"type": "x"}, {"type": "y"}]}, "$.items[1].type"),
        ({"items": [{}]}, "$.items[0].type"),
        ({"items": {}}, "$.items"),
        ({"either": 3}, "$.either"),
        ({"extra": 3}, "$.extra"),
    ],
)
def test_place_of_the_misfit_is_named(change: dict[str, Any], place: str) -> None:
    """Wrong type, enum, const, missing, extra: each is named by its path."""
    assert misfit({**GOOD, **change}, SCHEMA) == place


def test_missing_property_is_named() -> None:
    """Strict schemas require every property."""
    assert misfit({name: value for name, value in GOOD.items() if name != "kind"}, SCHEMA) == "$.kind"


def test_recursive_schemas_end() -> None:
    """A schema that refers to itself ends with the value."""
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["children"],
    }
    assert (
        misfit({"children": [{"children": []}, {"children": [{}]}]}, tree)
        == "$.children[1].children[0].children"
    )
