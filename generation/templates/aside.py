"""Checking and rendering templates beside the event loop, which everybody else's requests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

# One, whose thread starts with the first template: Python's threads take turns, and with every other one that computes
# the event loop waits for one more turn.
_ONE = ThreadPoolExecutor(1, thread_name_prefix="templates")


async def aside[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` gives, computed on a thread, one call at a time; it sees the caller's context variables."""
    run = partial(copy_context().run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_ONE, run)
