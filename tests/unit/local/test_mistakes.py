"""What people get wrong at the command line: one line that says what to do, never a traceback."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import lock, stopping
from local.cli import main
from local.control import NotAnsweringError, NotRunningError, ask

SAID = pytest.CaptureFixture[str]
TASK = "36d62e07-0c2c-4693-97eb-669dc0b0b990"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file where a folder should be."""
    path = tmp_path / "file"
    path.write_text("x")
    return path


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """A folder whose supervisor takes requests and never answers, as one that is stopped (SIGSTOP) does."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen()
        yield tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ["up"],
        ["up", "--detach"],
        ["down"],
        ["status"],
        ["logs"],
        ["restart", "relay-0"],
        ["token", "u"],
        ["trace", TASK],
        ["ops", "queues"],
        ["demo"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("below", ["", "folder"])
def test_a_file_for_a_folder_is_named(file: Path, below: str, command: list[str], capsys: SAID) -> None:
    """`--data` with a file, or something below one: said by every command, in one line with the path."""
    assert main([*command, "--data", str(file / below)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("local: ")
    assert str(file) in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["relay-0"], ["-f"]], ids=str)
def test_logs_without_any_say_so(tmp_path: Path, options: list[str], capsys: SAID) -> None:
    """A mistyped folder is not an empty answer, nor one to wait for."""
    assert main(["logs", *options, "--data", str(tmp_path / "typo")]) == 1
    assert "--data" in capsys.readouterr().err


def test_token_of_a_folder_that_is_not_there(tmp_path: Path, capsys: SAID) -> None:
    """A token signed by a key made on the spot would open nothing, and the folder is not made."""
    assert main(["token", "u", "--data", str(tmp_path / "typo")]) == 1
    assert "--data" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("user", ["", "a\nb", "x" * 257], ids=["empty", "line break", "long"])
def test_token_for_nobody(tmp_path: Path, user: str, capsys: SAID) -> None:
    """A user id that the stack would refuse is refused here, where it can be mended."""
    assert main(["token", user, "--data", str(tmp_path)]) == 1
    assert "user id" in capsys.readouterr().err


def test_silent_supervisor_is_not_called_absent(silent: Path) -> None:
    """A supervisor that does not answer in time runs all the same: `down` is what helps, not `up`."""
    with pytest.raises(NotAnsweringError, match="down"):
        ask(silent, {"command": "status"}, timeout=0.05)
    assert issubclass(NotAnsweringError, NotRunningError)


def test_ops_of_a_stack_that_was_killed(tmp_path: Path, capsys: SAID) -> None:
    """stack.json is still there, nobody listens: the answer leads to `status`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    (tmp_path / "stack.json").write_text(json.dumps({"functions_url": url}))
    assert main(["ops", "queues", "--data", str(tmp_path)]) == 1
    assert "status" in capsys.readouterr().err


def test_stopping_signals_nobody_in_particular_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that holds the folder and has not written its id yet: 0 would be our own process group."""
    signalled: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _signal: signalled.append(pid))
    monkeypatch.setattr(stopping, "_LIMIT", 0.05)
    with lock.hold(tmp_path):
        (tmp_path / "supervisor.lock").write_text("")
        stopping.stop_stack(tmp_path)
    assert signalled == []


def test_demo_takes_a_port_base_of_zero_for_what_it_is(tmp_path: Path, capsys: SAID) -> None:
    """0 is no port base; it does not mean "any"."""
    assert main(["demo", "--port-base", "0", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "between 1024" in capsys.readouterr().err
