"""The old stack's own environment: made once from its hashed requirements, outside of git."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

from bench.coldstart.processes import HERE, ROOT
from bench.errors import BenchError

REQUIREMENTS = HERE / "old_stack" / "requirements.txt"
ENVIRONMENT = ROOT / ".local" / "bench" / "old_stack"
# What the service imported by name; the other pins are what these need.
NAMED = ("chromadb", "fastapi", "langchain", "langchain-community", "langchain-openai", "uvicorn")

_INSTALL_LIMIT = 900.0  # seconds; 640 MB from a slow mirror
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def old_python(environment: Path = ENVIRONMENT) -> Path:
    """The interpreter of the old stack's environment, which is made or made anew when it is not as pinned.

    Raises:
        BenchError: the packages cannot be installed; the message holds the end of what pip said.
    """
    python, stamp = environment / "bin" / "python", environment / ".installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print("installing the old stack's packages (about a minute, once)", file=sys.stderr)
        venv.create(environment, clear=True, with_pip=True)
        _install(python)
        stamp.write_text(wanted, encoding="ascii")
    return python


def pinned_versions(requirements: str, names: tuple[str, ...] = NAMED) -> dict[str, str]:
    """The versions that the text of a requirements file pins for these packages."""
    pins = dict(_PIN.findall(requirements))
    return {name: pins[name] for name in names if name in pins}


def _install(python: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")
    command = [str(python), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS)]
    try:
        # pip finds its index, proxy and certificates in the environment.
        done = subprocess.run(
            command, env=os.environ, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT
        )
    except subprocess.TimeoutExpired as exc:
        raise BenchError(f"installing the old stack took more than {_INSTALL_LIMIT:g} s") from exc
    if done.returncode != 0:
        raise BenchError(f"the old stack cannot be installed:\n{done.stderr[-2000:]}")
