"""Starting, stopping, and living without storage."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.functions_host.running import (
    CHECKOUT,
    SAMPLE_APP,
    Azurite,
    Host,
    Queue,
    azurite_program,
    running_host,
    wait_until,
)

NO_TIMERS = "--no-timers"


@pytest.fixture
def own_azurite() -> Iterator[Azurite]:
    """An Azurite that a test may kill; not yet started."""
    service = Azurite(azurite_program())
    yield service
    service.kill()


def test_timers_run_on_schedule_and_at_start(host: Host) -> None:
    """`* * * * * *` runs each second; runOnStartup runs once, and once more because its retry policy says so."""
    wait_until(lambda: len(host.runs("tick")) >= 2)
    times = [float(str(run["at"])) for run in host.runs("tick")]
    assert all(at % 1 < 0.5 for at in times)
    assert [run["retry"] for run in host.runs("at_start")][:2] == [0, 1]
    status = host.runs("at_start")[0]["status"]
    assert isinstance(status, dict)
    assert status["Next"].endswith("-01-01T00:00:00+00:00")


def test_stop_finishes_what_runs(azurite: Azurite, tmp_path: Path) -> None:
    """A request and a message under way at SIGTERM are completed; new connections are refused; the exit code is 0."""
    queue = Queue(azurite, "stopping")
    queue.create()
    with running_host(tmp_path / "err", azurite.connection_string, NO_TIMERS, WORK_QUEUE="stopping") as host:
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(host.http.get("/slow?seconds=1")))
        queue.send("sleep 1")
        wait_until(lambda: host.runs("work"))
        asking.start()
        time.sleep(0.2)  # the request has to be on its way; nothing tells when
        host.process.terminate()
        assert host.process.wait(10) == 0
        asking.join()
    assert answers[0].text == "slept"
    assert queue.count() == 0


def test_stop_gives_up_after_the_limit(azurite: Azurite, tmp_path: Path) -> None:
    """What runs longer than the limit is named in the log; its message stays in the queue."""
    queue = Queue(azurite, "overrunning")
    queue.create()
    arguments = (NO_TIMERS, "--drain", "0.5")
    with running_host(
        tmp_path / "err", azurite.connection_string, *arguments, WORK_QUEUE="overrunning"
    ) as host:
        queue.send("sleep 30")
        wait_until(lambda: host.runs("work"))
        started = time.monotonic()
        assert host.stop() == 0
        assert time.monotonic() - started < 5
        assert "given up: ['work']" in host.log()
    assert queue.count() == 1


def test_storage_may_be_away_and_come_back(own_azurite: Azurite, tmp_path: Path) -> None:
    """The host starts without storage, says so once, and works as soon as it is there; again after a crash."""
    with running_host(tmp_path / "err", own_azurite.connection_string, NO_TIMERS) as host:
        queue = Queue(own_azurite, "work")
        for attempt in (1, 2):
            wait_until(lambda: host.log().count("work: polling fails") == attempt)  # noqa: B023 - used at once
            assert host.http.get("/things/1").text == "thing 1"
            own_azurite.start()
            queue.create()
            queue.send(f"attempt {attempt}")
            wait_until(lambda: f"attempt {attempt}" in [run["body"] for run in host.runs("work")])  # noqa: B023
            own_azurite.kill()
        assert host.log().count("work: polling works again") == 2


def test_crash_loses_nothing_and_long_runs_keep_their_lease(azurite: Azurite, tmp_path: Path) -> None:
    """A message is not delivered twice while its function runs past the lease; after SIGKILL it is delivered again."""
    queue = Queue(azurite, "crashing")
    queue.create()
    options = ("--queue-lease", "2", NO_TIMERS)
    with running_host(tmp_path / "one", azurite.connection_string, *options, WORK_QUEUE="crashing") as host:
        queue.send("sleep 3.5")
        wait_until(lambda: host.runs("slept"))
        assert len(host.runs("work")) == 1
        queue.send("sleep 1.5")
        wait_until(lambda: len(host.runs("work")) == 2)
        host.process.kill()
        host.process.wait()
    with running_host(tmp_path / "two", azurite.connection_string, *options, WORK_QUEUE="crashing") as host:
        wait_until(lambda: [run["dequeue_count"] for run in host.runs("slept") or host.runs("work")] != [])
        assert [run["dequeue_count"] for run in host.runs("work")] == [2]


def run_command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "local.functions_host", *arguments]
    return subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=20, check=False, env=settings
    )


def test_index_is_printed_as_json() -> None:
    """`--index` shows names, routes, methods and auth levels, sorted as Azure sorts them, without any setting."""
    index = {
        entry["name"]: entry for entry in json.loads(run_command("--app", str(SAMPLE_APP), "--index").stdout)
    }
    assert list(index) == sorted(index)
    assert len(index) == 17
    assert (index["files"]["route"], index["files"]["auth_level"]) == ("files/{*rest}", "function")
    assert index["items"]["methods"] == ["GET", "POST"]
    assert (index["work"]["trigger"], index["work"]["route"]) == ("queueTrigger", None)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import missing_module", "ModuleNotFoundError: No module named 'missing_module'"),
        ("app = 1", "Could not find top level function app instances"),
        ("import azure.functions as func\napp = func.FunctionApp()", "declares no functions"),
        (
            "import azure.functions as f\napp = f.FunctionApp()\n@app.route(route='x')\ndef x(bad) -> str: return ''",
            "cannot load the x function",
        ),
    ],
)
def test_app_that_cannot_be_indexed_ends_the_host(source: str, reason: str, tmp_path: Path) -> None:
    """Where Azure would show no functions at all, the command says why and fails."""
    (tmp_path / "function_app.py").write_text(source)
    for option in ("--index", "--no-timers"):
        ended = run_command("--app", str(tmp_path), option)
        assert ended.returncode == 1
        assert reason in ended.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "connection 'AzureWebJobsStorage': there is no such setting"),
        ({"AzureWebJobsStorage__queueServiceUri": "https://x"}, "AzureWebJobsStorage is identity-based"),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, "refers to the setting WORK_QUEUE"),
        ({"AzureFunctionsJobHost__extensions__queues__batchSize": "33"}, "batchsize: 33 is outside 1-32"),
    ],
)
def test_unusable_settings_end_the_host(settings: dict[str, str], reason: str) -> None:
    """Each refusal names the setting."""
    ended = run_command(
        "--app", str(SAMPLE_APP), **({"WORK_QUEUE": "work"} if "WORK" not in reason else {}), **settings
    )
    assert ended.returncode == 1
    assert reason in ended.stderr


def test_timer_and_queue_functions_can_be_run_by_hand(host: Host) -> None:
    """POST /admin/functions/<name> starts them, with the input as message; anything else is refused."""
    admin = f"http://127.0.0.1:{host.port}/admin/functions"
    ticks = len(host.runs("at_start"))
    assert host.http.post(f"{admin}/AT_start", json={"input": ""}).status_code == 202
    wait_until(lambda: len(host.runs("at_start")) == ticks + 1)
    assert host.http.post(f"{admin}/work", json={"input": "by hand"}).status_code == 202
    wait_until(lambda: "by hand" in [run["body"] for run in host.runs("work")])
    answers = [
        host.http.post(f"{admin}/log"),
        host.http.get(f"{admin}/work"),
        host.http.post(f"{admin}/work"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 400]
