"""JSON schemas as strict structured output wants them, and how long answers may be."""

from __future__ import annotations

from typing import Any

# What every model of the capability table can write in one answer (gpt-4o-mini: 16,384).
_MOST_TOKENS = 16_000


def most_tokens(wanted: int) -> int:
    """`wanted` as an answer's limit of tokens, or the most that any model takes."""
    return min(wanted, _MOST_TOKENS)


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object schema with every property required and no others allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
