"""schemathesis against the running stack: every check, every phase, as a seller and as an admin.

FUZZ_EXAMPLES sets how many cases are drawn per operation (default 8); the seed is then drawn too, so that a long run
looks somewhere else every time. It is printed with what was found, and `st run --seed` repeats it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.fuzz.material import prepare
from tests.stack import RunningStack, running_stack

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
HOOKS = "tests.integration.fuzz.hooks"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack on which nobody runs out of tasks or money."""
    limits = {"USER_TASKS_PER_MINUTE": "100000", "USER_DAILY_BUDGET_USD": "100000"}
    with running_stack(tmp_path_factory.mktemp("fuzz"), environment=limits) as stack:
        yield stack


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("user", "roles", "more"), [("fuzz-seller", (), ()), ("fuzz-admin", ("admin",), ())])
def test_nothing_is_found(
    generous: RunningStack, tmp_path: Path, user: str, roles: tuple[str, ...], more: tuple[str, ...]
) -> None:
    """No 5xx, nothing undocumented, nothing wrong accepted, nothing right refused."""
    token, material = prepare(generous, user, tmp_path, *roles)
    repeatable = [] if EXAMPLES else ["--generation-deterministic"]
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "st"),
            "run",
            f"{generous.facts['functions_url']}/api/openapi.json",
            *("--header", f"Authorization: {token}", "--checks", "all", "--continue-on-failure"),
            *("--max-examples", EXAMPLES or "8", "--workers", "2", "--no-color", *repeatable, *more),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": HOOKS,
            "FUZZ_MATERIAL": str(material),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
