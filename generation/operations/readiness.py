"""Whether everything the service depends on answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from shared.errors import AppError

_PATIENCE_SECONDS = 3.0


class Dependency(Protocol):
    """Something that can be asked whether it is there."""

    async def ping(self) -> float:
        """Seconds it took to answer; UnavailableError if it does not."""


async def readiness(dependencies: Mapping[str, Dependency]) -> dict[str, Any]:
    """`{status: UP|DOWN, dependencies: {name: {status, latency_ms | reason}}}`, all asked at once."""
    states = await asyncio.gather(*(_state(dependency) for dependency in dependencies.values()))
    up = all(state["status"] == "UP" for state in states)
    return {"status": "UP" if up else "DOWN", "dependencies": dict(zip(dependencies, states, strict=True))}


async def _state(dependency: Dependency) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            seconds = await dependency.ping()
    except TimeoutError:
        return {"status": "DOWN", "reason": f"no answer within {_PATIENCE_SECONDS:g} s"}
    except AppError as error:
        return {"status": "DOWN", "reason": error.message}
    return {"status": "UP", "latency_ms": round(seconds * 1000, 1)}
