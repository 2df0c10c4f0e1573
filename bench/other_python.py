"""Environments for what the benches compare with: made once from hashed requirements, outside of git."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

from bench.errors import BenchError
from local.programs import ROOT

_ENVIRONMENTS = ROOT / ".local" / "bench"
_INSTALL_LIMIT = 900.0  # seconds; 640 MB from a slow mirror
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def other_python(requirements: Path, environments: Path = _ENVIRONMENTS) -> Path:
    """The interpreter of the environment for a requirements file, made anew when it is not as pinned.

    Args:
        requirements: with hashes, in a folder of its own below its bench: bench/<bench>/<name>/requirements.txt.
        environments: where environments are kept.

    Raises:
        BenchError: the packages cannot be installed; the message holds the end of what pip said.
    """
    environment = environments / requirements.parent.parent.name / requirements.parent.name
    python, stamp = environment / "bin" / "python", environment / ".installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        print(f"installing {requirements.relative_to(ROOT)} (once)", file=sys.stderr)
        venv.create(environment, clear=True, with_pip=True)
        _install(python, requirements)
        stamp.write_text(wanted, encoding="ascii")
    return python


def pinned_versions(requirements: str, names: tuple[str, ...]) -> dict[str, str]:
    """The versions that the text of a requirements file pins for these packages."""
    pins = dict(_PIN.findall(requirements))
    return {name: pins[name] for name in names if name in pins}


def _install(python: Path, requirements: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")
    command = [str(python), "-m", "pip", "install", *options, "-r", str(requirements)]
    try:
        # pip finds its index, proxy and certificates in the environment.
        done = subprocess.run(
            command, env=os.environ, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT
        )
    except subprocess.TimeoutExpired as exc:
        raise BenchError(f"installing {requirements} took more than {_INSTALL_LIMIT:g} s") from exc
    if done.returncode != 0:
        raise BenchError(f"{requirements} cannot be installed:\n{done.stderr[-2000:]}")
