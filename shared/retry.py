"""Retrying named transient errors: exponential backoff with full jitter, Retry-After obeyed, a total time limit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long.

    Attributes:
        attempts: calls in all, the first included.
        base: seconds; the n-th wait is drawn from 0..base*2^n ("Exponential Backoff And Jitter", AWS).
        cap: seconds; no wait drawn is longer.
        deadline: seconds for everything, waits included; a Retry-After beyond it ends the tries.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 8.0
    deadline: float = 180.0

    def wait(self, failures: int, retry_after: float | None, jitter: float) -> float:
        """Seconds to wait after the `failures`-th failure; `jitter` is in 0..1."""
        drawn = min(self.cap, self.base * 2.0 ** (failures - 1)) * jitter
        return drawn if retry_after is None else retry_after + drawn / 10


async def retry[T](
    call: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    *,
    jitter: Callable[[], float] = random.random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Await `call()` until it returns, raises something that is not transient, or the policy ends it.

    Raises:
        TransientError: the last one; `deadline_exceeded` when a single call outlasted the whole time limit.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + policy.deadline
    failures = 0
    while True:
        try:
            async with asyncio.timeout_at(ends):
                return await call()
        except TimeoutError as error:
            raise TransientError("it took too long", code="deadline_exceeded") from error
        except TransientError as error:
            failures += 1
            wait = policy.wait(failures, error.retry_after, jitter())
            if failures >= policy.attempts or loop.time() + wait >= ends:
                raise
        await sleep(wait)
