"""`python -m local trace TASK_ID`: what one task did, from the request to the relay."""

from __future__ import annotations

import argparse
import re

from local.traces.store import TraceStore
from local.traces.tree import draw

FOLDER = "traces"


class TraceError(Exception):
    """There is no such trace; the message says why."""


def trace(options: argparse.Namespace) -> int:
    """Print the newest trace of a task as a tree, or the one of a trace id."""
    store = TraceStore(options.data / FOLDER)
    wanted = options.id.lower()
    ids = [wanted] if re.fullmatch(r"[0-9a-f]{32}", wanted) else store.of_task(wanted)
    lines = draw(store.trace(ids[0])) if ids else []
    if not lines:
        raise TraceError(
            f"no trace of {options.id} in {options.data / FOLDER}: "
            "was the stack started with --traces, and is the task newer than that? (spans come within a second)"
        )
    for line in lines:
        print(line)
    if others := ids[1:]:
        print(f"also in: {' '.join(others)}")
    return 0
