"""Starts a supervisor as a process of its own and learns from it whether the stack came up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from local.addresses import Addresses
from local.parent_death import dies_with_parent
from local.programs import ROOT
from local.stack import STACK_FILE


class LaunchError(Exception):
    """The stack did not come up; the message is the supervisor's."""


def launch(data: Path, addresses: Addresses, *, stay: bool) -> dict[str, Any]:
    """Start a stack in the background and return when all of it is ready.

    Args:
        data: its folder.
        addresses: where it listens.
        stay: whether it outlives this process.

    Returns:
        The content of stack.json.

    Raises:
        LaunchError: it did not come up; nothing of it is left.
    """
    data.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    try:
        with (data / "supervisor.log").open("wb") as log:
            process = subprocess.Popen(
                _command(data, addresses, writing),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[writing],
                preexec_fn=None if stay else dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  one thread here
            )
    finally:
        os.close(writing)
    _wait_told(process, reading, data)
    return read_stack(data)


def tell(descriptor: int, error: str | None = None) -> None:
    """Say to whoever launched this supervisor that the stack is up, or why not."""
    with os.fdopen(descriptor, "w") as pipe:
        json.dump({"error": error}, pipe)


def read_stack(data: Path) -> dict[str, Any]:
    """stack.json of a stack that is up.

    Raises:
        FileNotFoundError: none is up here.
    """
    content: dict[str, Any] = json.loads((data / STACK_FILE).read_text())
    return content


def _command(data: Path, addresses: Addresses, descriptor: int) -> list[str]:
    options = {
        "--data": data.absolute(),
        "--port-base": addresses.base,
        "--workers": addresses.workers,
        "--relays": addresses.relays,
        "--report-fd": descriptor,
    }
    given = [str(part) for pair in options.items() for part in pair]
    flags = ["--traces"] if addresses.traces else []
    return [sys.executable, "-m", "local", "up", *given, *flags]


def _wait_told(process: subprocess.Popen[bytes], reading: int, data: Path) -> None:
    with os.fdopen(reading) as pipe:
        try:
            told = pipe.read()
        except BaseException:  # Ctrl-C while waiting: the unfinished stack must not stay behind
            process.terminate()
            process.wait()
            raise
    if told and (error := json.loads(told)["error"]) is None:
        return
    process.wait()
    log = (data / "supervisor.log").read_text(errors="replace").strip()
    raise LaunchError(error if told else f"the supervisor ended before the stack was up:\n{log}")
