"""The life of a stack, with small fake programs in the place of the real ones."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from local.addresses import is_free
from local.control import NotRunningError, ask
from tests.integration.local.conftest import FakeStack, alive, wait_until

type Start = Callable[..., FakeStack]

CHAIN: list[dict[str, Any]] = [
    {"name": "postgres"},
    {"name": "migrate", "job": True, "flags": ["--done"], "after": ["postgres"]},
    {"name": "s3"},
    {"name": "functions-0", "after": ["migrate", "s3"]},
    {"name": "relay-0", "after": ["s3"]},
]


def test_start_order_and_stack_file(fake_stack: Start) -> None:
    """Each program starts after what it needs; stack.json then names every process that stays."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    order = [line.removeprefix("start ") for line in stack.journal]
    for program in CHAIN:
        for needed in program.get("after", []):
            assert order.index(needed) < order.index(program["name"])
    assert stack.stack["marker"] == "fake"
    assert set(stack.stack["pids"]) == {"postgres", "s3", "functions-0", "relay-0"}
    assert all(alive(pid) for pid in stack.stack["pids"].values())


def test_interrupt_stops_in_reverse(fake_stack: Start) -> None:
    """Ctrl-C ends every program after those that use it and leaves neither process nor port."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    pids = stack.stack["pids"].values()
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(15) == 0
    stopped = [line.removeprefix("stop ") for line in stack.journal if line.startswith("stop")]
    assert set(stopped) == {"postgres", "s3", "functions-0", "relay-0"}
    assert stopped.index("functions-0") < stopped.index("postgres")
    assert max(stopped.index("functions-0"), stopped.index("relay-0")) < stopped.index("s3")
    assert not any(alive(pid) for pid in pids)
    stack.assert_gone()


def test_no_stack_file_before_everything_is_ready(fake_stack: Start) -> None:
    """While one program is not ready there is no stack.json, and an interrupt then ends with 130."""
    stack = fake_stack([{"name": "s3"}, {"name": "never-ready"}])
    wait_until(lambda: not is_free(stack.ports["s3"]), "the first program")
    assert not (stack.data / "stack.json").exists()
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(15) == 130
    stack.assert_gone()


def test_crash_in_the_middle_of_starting(fake_stack: Start) -> None:
    """A program that ends before it is ready stops the start; the message shows name, code and log."""
    stack = fake_stack([{"name": "s3"}, {"name": "relay-0", "after": ["s3"], "flags": ["--fail", "3"]}])
    assert stack.process.wait(15) == 1
    assert "relay-0 ended (exit code 3)" in stack.output
    assert "boom" in stack.output
    stack.assert_gone()


def test_failed_job_stops_the_start(fake_stack: Start) -> None:
    """A job that fails is reported like a crash, and what waits for it never starts."""
    job = {"name": "migrate", "job": True, "flags": ["--fail", "2"]}
    stack = fake_stack([job, {"name": "functions-0", "after": ["migrate"]}])
    assert stack.process.wait(15) == 1
    assert "migrate failed (exit code 2)" in stack.output
    assert "start functions-0" not in stack.journal
    stack.assert_gone()


def test_program_that_cannot_be_executed(fake_stack: Start) -> None:
    """A failure of another program while one is only starting takes that one down too."""
    stack = fake_stack([{"name": "never-ready"}, {"name": "s3", "flags": ["--no-such-flag"]}])
    assert stack.process.wait(15) == 1
    assert "s3 ended (exit code 2)" in stack.output
    assert not any(line.startswith("start s3") for line in stack.journal)
    stack.assert_gone()


def test_taken_port_is_named_before_anything_starts(fake_stack: Start) -> None:
    """A port in use is an error that names port and process; no program was started."""
    first = fake_stack([{"name": "s3"}])
    first.wait_up()
    second = fake_stack([{"name": "postgres"}, {"name": "s3"}], data="other")
    assert second.process.wait(15) == 1
    assert f"port {second.ports['s3']} (s3)" in second.output
    assert second.journal == []
    assert first.process.poll() is None


def test_second_stack_in_the_same_folder_is_refused(fake_stack: Start) -> None:
    """The folder's stack goes on undisturbed, and the second one says who has it."""
    first = fake_stack([{"name": "s3"}])
    first.wait_up()
    second = fake_stack([{"name": "s3"}])
    assert second.process.wait(15) == 1
    assert f"already running in {first.data} (process {first.process.pid})" in second.output
    assert first.stack["pids"]


