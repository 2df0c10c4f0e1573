"""Starts the programs of a stack in parallel, each after what it needs; watches them; stops them in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local.child import Child, StartError, describe_exit
from local.programs import Program

_START_LIMIT = 60.0  # seconds for one program; ten times what the slowest takes on a loaded machine


class Supervisor:
    """The processes of one stack.

    Args:
        programs: what to run; `after` names form no circle.
        logs: the folder of the log files, one per program.
        on_change: called whenever a process was started or has ended.
        on_death: called with a line for people when a process ends that nobody asked to end.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        logs: Path,
        *,
        on_change: Callable[[], None] = lambda: None,
        on_death: Callable[[str], None] = print,
        start_limit: float = _START_LIMIT,
    ) -> None:
        self.children = {program.name: Child(program, logs / f"{program.name}.log") for program in programs}
        self._on_change = on_change
        self._on_death = on_death
        self._start_limit = start_limit
        self._watches: dict[str, asyncio.Task[None]] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The process id of every program that stays, by name; of a dead one the last."""
        return {
            name: child.pid for name, child in self.children.items() if child.pid and not child.program.is_job
        }

    def report(self) -> list[dict[str, Any]]:
        """Every program's name, state, pid, port, exit code and log, in start order."""
        return [
            {
                "name": name,
                "state": child.state,
                "pid": child.pid,
                "port": child.program.port,
                "exit": describe_exit(child.exit_code) if child.exit_code is not None else None,
                "log": str(child.log),
            }
            for name, child in self.children.items()
        ]

    async def start(self) -> None:
        """Start everything; return when all of it is ready.

        Raises:
            StartError: a program did not come up; the others may still run, so `stop` must follow.
        """
        done = {name: asyncio.Event() for name in self.children}

        async def bring_up(child: Child) -> None:
            for name in child.program.after:
                await done[name].wait()
            await self._start(child)
            done[child.program.name].set()

        try:
            async with asyncio.TaskGroup() as group:
                for child in self.children.values():
                    group.create_task(bring_up(child))
        except* StartError as failed:
            raise _first(failed) from None

    async def restart(self, name: str) -> None:
        """Stop a program if it runs and start it again, with the jobs that prepare it.

        Raises:
            KeyError: there is no such program.
            StartError: it does not come up.
        """
        child = self.children[name]
        await self._stop(child)
        await self._start(child)
        for job in self._followers(name):
            if job.program.is_job:
                await self._start(job)

    async def stop(self, *, kill: bool = False) -> None:
        """Stop everything, each program after all that use it; with `kill` all at once by SIGKILL."""
        gone = {name: asyncio.Event() for name in self.children}

        async def take_down(child: Child) -> None:
            if not kill:
                for follower in self._followers(child.program.name):
                    await gone[follower.program.name].wait()
            await self._stop(child, kill=kill)
            gone[child.program.name].set()

        async with asyncio.TaskGroup() as group:
            for child in self.children.values():
                group.create_task(take_down(child))

    async def _start(self, child: Child) -> None:
        await child.start()
        self._on_change()
        await child.wait_ready(self._start_limit)
        if not child.program.is_job:
            self._watches[child.program.name] = asyncio.create_task(self._watch(child))

    async def _stop(self, child: Child, *, kill: bool = False) -> None:
        await child.stop(kill=kill)
        if watch := self._watches.pop(child.program.name, None):
            await watch

    async def _watch(self, child: Child) -> None:
        code = await child.ended()
        self._on_change()
        if not child.stopping:
            name = child.program.name
            self._on_death(
                f"{name} died ({describe_exit(code)}); the rest keeps running. "
                f"Start it again: python -m local restart {name}{child.tail()}"
            )

    def _followers(self, name: str) -> list[Child]:
        return [child for child in self.children.values() if name in child.program.after]


def _first(failed: ExceptionGroup[StartError]) -> StartError:
    inner = failed.exceptions[0]
    return inner if isinstance(inner, StartError) else _first(inner)
