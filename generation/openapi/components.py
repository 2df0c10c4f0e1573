"""pydantic models as components/schemas, each under its own name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

_TEMPLATE = "#/components/schemas/{model}"


def reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to a model's component."""
    return {"$ref": _TEMPLATE.format(model=model.__name__)}


def schemas(bodies: Iterable[type[BaseModel]], answers: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """components/schemas: what is taken as it is validated, what is given as it is written."""
    return _schemas(bodies, "validation") | _schemas(answers, "serialization")


def _schemas(
    models: Iterable[type[BaseModel]], mode: Literal["validation", "serialization"]
) -> dict[str, Any]:
    unique = sorted(set(models), key=lambda model: model.__name__)
    _, found = models_json_schema([(model, mode) for model in unique], ref_template=_TEMPLATE)
    return {name: _tidied(schema) for name, schema in found["$defs"].items()}


def _tidied(value: Any, *, named: bool = False) -> Any:
    """Without titles, which only repeat the names, and defaults that say null; names of entries as `propertyNames`."""
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    if named:
        return {name: _tidied(schema) for name, schema in value.items()}
    if len(patterns := value.get("patternProperties", {})) == 1:
        value = _with_names(value, *patterns.items())
    dropped = {"title", *(("default",) if value.get("default", 0) is None else ())}
    return {
        key: _tidied(item, named=key == "properties") for key, item in value.items() if key not in dropped
    }


def _with_names(schema: dict[str, Any], entry: tuple[str, Any]) -> dict[str, Any]:
    """Pydantic says how a dictionary's names look by `patternProperties`, and so lets every other name pass."""
    pattern, values = entry
    names = {**schema.get("propertyNames", {}), "pattern": pattern}
    rest = {key: item for key, item in schema.items() if key != "patternProperties"}
    return {**rest, "propertyNames": names, "additionalProperties": values}
