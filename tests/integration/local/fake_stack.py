"""Supervises fake programs exactly as `up` supervises the real ones: `fake_stack.py DATA PROGRAMS.json BASE`.

PROGRAMS.json is a list of {name, flags, after, job, stop_timeout}; a program listens on the port that the
addresses of BASE give to its name.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from local.addresses import AddressError, Addresses
from local.child import StartError
from local.lock import AlreadyRunningError
from local.programs import Program
from local.readiness import tcp
from local.stack import Stack, StackPlan

_FAKE = Path(__file__).with_name("fake_program.py")


def program(description: dict[str, Any], addresses: Addresses, data: Path) -> Program:
    """One fake program."""
    name, port = description["name"], addresses.ports.get(description["name"])
    flags = [*description.get("flags", []), *(["--port", str(port)] if port else [])]
    own = ("--name", name, "--journal", str(data / "journal"))
    return Program(
        name,
        (sys.executable, str(_FAKE), *own, *flags),
        {"PATH": os.environ["PATH"]},
        None if description.get("job") else tcp("127.0.0.1", port or 0),
        tuple(description.get("after", ())),
        stop_timeout=description.get("stop_timeout", 10),
        port=port,
    )


def say(line: str) -> None:
    """Show a line at once."""
    os.write(1, f"{line}\n".encode())


async def main(data: Path, descriptions: list[dict[str, Any]], addresses: Addresses) -> int:
    """Run until a signal or until a program fails to start."""
    programs = tuple(program(one, addresses, data) for one in descriptions)
    plan = StackPlan(data, addresses, programs, {"marker": "fake"})
    return await Stack(plan, say=say).run(lambda: say("up"))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text())
    try:
        sys.exit(asyncio.run(main(Path(sys.argv[1]), given, Addresses(int(sys.argv[3])))))
    except (AddressError, AlreadyRunningError, StartError) as exc:
        sys.exit(str(exc))
