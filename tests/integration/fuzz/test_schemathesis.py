"""schemathesis against the running stack: every check, every phase, as a seller and as an admin.

FUZZ_EXAMPLES sets how many cases are drawn per operation (default 3, the same every time). With it the seed is drawn
too, so that a longer run looks somewhere else each time; the output of a failure names it, and FUZZ_SEED repeats it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.fuzz.material import prepare
from tests.stack import RunningStack, running_stack

EXAMPLES, SEED = os.environ.get("FUZZ_EXAMPLES"), os.environ.get("FUZZ_SEED")
ROOT = Path(__file__).parents[3]
# What an admin may do and a seller may not; the rest is the same for both.
ADMINS = '/x-required-role == "admin"'


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack on which nobody runs out of money, and in a long run not of tasks either: making them is what costs."""
    limits = {"USER_TASKS_PER_MINUTE": "100000" if EXAMPLES else "40", "USER_DAILY_BUDGET_USD": "100000"}
    with running_stack(tmp_path_factory.mktemp("fuzz"), environment=limits) as stack:
        yield stack


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("user", "roles", "only"),
    [("fuzz-seller", (), ()), ("fuzz-admin", ("admin",), ("--include-by", ADMINS))],
)
def test_nothing_is_found(
    generous: RunningStack, tmp_path: Path, user: str, roles: tuple[str, ...], only: tuple[str, ...]
) -> None:
    """No 5xx, nothing undocumented, nothing wrong accepted, nothing right refused."""
    token, material = prepare(generous, user, tmp_path, *roles)
    seed = ("--seed", SEED) if SEED else () if EXAMPLES else ("--generation-deterministic",)
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "st"),
            "run",
            f"{generous.facts['functions_url']}/api/openapi.json",
            *("--header", f"Authorization: {token}", "--checks", "all", "--continue-on-failure"),
            *("--max-examples", EXAMPLES or "3", "--workers", "2", "--no-color", *seed, *only),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.integration.fuzz.hooks",
            "FUZZ_MATERIAL": str(material),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
