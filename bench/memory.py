"""Memory of a process as the kernel counts it (proc_pid_smaps_rollup in proc(5); Linux 4.14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

_FIELD = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)
_KB = 1024 / 1e6  # the kernel's kB in MB of 10^6 bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MB (10^6 bytes).

    Attributes:
        rss: every resident page; what an instance's limit is compared with.
        pss: pages shared with other processes counted in part.
        uss: pages of this process alone; what ending it would free.
    """

    rss: float
    pss: float
    uss: float


def read_memory(pid: int) -> Memory:
    """The memory of a running process.

    Raises:
        BenchError: there is no such process, or this system does not tell.
    """
    try:
        return parse_smaps(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
    except OSError as exc:
        raise BenchError(f"the memory of process {pid} cannot be read: {exc.strerror}") from exc


def parse_smaps(text: str) -> Memory:
    """The memory in the text of a smaps_rollup file.

    Raises:
        BenchError: a field is missing.
    """
    kilobytes = {name: int(value) for name, value in _FIELD.findall(text)}
    try:
        uss = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
        return Memory(kilobytes["Rss"] * _KB, kilobytes["Pss"] * _KB, uss * _KB)
    except KeyError as exc:
        raise BenchError(f"smaps_rollup has no field {exc}") from exc
