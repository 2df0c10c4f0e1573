"""Starts fake stacks and makes sure that none outlives its test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.addresses import Addresses, free_base, is_free
from local.leftovers import started_at
from local.programs import ROOT
from local.stopping import stop_stack


def wait_until(true: Callable[[], bool], what: str, timeout: float = 20.0) -> None:
    """Wait for a condition; fail with `what` when it does not come."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, f"timed out waiting for: {what}"
        time.sleep(0.01)


class FakeStack:
    """A supervisor of fake programs in a process of its own.

    Args:
        data: its folder.
        programs: the programs' descriptions, see fake_stack.py.
        base: its port base.
    """

    def __init__(self, data: Path, programs: list[dict[str, Any]], base: int) -> None:
        self.data = data
        self.ports = Addresses(base).ports
        self.output_file = data.with_suffix(f".{os.urandom(4).hex()}.out")
        data.mkdir(exist_ok=True)
        (data / "programs.json").write_text(json.dumps(programs))
        arguments = [str(data), str(data / "programs.json"), str(base)]
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("fake_stack.py")), *arguments],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    @property
    def output(self) -> str:
        """Everything the supervisor has said."""
        return self.output_file.read_text()

    @property
    def journal(self) -> list[str]:
        """What the fake programs noted, in order."""
        path = self.data / "journal"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def stack(self) -> dict[str, Any]:
        """The content of stack.json."""
        content: dict[str, Any] = json.loads((self.data / "stack.json").read_text())
        return content

    def wait_up(self) -> None:
        """Wait until the supervisor announces that everything is ready."""
        wait_until(lambda: "up\n" in self.output or self.process.poll() is not None, "the stack")
        assert self.process.poll() is None, self.output

    def pid_in_log(self, name: str) -> int:
        """The process id that a program has logged."""
        log = self.data / "logs" / f"{name}.log"
        wait_until(lambda: log.exists() and log.read_text().strip() != "", "an id in the log")
        return int(log.read_text().split()[0])

    def assert_gone(self) -> None:
        """No port is taken, and neither stack.json nor the control socket is there."""
        assert [port for port in self.ports.values() if not is_free(port)] == []
        assert not (self.data / "stack.json").exists()
        assert not (self.data / "control.sock").exists()


@pytest.fixture
def fake_stack(tmp_path: Path) -> Iterator[Callable[..., FakeStack]]:
    """Starts fake stacks; whatever is left of them is ended after the test."""
    started: list[FakeStack] = []
    base = free_base(2, 2)

    def start(programs: list[dict[str, Any]], data: str = "data", port_base: int | None = None) -> FakeStack:
        started.append(FakeStack(tmp_path / data, programs, port_base or base))
        return started[-1]

    yield start
    for stack in started:
        if stack.process.poll() is None:
            stack.process.send_signal(signal.SIGTERM)
            try:
                stack.process.wait(20)
            except subprocess.TimeoutExpired:
                stack.process.kill()
                stack.process.wait()
        stop_stack(stack.data)


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    return started_at(pid) is not None
