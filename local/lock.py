"""One supervisor per data folder: a lock that the kernel drops when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_NAME = "supervisor.lock"


class AlreadyRunningError(Exception):
    """A supervisor holds this data folder.

    Attributes:
        pid: its process id, 0 when it has not said so yet.
    """

    def __init__(self, data: Path, pid: int) -> None:
        super().__init__(
            f"a stack is already running in {data} (process {pid}); "
            "stop it with `down`, or choose another folder with --data"
        )
        self.pid = pid


@contextlib.contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the folder's lock for the length of the block; the folder is made when missing.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(data, _pid(descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(data: Path) -> int | None:
    """The process id of the folder's supervisor; None when there is none."""
    try:
        descriptor = os.open(data / _NAME, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(descriptor)
    finally:
        os.close(descriptor)
    return None


def wait_released(data: Path, timeout: float) -> bool:
    """Wait until no supervisor holds the folder; False when one still does after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while holder(data) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _pid(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else 0
