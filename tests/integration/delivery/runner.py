"""Runs the scripts of a workflow's steps as they are written, in a clone, with a cloud that is a file."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.stack import ROOT
from tests.unit.delivery.fakes import Cloud

_PROGRAM = """#!{python}
import pickle, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from infra.delivery.commands import DeliveryError
state = Path({state!r})
cloud = pickle.loads(state.read_bytes())
try:
    sys.stdout.write(cloud({name!r}, *sys.argv[1:], stdin=sys.stdin.read()))
except DeliveryError as exc:
    sys.exit(str(exc))
finally:
    state.write_bytes(pickle.dumps(cloud))
"""


class Machine:
    """A machine that runs jobs: a clone of this checkout and programs of its own.

    Args:
        folder: where all of it is.
        cloud: what az and skopeo talk to.
    """

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self.clone, self._programs = folder / "clone", folder / "programs"
        self._state, self.hook_calls = folder / "cloud", folder / "hook"
        self._programs.mkdir(parents=True)
        self._state.write_bytes(pickle.dumps(cloud))
        for name in ("az", "skopeo"):
            text = _PROGRAM.format(python=sys.executable, root=str(ROOT), state=str(self._state), name=name)
            self._program(name, text)
        self._program("gh", "#!/bin/sh\n")
        self._program("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        self._program("hook-python", f'#!/bin/sh\necho "$DATABASE_URL|$*" >>"{self.hook_calls}"\n')
        self._make_clone(folder / "origin")

    @property
    def cloud(self) -> Cloud:
        """The cloud as it is now."""
        cloud: Cloud = pickle.loads(self._state.read_bytes())  # noqa: S301  this test's own file
        return cloud

    def git(self, *words: str) -> str:
        """What git prints in the clone."""
        name = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        done = subprocess.run(
            ["git", *name, *words], cwd=self.clone, check=True, timeout=60, capture_output=True, text=True
        )
        return done.stdout

    def job(self, workflow: str, job: str, values: Mapping[str, str]) -> str:
        """Run the scripts of a job up to the first that fails; its name, "" when none does.

        Args:
            workflow: the file's name without .yml.
            job: its name there.
            values: what each `${{ ... }}` stands for; a condition that stands for "" keeps its step from running.
        """
        content = yaml.safe_load((ROOT / f".github/workflows/{workflow}.yml").read_text("utf-8"))["jobs"][job]
        for step in content["steps"]:
            if (
                "run" in step
                and not step["run"].startswith("sh local/")
                and _value(step.get("if", "yes"), values)
            ):
                own = {**content.get("env", {}), **step.get("env", {})}
                if self._script(step["run"], {name: _value(text, values) for name, text in own.items()}):
                    return str(step["name"])
        return ""

    def _script(self, script: str, variables: Mapping[str, str]) -> int:
        path = f"{self._programs}:{os.environ['PATH']}"
        own = {
            "PYTHON": str(self._programs / "hook-python"),
            "GITHUB_STEP_SUMMARY": os.devnull,
            "GITHUB_REPOSITORY": "owner/name",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
        return subprocess.run(
            command,
            cwd=self.clone,
            env={"PATH": path, "HOME": os.environ["HOME"], **own, **variables},
            check=False,
            timeout=200,
        ).returncode

    def _program(self, name: str, text: str) -> None:
        path = self._programs / name
        path.write_text(text, "utf-8")
        path.chmod(0o755)

    def _make_clone(self, origin: Path) -> None:
        """What this checkout has now, as one commit called `dev`: the version that the local stack says it is."""
        subprocess.run(["git", "init", "-q", "--bare", str(origin)], check=True, timeout=60)
        subprocess.run(
            ["git", "clone", "-q", str(origin), str(self.clone)], check=True, timeout=60, capture_output=True
        )
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            timeout=60,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        for name in listed:
            if name and (ROOT / name).is_file():
                target = self.clone / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes((ROOT / name).read_bytes())
                target.chmod((ROOT / name).stat().st_mode)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "as it is")
        self.git("branch", "dev")
        (self.clone / ".venv").symlink_to(ROOT / ".venv")


def _value(text: Any, values: Mapping[str, str]) -> str:
    written = json.dumps(text) if isinstance(text, bool) else str(text)
    for expression, value in values.items():
        written = written.replace(f"${{{{ {expression} }}}}", value)
    assert "${{" not in written, written
    return written
