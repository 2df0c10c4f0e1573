"""One running process of the stack: started with its log, watched until ready, stopped within a bound."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from local.parent_death import dies_with_parent
from local.programs import ROOT, Program

_LOOK_EVERY = 0.025  # seconds between two looks at whether it is ready
_TAIL_LINES = 15
_TAIL_BYTES = 8192


class StartError(Exception):
    """A process did not come up; the message names it and shows the end of its log."""


class Child:
    """A program and, while it runs, its process.

    Args:
        program: what to run.
        log: the file its output is appended to.
    """

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.ready = False
        self.stopping = False
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """The process id of the present or latest run."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """How the latest run ended: its status, or minus the signal; None while it runs or before the first."""
        return self._process.returncode if self._process else None

    @property
    def running(self) -> bool:
        """Whether there is a live process."""
        return self._process is not None and self._process.returncode is None

    @property
    def state(self) -> str:
        """One word for people: waiting, starting, ready, done, stopped, dead."""
        if self.running:
            return "ready" if self.ready else "starting"
        if self._process is None:
            return "waiting"
        if self.program.is_job and self.exit_code == 0:
            return "done"
        return "stopped" if self.stopping else "dead"

    async def start(self) -> None:
        """Start the process; it leads a process group of its own and dies when this process does.

        Raises:
            StartError: the program cannot be executed.
        """
        self.ready = self.stopping = False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.program.command,
                    env=dict(self.program.environment),
                    cwd=ROOT,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=dies_with_parent(),
                )
            except OSError as exc:
                raise StartError(f"{self.program.name} cannot be started: {exc}") from exc

    async def wait_ready(self, timeout: float) -> None:  # noqa: ASYNC109  the limit is part of the error message
        """Return when it works (a job: when it has ended well).

        Raises:
            StartError: it ended before, or is not ready after `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                await (self._job_done() if self.program.ready is None else self._look_until_ready())
        except TimeoutError:
            raise StartError(f"{self.program.name} was not ready after {timeout:g} s{self.tail()}") from None

    async def ended(self) -> int:
        """Wait for the present run to end, and end what it may have left behind; its exit code."""
        if self._process is None:
            return 0
        code = await self._process.wait()
        self._kill_group(self._process.pid)
        return code

    async def stop(self, *, kill: bool = False) -> None:
        """End the process and whatever it started: in good order at first, after its time limit by SIGKILL."""
        if self._process is None or not self.running:
            return
        self.stopping = True
        if not kill:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self.program.stop_signal)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.program.stop_timeout):
                    await self._process.wait()
        self._kill_group(self._process.pid)
        await self._process.wait()

    def tail(self) -> str:
        """The end of what the present run has logged, indented, after a colon; empty when it logged nothing."""
        with contextlib.suppress(FileNotFoundError), self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()[-_TAIL_LINES:]
            return ":\n" + "\n".join(f"    {line}" for line in lines) if lines else ""
        return ""

    @staticmethod
    def _kill_group(leader: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)

    async def _job_done(self) -> None:
        if code := await self.ended():
            raise StartError(f"{self.program.name} failed ({describe_exit(code)}){self.tail()}")
        self.ready = True

    async def _look_until_ready(self) -> None:
        if (look := self.program.ready) is None:
            return
        while True:
            if self.exit_code is not None:
                raise StartError(f"{self.program.name} ended ({describe_exit(self.exit_code)}){self.tail()}")
            if await look(self._log_start):
                self.ready = True
                return
            await asyncio.sleep(_LOOK_EVERY)


def describe_exit(code: int) -> str:
    """An exit code in words: `exit code 1`, or `killed by SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
