"""Ends the stack of a data folder from another process."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from local import leftovers, lock
from local.control import NotRunningError, ask
from local.stack import STACK_FILE

_LIMIT = 60.0  # seconds; longer than all stop timeouts of a stack one after the other


def stop_stack(data: Path) -> bool:
    """Stop the stack of this folder, and whatever a killed supervisor left behind.

    Returns:
        Whether there was anything to stop.
    """
    pid = lock.holder(data)
    if pid is not None:
        _ask_to_stop(data, pid)
        if not lock.wait_released(data, _LIMIT):
            _signal(pid, signal.SIGKILL)
            lock.wait_released(data, _LIMIT)
    left = leftovers.sweep(data)
    (data / STACK_FILE).unlink(missing_ok=True)
    return pid is not None or bool(left)


def _ask_to_stop(data: Path, pid: int) -> None:
    try:
        ask(data, {"command": "down"}, timeout=5)
    except NotRunningError:  # it is only just starting, or hangs
        _signal(pid, signal.SIGTERM)


def _signal(pid: int, number: signal.Signals) -> None:
    if pid:  # 0 is a supervisor that has not said who it is; to the kernel it is our own process group
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
