"""A server of the bench as a process: started, pinned, and what it uses (proc_pid_schedstat in proc(5))."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.memory import Memory, read_memory
from bench.pipeline.processes import descendants, pin
from local.programs import ROOT

_STOP_LIMIT = 15.0


class Server:
    """A running server with everything it has started.

    Args:
        process: its first process.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def pin(self, core: int) -> None:
        """Keep it on one core."""
        pin(descendants(self._process.pid), core)

    def cpu(self) -> float:
        """Seconds of CPU its threads have used so far, to the nanosecond."""
        return sum(_thread_seconds(pid) for pid in descendants(self._process.pid))

    def memory(self) -> Memory:
        """Of all its processes together."""
        parts = [read_memory(pid) for pid in descendants(self._process.pid)]
        return Memory(*(sum(getattr(part, kind) for part in parts) for kind in ("rss", "pss", "uss")))

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in descendants(self._process.pid))


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a server; what it writes goes to stderr."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    try:
        yield Server(process)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _thread_seconds(pid: int) -> float:
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # the thread has just ended
            total += int(task.read_text().split()[0])
    return total / 1e9
