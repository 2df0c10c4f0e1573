"""Reading the log files of a stack: the last lines, and what is written after them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

_LOOK_EVERY = 0.1  # seconds


class LogFile:
    """One process's log, read on from where it was read last.

    Args:
        path: the file; it may be replaced by a new one while it is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.stem
        self._offset = 0

    def new_lines(self) -> list[str]:
        """The complete lines written since the last call; all of them on the first."""
        if not self.path.exists():
            return []
        if self.path.stat().st_size < self._offset:  # a new file
            self._offset = 0
        with self.path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        complete = content[: content.rfind(b"\n") + 1]
        self._offset += len(complete)
        return complete.decode(errors="replace").splitlines()


def last_lines(files: Sequence[LogFile], count: int) -> Iterator[str]:
    """The last `count` lines of each file, with its name before them when there are several files."""
    for file in files:
        lines = file.new_lines()
        yield from _labelled(file, lines[-count:] if count > 0 else [], alone=len(files) == 1)


def follow(files: Sequence[LogFile]) -> Iterator[str]:
    """Every further line as it is written, without end."""
    while True:
        for file in files:
            yield from _labelled(file, file.new_lines(), alone=len(files) == 1)
        time.sleep(_LOOK_EVERY)


def _labelled(file: LogFile, lines: Sequence[str], *, alone: bool) -> Iterator[str]:
    return (line if alone else f"{file.name:<12} {line}" for line in lines)
