"""One stand-in process for the contract tests."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Standins:
    """A running stand-in process."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]

    def control(self, **body: Any) -> None:
        """Set latencies and faults."""
        httpx.put(f"{self.url}/_control", json=body).raise_for_status()

    def fault(self, endpoint: str, fault: str) -> None:
        """Let every call of an endpoint suffer one fault."""
        self.control(faults=[{"endpoint": endpoint, "fault": fault}])

    def log(self) -> list[dict[str, Any]]:
        """The captured requests."""
        return list(httpx.get(f"{self.url}/_log").json())


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(data_dir: Path, *more: str) -> Iterator[Standins]:
    """A stand-in process, stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", "local.standins", "--port", str(port), "--data", str(data_dir), *more]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Standins(f"http://127.0.0.1:{port}", data_dir, process)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standins]:
    """The process all tests share."""
    with running(tmp_path_factory.mktemp("standins")) as started:
        yield started


@pytest.fixture
def standins(process: Standins) -> Standins:
    """The process without faults, latencies and log entries."""
    httpx.delete(f"{process.url}/_control").raise_for_status()
    httpx.delete(f"{process.url}/_log").raise_for_status()
    return process
