"""Runs a program in a process of its own and learns what it cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import BenchError


@dataclass(frozen=True, slots=True)
class Finished:
    """A child that ended well.

    Attributes:
        wall: seconds from before its start until its end.
        cpu: user and system seconds of the child and its children.
        output: what it wrote to stdout.
        errors: what it wrote to stderr.
    """

    wall: float
    cpu: float
    output: str
    errors: str

    @property
    def report(self) -> dict[str, Any]:
        """The JSON object on the last line of its output.

        Raises:
            BenchError: there is none.
        """
        lines = self.output.strip().splitlines()
        try:
            report = json.loads(lines[-1])
        except (IndexError, ValueError) as exc:
            raise BenchError(f"the child reported no JSON: {self.output[-500:]!r}") from exc
        if not isinstance(report, dict):
            raise BenchError(f"the child reported no JSON object: {report!r}")
        return report


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    limit: float = 120.0,
    order: Mapping[str, Any] | None = None,
) -> Finished:
    """Run a command to its end, with nothing but `environment` in its environment.

    Args:
        command: program and arguments.
        environment: all of it.
        limit: seconds it may take.
        order: what it reads on stdin, as JSON; by default there is nothing to read.

    Raises:
        BenchError: it did not end in time or failed; the message holds the end of its stderr.
    """
    before, began = _children_cpu(), time.perf_counter()
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            input="" if order is None else json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            timeout=limit,
        )
    except subprocess.TimeoutExpired as exc:
        raise BenchError(f"{_name(command)} did not end within {limit:g} s") from exc
    wall, cpu = time.perf_counter() - began, _children_cpu() - before
    if done.returncode != 0:
        raise BenchError(f"{_name(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return Finished(wall, cpu, done.stdout, done.stderr)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _name(command: Sequence[str]) -> str:
    return " ".join(os.path.basename(part) for part in command[:4])  # noqa: PTH119  a command's words, not paths
