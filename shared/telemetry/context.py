"""Where one is in a trace: W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context/).

The context goes with the code by a context variable: into tasks that are created, and into the threads of
shared/db/pool.py. Between processes it travels as a `traceparent`: HTTP header, field of the queue message,
CloudEvents attribute, AMQP application property.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$", re.ASCII)
_SAMPLED = 1

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def traceparent(incoming: str | None = None) -> str:
    """The caller's trace context if it is one, else that of a new trace."""
    return valid(incoming) or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def valid(incoming: str | None) -> str | None:
    """`incoming` if it is a trace context, else None."""
    return incoming if incoming and _TRACEPARENT.fullmatch(incoming) else None


def is_sampled(context: str) -> bool:
    """Whether whoever made this context records its spans (the `sampled` flag)."""
    return bool(int(context[-2:], 16) & _SAMPLED)


def trace_id(context: str) -> str:
    """The trace's id, 32 hex digits."""
    return context[3:35]


def current() -> str | None:
    """The trace context this code runs in, or None."""
    return _current.get()


@contextmanager
def running_in(context: str | None) -> Iterator[None]:
    """Run a block in a trace context."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
