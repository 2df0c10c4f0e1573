"""The two sides as fresh processes, and what they say of themselves."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.child import Finished, run_child
from bench.memory import Memory, parse_smaps

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

# What a deployment holds (.funcignore leaves out the rest).
_DEPLOYED = ("function_app.py", "bootstrap.py", "host.json", "generation", "notifications", "shared")
# What the first page imports, each in the function that first needs it.
SDKS = (
    *(
        "psycopg2",
        "jwt",
        "aiohttp",
        "azure.storage.queue.aio",
    ),
    *("azure.eventhub.aio", "PIL.Image", "openai", "together", "boto3", "nh3", "tinycss2"),
)
# Nothing may be reported, looked up or downloaded while the old stack starts.
_SILENT = {"ANONYMIZED_TELEMETRY": "False", "LANGSMITH_TRACING": "false", "HF_HUB_OFFLINE": "1"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a start: wall and CPU seconds it took, and the process's memory at its end."""

    wall: float
    cpu: float
    memory: Memory


@dataclass(frozen=True, slots=True)
class Start:
    """One start of one side.

    Attributes:
        stages: by name, in order.
        wall: seconds of the whole process, interpreter and exit included.
        cpu: its user and system seconds.
    """

    stages: Mapping[str, Stage]
    wall: float
    cpu: float


def read_start(finished: Finished) -> Start:
    """What a process that was measured from within reported."""
    reported: dict[str, dict[str, Any]] = finished.report["stages"]
    stages = {
        name: Stage(stage["wall"], stage["cpu"], parse_smaps(stage["smaps"]))
        for name, stage in reported.items()
    }
    return Start(stages, finished.wall, finished.cpu)


def start_ours(
    folder: Path = ROOT,
    later: Sequence[str] = (),
    *,
    write_bytecode: bool = True,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Start:
    """Start the function app in `folder`, with settings `more`, and import `later` after its index."""
    environment = dict(more) if write_bytecode else {**more, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", str(HERE / "start_function_app.py"), str(folder), *later]
    with tempfile.TemporaryDirectory() as home:
        return read_start(run_child(command, _environment(Path(home), (folder, ROOT), environment)))


def start_old(python: Path) -> Start:
    """Start the old stack with its environment's interpreter; its vector store lies in a folder that goes away."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(python), "-P", str(HERE / "old_stack" / "start.py"), str(Path(home, "store"))]
        paths = (HERE / "old_stack", ROOT)
        return read_start(run_child(command, _environment(Path(home), paths, _SILENT)))


def copy_deployed(target: Path) -> Path:
    """Copy what is deployed into `target` without bytecode, as a fresh instance finds it; the folder."""
    for name in _DEPLOYED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)
    return target


def _environment(home: Path, paths: Sequence[Path], more: Mapping[str, str]) -> dict[str, str]:
    path = os.pathsep.join(map(str, paths))
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": path, **more}
