"""`python -m local ops`: what the operators' routes answer, as a table."""

from pathlib import Path

import pytest

from local.cli import main
from local.operators import table


def test_columns_stand_under_their_names() -> None:
    """Nothing is a dash, long text is cut, no line ends in white space."""
    lines = table([{"a": None, "b": "x" * 100}, {"a": 12, "b": "y"}], ("a", "b"))
    assert lines == ["a   b", "-   " + "x" * 59 + "…", "12  y"]


@pytest.mark.parametrize(
    "command",
    [
        ["queues"],
        ["redrive", "embedding-requests", "--limit", "2"],
        ["discard", "embedding-requests", "--id", "00000000-0000-0000-0000-000000000000"],
    ],
)
def test_without_a_stack_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """One line, exit code 1."""
    assert main(["ops", *command, "--data", str(tmp_path)]) == 1
    assert "no stack is running" in capsys.readouterr().err
