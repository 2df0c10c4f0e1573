"""Checking templates beside the event loop."""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from generation.templates.aside import aside

asking: ContextVar[str] = ContextVar("asking")


async def test_one_template_is_checked_at_a_time() -> None:
    """However many ask at once, one thread computes, and not the event loop's."""
    at_once, most, threads = 0, 0, set()

    def work(number: int) -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        threads.add(threading.current_thread())
        time.sleep(0.01)
        at_once -= 1
        return number

    assert await asyncio.gather(*(aside(work, number) for number in range(8))) == list(range(8))
    assert most == 1
    assert threading.current_thread() not in threads


async def test_errors_and_context_come_through() -> None:
    """What is raised reaches who asked, and what is known of the request is known on the thread."""
    asking.set("request 7")

    def fail() -> None:
        raise ValueError(asking.get())

    with pytest.raises(ValueError, match="request 7"):
        await aside(fail)
