from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import leftovers, lock
from local.atomic import write_json
from local.log_view import LogFile, last_lines


def test_json_is_replaced_in_one_step(tmp_path: Path) -> None:
    """The new content is in place whole, and no partial file is left."""
    path = tmp_path / "stack.json"
    write_json(path, {"a": 1})
    write_json(path, {"이름": "가"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"이름": "가"}
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_failed_write_keeps_the_old_content(tmp_path: Path) -> None:
    """A value that is not JSON does not damage what readers see."""
    path = tmp_path / "stack.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}


def test_folder_is_held_by_one_process(tmp_path: Path) -> None:
    """A second holder is refused and told who the first is; afterwards the folder is free."""
    with lock.hold(tmp_path / "data"):
        assert lock.holder(tmp_path / "data") == os.getpid()
        with pytest.raises(lock.AlreadyRunningError, match=str(os.getpid())), lock.hold(tmp_path / "data"):
            pass
    assert lock.holder(tmp_path / "data") is None
    assert lock.wait_released(tmp_path / "data", 0)


def test_folder_that_was_never_used_has_no_holder(tmp_path: Path) -> None:
    """Asking about a folder does not make it."""
    assert lock.holder(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_sweep_ends_what_is_on_record(tmp_path: Path) -> None:
    """A recorded process that still runs is killed, and the record is cleared."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    leftovers.record(tmp_path, [sleeper.pid])
    assert leftovers.sweep(tmp_path) == [sleeper.pid]
    assert sleeper.wait(5) == -9
    assert leftovers.sweep(tmp_path) == []


def test_sweep_spares_a_stranger_with_a_recycled_id(tmp_path: Path) -> None:
    """A process that took over a recorded id was started at another moment, and lives on."""
    write_json(tmp_path / "children.json", {str(os.getpid()): "another moment"})
    assert leftovers.sweep(tmp_path) == []


def test_sweep_without_a_record(tmp_path: Path) -> None:
    """No record and a broken record mean that there is nothing to end."""
    assert leftovers.sweep(tmp_path) == []
    (tmp_path / "children.json").write_text("{")
    assert leftovers.sweep(tmp_path) == []


def test_ended_process_has_no_start() -> None:
    """A zombie and an id that nobody has both count as ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert leftovers.started_at(ended.pid) is None
    ended.wait()
    assert leftovers.started_at(ended.pid) is None


def test_log_is_read_on_in_whole_lines(tmp_path: Path) -> None:
    """A line appears once, when it is complete; a replaced file is read from its start."""
    path = tmp_path / "relay-0.log"
    path.write_text("one\ntwo\nthr")
    log = LogFile(path)
    assert log.new_lines() == ["one", "two"]
    path.write_text("one\ntwo\nthree\n")
    assert log.new_lines() == ["three"]
    path.write_text("new\n")
    assert log.new_lines() == ["new"]


def test_last_lines_name_their_process(tmp_path: Path) -> None:
    """With several logs each line carries its process's name, with one it does not."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_text("1\n2\n3\n")
    files = [LogFile(tmp_path / "a.log"), LogFile(tmp_path / "b.log")]
    assert [line.split() for line in last_lines(files, 1)] == [["a", "3"], ["b", "3"]]
    assert list(last_lines([LogFile(tmp_path / "a.log")], 2)) == ["2", "3"]
    assert list(last_lines([LogFile(tmp_path / "a.log")], 0)) == []
