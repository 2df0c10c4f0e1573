"""The commands on a real stack, started once with two relays and two workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.addresses import Addresses, free_base, is_free
from local.programs import ROOT
from tests.integration.local.conftest import alive, wait_until

REPLICAS = ("--workers", "2", "--relays", "2")


def local(data: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run one command on the stack of `data`."""
    return subprocess.run(
        [sys.executable, "-m", "local", command, *options, "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stack that is up, deep enough that a socket path could not hold it."""
    folder = tmp_path_factory.mktemp("a folder with spaces") / ("deep" * 20)
    started = local(folder, "up", "--detach", "--port-base", str(free_base(2, 2)), *REPLICAS)
    assert started.returncode == 0, started.stderr
    assert "ready" in started.stdout
    yield folder
    stack = read(folder)
    assert local(folder, "down").returncode == 0
    wait_until(lambda: not any(alive(pid) for pid in stack["pids"].values()), "the processes' end")
    ports = Addresses(stack["port_base"], 2, 2).ports
    assert [name for name, port in ports.items() if not is_free(port)] == []
    assert not (folder / "stack.json").exists()


def read(data: Path) -> dict[str, Any]:
    """The content of stack.json."""
    content: dict[str, Any] = json.loads((data / "stack.json").read_text())
    return content


def test_stack_file_has_what_clients_need(data: Path) -> None:
    """Every key that the contract names is there, with one process id per process."""
    stack = read(data)
    for key in (
        *(
            "functions_url",
            "relay_urls",
            "database_url",
            "queue_connection_string",
            "s3_endpoint",
            "s3_bucket",
        ),
        *("eventhub_connection_string", "eventhub_name", "ai_url", "product_service_url"),
    ):
        assert stack[key], key
    assert len(stack["relay_urls"]) == 2
    assert set(stack["pids"]) == set(Addresses(stack["port_base"], 2, 2).ports)


def test_token_opens_the_api(data: Path) -> None:
    """The printed token is accepted by every worker; without one the answer is 401."""
    token = local(data, "token", "seller-1").stdout.strip()
    for url in read(data)["functions_urls"]:
        tasks = f"{url}/api/generation/tasks"
        assert httpx.get(tasks).status_code == 401
        assert httpx.get(tasks, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_second_up_is_refused(data: Path) -> None:
    """A folder has one stack: the second one is told who has it, detached or not."""
    for options in ((), ("--detach",)):
        refused = local(data, "up", *options, "--port-base", str(free_base()))
        assert refused.returncode == 1
        assert "already running" in refused.stderr
    assert local(data, "status").returncode == 0


def test_two_stacks_side_by_side(data: Path, tmp_path: Path) -> None:
    """A second stack with another base and folder comes up, and goes without touching the first."""
    started = local(tmp_path / "other", "up", "--detach", "--port-base", str(free_base()))
    try:
        assert started.returncode == 0, started.stderr
    finally:
        stopped = local(tmp_path / "other", "down")
    assert "stopped" in stopped.stdout
    assert local(data, "status").returncode == 0


def test_taken_ports_are_refused_detached(data: Path, tmp_path: Path) -> None:
    """The supervisor's reason reaches whoever started it, and nothing of the second stack is left."""
    refused = local(tmp_path / "other", "up", "--detach", "--port-base", str(read(data)["port_base"]))
    assert refused.returncode == 1
    assert "(postgres)" in refused.stderr
    assert local(tmp_path / "other", "status").returncode == 1


def test_dead_process_shows_and_comes_back(data: Path) -> None:
    """SIGKILL to a relay: status names it and fails; restart brings it back on its port."""
    before = read(data)["pids"]["relay-1"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: local(data, "status").returncode == 1, "the report")
    assert "relay-1" in next(line for line in local(data, "status").stdout.splitlines() if "dead" in line)
    assert local(data, "restart", "relay-1").returncode == 0
    assert read(data)["pids"]["relay-1"] != before
    assert httpx.get(f"{read(data)['relay_urls'][1]}/healthz").status_code == 200
    assert local(data, "status").returncode == 0


def test_every_process_can_be_restarted(data: Path) -> None:
    """Each one comes back, and then the whole is as ready as before."""
    for name in read(data)["pids"]:
        restarted = local(data, "restart", name)
        assert restarted.returncode == 0, f"{name}: {restarted.stderr}"
    assert local(data, "status").returncode == 0
    url = f"{read(data)['functions_url']}/api/generation/actuator/ready"
    wait_until(lambda: httpx.get(url, timeout=10).status_code == 200, "the functions' dependencies")


def test_restart_of_an_unknown_name(data: Path) -> None:
    """The names there are get listed."""
    refused = local(data, "restart", "nginx")
    assert refused.returncode == 1
    assert "functions-0" in refused.stderr


def test_logs_of_one_and_of_all(data: Path) -> None:
    """One log by its name, all with their names, an unknown one with the names there are."""
    assert "ready to accept connections" in local(data, "logs", "postgres", "-n", "200").stdout
    assert "postgres" in local(data, "logs").stdout
    refused = local(data, "logs", "nginx")
    assert refused.returncode == 1
    assert "postgres" in refused.stderr


def test_commands_without_a_stack(tmp_path: Path) -> None:
    """Nothing to stop is fine; nothing to look at is not."""
    assert local(tmp_path, "down").returncode == 0
    for command in (("status",), ("restart", "s3")):
        answer = local(tmp_path, *command)
        assert answer.returncode == 1
        assert "no stack is running" in answer.stderr
