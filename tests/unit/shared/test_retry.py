"""Backoff with jitter, Retry-After, and the total time limit, on a clock that does not tick."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.errors import PermanentError, TransientError
from shared.retry import RetryPolicy, retry


class Calls:
    """A call that fails with the given errors, then answers; remembers the waits."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0
        self.waits: list[float] = []

    async def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def run(self, policy: RetryPolicy) -> Awaitable[str]:
        return retry(self, policy, jitter=lambda: 1.0, sleep=self.sleep)


POLICY = RetryPolicy(attempts=4, base=0.5, cap=1.5, deadline=60.0)


async def test_transient_errors_are_tried_again_with_growing_waits() -> None:
    """0.5, 1, then the cap."""
    calls = Calls(*[TransientError("x")] * 3)
    assert await calls.run(POLICY) == "answer"
    assert calls.waits == [0.5, 1.0, 1.5]


async def test_the_last_error_is_raised_when_the_tries_are_used_up() -> None:
    """Four calls, no more."""
    calls = Calls(*[TransientError(f"try {n}") for n in range(9)])
    with pytest.raises(TransientError, match="try 3"):
        await calls.run(POLICY)
    assert calls.count == 4


async def test_permanent_errors_are_not_tried_again() -> None:
    """One call."""
    calls = Calls(PermanentError("quota"))
    with pytest.raises(PermanentError):
        await calls.run(POLICY)
    assert calls.count == 1


async def test_retry_after_is_obeyed() -> None:
    """The wait is never shorter than what the other side asked for."""
    calls = Calls(TransientError("429", retry_after=7.0))
    await calls.run(POLICY)
    assert calls.waits[0] >= 7.0


async def test_a_retry_after_beyond_the_deadline_ends_the_tries() -> None:
    """Waiting that cannot help is not begun."""
    calls = Calls(TransientError("429", retry_after=3600.0))
    with pytest.raises(TransientError):
        await calls.run(POLICY)
    assert (calls.count, calls.waits) == (1, [])


async def test_a_call_that_never_answers_is_ended() -> None:
    """One call cannot outlast the whole time limit."""
    never: Callable[[], Awaitable[None]] = asyncio.Event().wait  # type: ignore[assignment]
    with pytest.raises(TransientError) as caught:
        await retry(never, RetryPolicy(deadline=0.05))
    assert caught.value.code == "deadline_exceeded"
