"""Ends what a supervisor that was killed could not end itself (where the kernel did not do it already).

Every process of a stack is on record with the moment it was started, so that a process id which meanwhile belongs
to someone else is left alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from local.atomic import write_json

_NAME = "children.json"
_WAIT = 10.0  # seconds for the killed to be gone


def record(data: Path, pids: Iterable[int]) -> None:
    """Put these processes on record as the present ones of this data folder."""
    write_json(data / _NAME, {str(pid): started for pid in pids if (started := started_at(pid))})


def forget(data: Path) -> None:
    """Clear the record: everything on it has ended."""
    (data / _NAME).unlink(missing_ok=True)


def sweep(data: Path) -> list[int]:
    """Kill every process on record that still is the one recorded; return when they are gone.

    Returns:
        The process ids that were alive.
    """
    try:
        recorded: dict[str, str] = json.loads((data / _NAME).read_text())
    except (FileNotFoundError, ValueError):
        return []
    alive = [int(pid) for pid, started in recorded.items() if started_at(int(pid)) == started]
    for pid in alive:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    deadline = time.monotonic() + _WAIT
    while any(started_at(pid) for pid in alive) and time.monotonic() < deadline:
        time.sleep(0.02)
    forget(data)
    return alive


def started_at(pid: int) -> str | None:
    """When the process was started, in whatever unit the system has; None when it does not run (any more)."""
    if not Path("/proc/self/stat").exists():
        return _started_at_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # proc_pid_stat(5): the name in brackets may hold anything; state is the 3rd field, start time the 22nd.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _started_at_by_ps(pid: int) -> str | None:
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip() or None