def test_killed_supervisor_takes_its_children_along(fake_stack: Start) -> None:
    """SIGKILL to the supervisor leaves no process, and the next one starts on the same ports."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    pids = list(stack.stack["pids"].values())
    stack.process.kill()
    stack.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in pids), "the children's end")
    again = fake_stack(CHAIN)
    again.wait_up()
    assert set(again.stack["pids"].values()).isdisjoint(pids)


def test_death_is_reported_and_the_rest_goes_on(fake_stack: Start) -> None:
    """A process that dies is named with its signal and the way to restart it; the others live."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    pids = stack.stack["pids"]
    os.kill(pids["relay-0"], signal.SIGKILL)
    wait_until(lambda: "relay-0 died" in stack.output, "the report")
    assert "killed by SIGKILL" in stack.output
    assert "restart relay-0" in stack.output
    assert alive(pids["functions-0"])
    states = {p["name"]: p["state"] for p in ask(stack.data, {"command": "status"})["processes"]}
    assert states == {
        "postgres": "ready",
        "migrate": "done",
        "s3": "ready",
        "functions-0": "ready",
        "relay-0": "dead",
    }


@pytest.mark.parametrize("dead", [True, False])
def test_restart_gives_a_new_process_on_the_same_port(fake_stack: Start, *, dead: bool) -> None:
    """A dead and a living program can both be started again; stack.json then has the new id."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    before = stack.stack["pids"]
    if dead:
        os.kill(before["s3"], signal.SIGKILL)
        wait_until(lambda: "s3 died" in stack.output, "the report")
    answer = ask(stack.data, {"command": "restart", "name": "s3"})
    after = stack.stack["pids"]
    assert answer == {"pid": after["s3"]}
    assert after["s3"] != before["s3"]
    assert {**after, "s3": 0} == {**before, "s3": 0}
    socket.create_connection(("127.0.0.1", stack.ports["s3"])).close()
    assert stack.output.count("s3 died") == (1 if dead else 0)


def test_restart_runs_the_jobs_that_follow(fake_stack: Start) -> None:
    """Who starts a store again gets what its jobs make in it, too."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    ask(stack.data, {"command": "restart", "name": "postgres"})
    assert stack.journal.count("start migrate") == 2


def test_restart_of_an_unknown_name(fake_stack: Start) -> None:
    """The answer lists the names there are; jobs are not among them."""
    stack = fake_stack(CHAIN)
    stack.wait_up()
    answer = ask(stack.data, {"command": "restart", "name": "nginx"})
    assert answer == {"error": "there is no process 'nginx'; there are postgres, s3, functions-0, relay-0"}
    assert "there is no process" in ask(stack.data, {"command": "restart", "name": "migrate"})["error"]


def test_malformed_requests_do_no_harm(fake_stack: Start) -> None:
    """Garbage on the control socket is dropped; an unknown command is answered as such."""
    stack = fake_stack([{"name": "s3"}])
    stack.wait_up()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(stack.data / "control.sock"))
        connection.sendall(b"\xff{nonsense\n")
        assert connection.recv(100) == b""
    assert ask(stack.data, {"command": "explode"}) == {"error": "unknown request"}
    assert stack.process.poll() is None


def test_stubborn_program_is_killed_after_its_time(fake_stack: Start) -> None:
    """A program that ignores SIGTERM ends by SIGKILL, and what it started ends with it."""
    stack = fake_stack([{"name": "s3", "flags": ["--stubborn", "--grandchild"], "stop_timeout": 0.5}])
    stack.wait_up()
    grandchild = stack.pid_in_log("s3")
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(15) == 0
    assert not alive(grandchild)
    stack.assert_gone()


def test_second_interrupt_does_not_wait(fake_stack: Start) -> None:
    """Ctrl-C twice kills what takes its time."""
    stack = fake_stack([{"name": "s3", "flags": ["--stubborn"], "stop_timeout": 100}])
    stack.wait_up()
    stack.process.send_signal(signal.SIGINT)
    wait_until(lambda: not (stack.data / "stack.json").exists(), "the first interrupt")
    stack.process.send_signal(signal.SIGINT)
    assert stack.process.wait(15) == 0
    stack.assert_gone()


def test_nothing_to_ask_when_nothing_runs(fake_stack: Start) -> None:
    """A command without a stack gets an error that says so."""
    stack = fake_stack([{"name": "s3"}])
    stack.wait_up()
    stack.process.send_signal(signal.SIGTERM)
    stack.process.wait(15)
    with pytest.raises(NotRunningError, match="no stack is running"):
        ask(stack.data, {"command": "status"})
