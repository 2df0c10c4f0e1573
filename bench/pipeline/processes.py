"""Processes on cores: which belong to a stack, where they run, what they have used (proc_pid_stat in proc(5))."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> set[int]:
    """A process and everything it has started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
    found, left = set(), [pid]
    while left:
        found.add(current := left.pop())
        left += children.get(current, [])
    return found


def pin(pids: Iterable[int], core: int) -> None:
    """Keep every thread of these processes on one core; what they start later inherits it."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.sched_setaffinity(int(task.name), {core})


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) * _TICK


@dataclass(frozen=True, slots=True)
class CoreUse:
    """What one core has done so far, in seconds."""

    busy: float
    idle: float


def core_use(core: int) -> CoreUse:
    """All work on a core, whoever's (proc_stat in proc(5))."""
    line = next(
        line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} ")
    )
    user, nice, system, idle, waiting, *others = (int(value) * _TICK for value in line.split()[1:])
    return CoreUse(user + nice + system + sum(others[:3]), idle + waiting)


def _fields(stat: Path) -> list[str]:
    """The fields after the command's name, which may hold anything."""
    return stat.read_text().rpartition(")")[2].split()
