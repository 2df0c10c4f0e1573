"""Numbers that a JSON schema's bounds allow (JSON Schema Validation 2020-12, section 6.2)."""

from __future__ import annotations

import math
from typing import Any


def within(value: float, schema: dict[str, Any], *, whole: bool) -> float:
    """The number nearest to `value` that the schema's bounds allow."""
    step = schema.get("multipleOf") or (1 if whole else 0)
    low, high = _bound(schema, "minimum", step, 1), _bound(schema, "maximum", step, -1)
    value = max(value, low) if low is not None else value
    value = min(value, high) if high is not None else value
    if not step:
        return value
    value = math.ceil(value / step - 1e-9) * step
    return value - step if high is not None and value > high else value


def _bound(schema: dict[str, Any], name: str, step: float, direction: int) -> float | None:
    exclusive = schema.get(f"exclusive{name[0].upper()}{name[1:]}")
    inclusive = schema.get(name)
    bounds = [] if inclusive is None else [float(inclusive)]
    if isinstance(exclusive, int | float) and not isinstance(exclusive, bool):
        margin = step or max(1e-6, abs(exclusive) * 1e-6)
        bounds.append(exclusive + direction * margin)
    if not bounds:
        return None
    return max(bounds) if direction > 0 else min(bounds)
