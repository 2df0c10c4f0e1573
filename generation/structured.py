"""JSON schemas as strict structured output wants them."""

from __future__ import annotations

from typing import Any


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object schema with every property required and no others allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
