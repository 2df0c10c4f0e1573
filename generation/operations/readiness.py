"""Whether everything the service depends on answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import ValidationError

from shared.errors import AppError

_PATIENCE_SECONDS = 3.0


class Dependency(Protocol):
    """Something that can be asked whether it is there."""

    async def ping(self) -> float:
        """Seconds it took to answer; UnavailableError if it does not."""
        ...


type Opened = Callable[[], Dependency]


async def readiness(dependencies: Mapping[str, Opened]) -> dict[str, Any]:
    """`{status: UP|DOWN, dependencies: {name: {status, latency_ms | reason}}}`, all asked at once.

    Args:
        dependencies: by name, what gives it; giving it may already show that a setting is missing.
    """
    states = await asyncio.gather(*(_state(opened) for opened in dependencies.values()))
    up = all(state["status"] == "UP" for state in states)
    return {"status": "UP" if up else "DOWN", "dependencies": dict(zip(dependencies, states, strict=True))}


async def _state(opened: Opened) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            seconds = await opened().ping()
    except TimeoutError:
        return {"status": "DOWN", "reason": f"no answer within {_PATIENCE_SECONDS:g} s"}
    except AppError as error:
        return {"status": "DOWN", "reason": error.message}
    except ValidationError as error:
        # The names of settings, never their values.
        names = sorted({str(part) for detail in error.errors() for part in detail["loc"]})
        return {"status": "DOWN", "reason": f"settings missing or wrong: {', '.join(names)}"}
    return {"status": "UP", "latency_ms": round(seconds * 1000, 1)}
