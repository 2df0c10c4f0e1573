"""The offline stand-in for the Bicep compiler finds nothing."""

import subprocess
import sys

import pytest

from tests.unit.infra.bicep import FILES, ROOT, read

CHECKER = ROOT.parent / "shared/tools/bicepcheck/bicepcheck.py"


@pytest.mark.skipif(
    not CHECKER.exists(), reason="bicepcheck is not beside this checkout; `az bicep build` decides"
)
def test_every_file_is_sound() -> None:
    """Symbols, modules, API versions and resource bodies are right in every file."""
    done = subprocess.run(
        [sys.executable, str(CHECKER), *map(str, FILES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_module_is_used() -> None:
    """No file in infra/modules is left over."""
    used = {(path.parent / module.of).resolve() for path in FILES for module in read(path).modules.values()}
    assert {path for path in FILES if path.parent.name == "modules"} == used


def test_no_compiled_template_is_kept() -> None:
    """The Bicep is the source; compiled JSON beside it would grow stale."""
    compiled = [path.name for path in FILES if path.with_suffix(".json").exists()]
    assert compiled == []
