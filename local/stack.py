"""One stack from its first process to its last: lock, ports, start, stack.json, control, stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import leftovers, lock
from local.addresses import Addresses, require_free
from local.atomic import write_json
from local.child import StartError
from local.control import listen
from local.programs import Program
from local.supervisor import Supervisor

STACK_FILE = "stack.json"
INTERRUPTED = 130  # the shell's exit code for a program ended by SIGINT


@dataclass(frozen=True, slots=True)
class StackPlan:
    """A stack that could be started.

    Attributes:
        data: the folder that holds everything it keeps.
        addresses: where it listens.
        programs: what it consists of.
        facts: what stack.json says besides the process ids.
    """

    data: Path
    addresses: Addresses
    programs: tuple[Program, ...]
    facts: Mapping[str, Any] = field(repr=False)


class Stack:
    """A stack that this process supervises.

    Args:
        plan: what to run.
        say: shows a line to whoever watches.
    """

    def __init__(self, plan: StackPlan, *, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._file = plan.data / STACK_FILE
        self._announced = False
        self._end = asyncio.Event()
        self._supervisor = Supervisor(
            plan.programs, plan.data / "logs", on_change=self._changed, on_death=self._died
        )

    async def run(self, announce: Callable[[], None]) -> int:
        """Start everything, call `announce` when all of it is ready, keep it until a signal or `down`.

        Returns:
            0 after a good life, 130 when interrupted before it was ready.

        Raises:
            AlreadyRunningError: another supervisor has the data folder.
            AddressError: a port is taken; nothing was started.
            StartError: a process did not come up; everything was stopped again.
        """
        with lock.hold(self._plan.data):
            self._clear()
            require_free(self._plan.addresses)
            with self._signals():
                async with listen(self._plan.data, self._answer):
                    try:
                        return await self._live(announce)
                    finally:
                        await self._stop()
                        self._say("stopped")

    def _clear(self) -> None:
        self._file.unlink(missing_ok=True)
        if swept := leftovers.sweep(self._plan.data):
            self._say(f"ended {len(swept)} processes that an earlier stack left behind")
        for log in (self._plan.data / "logs").glob("*.log"):
            log.replace(log.with_suffix(".log.1"))

    async def _live(self, announce: Callable[[], None]) -> int:
        start, end = asyncio.create_task(self._supervisor.start()), asyncio.create_task(self._end.wait())
        try:
            await asyncio.wait({start, end}, return_when=asyncio.FIRST_COMPLETED)
            if not start.done():
                return INTERRUPTED
            start.result()
            self._announced = True
            self._changed()
            announce()
            await end
            self._say("stopping")
            return 0
        finally:
            start.cancel()
            end.cancel()
            await asyncio.wait({start, end})

    async def _stop(self) -> None:
        """Stop everything; a signal that comes now means that good order takes too long."""
        self._file.unlink(missing_ok=True)
        self._announced = False
        self._end.clear()
        stopping = asyncio.create_task(self._supervisor.stop())
        impatient = asyncio.create_task(self._end.wait())
        await asyncio.wait({stopping, impatient}, return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            await self._supervisor.stop(kill=True)
        impatient.cancel()
        await stopping
        leftovers.forget(self._plan.data)

    def _changed(self) -> None:
        pids = self._supervisor.pids
        leftovers.record(self._plan.data, pids.values())
        if self._announced:
            write_json(self._file, {**self._plan.facts, "supervisor_pid": os.getpid(), "pids": pids})

    def _died(self, line: str) -> None:
        self._say(line)

    async def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request:
            case {"command": "status"}:
                return {"ready": self._announced, "processes": self._supervisor.report()}
            case {"command": "restart", "name": str(name)}:
                return await self._restart(name)
            case {"command": "down"}:
                self._end.set()
                return {}
            case _:
                return {"error": "unknown request"}

    async def _restart(self, name: str) -> dict[str, Any]:
        names = list(self._supervisor.pids)
        if name not in names:
            return {"error": f"there is no process {name!r}; there are {', '.join(names)}"}
        if not self._announced:
            return {"error": "the stack is not up yet"}
        try:
            await self._supervisor.restart(name)
        except StartError as exc:
            return {"error": str(exc)}
        return {"pid": self._supervisor.pids[name]}

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
            handled.append(signal.SIGHUP)
        for number in handled:
            loop.add_signal_handler(number, self._end.set)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)
