"""The environment with sse-starlette: made once from its hashed requirements, outside of git."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from bench.errors import BenchError
from local.programs import ROOT

REQUIREMENTS = ROOT / "bench" / "relay" / "old_stack" / "requirements.txt"
ENVIRONMENT = ROOT / ".local" / "bench" / "relay" / "sse-starlette"
_INSTALL_LIMIT = 300.0


def starlette_python(environment: Path = ENVIRONMENT) -> Path:
    """The interpreter of that environment, which is made anew when it is not as pinned.

    Raises:
        BenchError: the packages cannot be installed; the message holds the end of what pip said.
    """
    python, stamp = environment / "bin" / "python", environment / ".installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print("installing sse-starlette and uvicorn for the comparison (once)", file=sys.stderr)
        venv.create(environment, clear=True, with_pip=True)
        _install(python)
        stamp.write_text(wanted, encoding="ascii")
    return python


def _install(python: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")
    command = [str(python), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS)]
    # pip finds its index, proxy and certificates in the environment.
    done = subprocess.run(
        command, env=os.environ, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT
    )
    if done.returncode != 0:
        raise BenchError(f"sse-starlette cannot be installed:\n{done.stderr[-2000:]}")
