"""The services the adapters meet: the model stand-ins and an S3 server, each a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.settings import AssetSettings

REPOSITORY = Path(__file__).parents[3]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(process: subprocess.Popen[bytes], port: int, seconds: float = 20) -> None:
    """Until `port` takes connections."""
    deadline = time.monotonic() + seconds
    while True:
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def start(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[list[str], int], subprocess.Popen[bytes]]]:
    """Starts programs and ends them after the last test."""
    running: list[subprocess.Popen[bytes]] = []
    log = (tmp_path_factory.mktemp("logs") / "output").open("wb")

    def run(command: list[str], port: int) -> subprocess.Popen[bytes]:
        # The environment must not lead the stand-ins' own downloads astray.
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log, env=environment)
        running.append(process)
        wait_until_listening(process, port)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
    for process in running:
        process.wait(10)
    log.close()


class StandIns:
    """The model stand-ins' address and controls (CONTRACT, "Stand-ins")."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, **settings: Any) -> None:
        """Latencies and faults."""
        self._call("PUT", "/_control", json.dumps(settings).encode())

    def reset(self) -> None:
        """No faults, an empty log."""
        self._call("DELETE", "/_control")
        self._call("DELETE", "/_log")

    def log(self) -> list[dict[str, Any]]:
        """Every captured request."""
        entries: Any = json.loads(self._call("GET", "/_log"))
        return list(entries if isinstance(entries, list) else next(iter(entries.values())))

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{self.url}{path}", data=body, method=method, headers={"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as response:
            content: bytes = response.read()
            return content


@pytest.fixture(scope="session")
def stand_in_process(start: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The stand-ins' URL."""
    port, data = free_port(), tmp_path_factory.mktemp("standins")
    start([sys.executable, "-m", "local.standins", "--port", str(port), "--data", str(data)], port)
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def stand_ins(stand_in_process: str) -> Iterator[StandIns]:
    """The stand-ins, without faults; they answer at once."""
    controls = StandIns(stand_in_process)
    controls.reset()
    yield controls
    controls.reset()


@pytest.fixture(scope="session")
def s3(start: Any) -> tuple[AssetSettings, subprocess.Popen[bytes]]:
    """A bucket on a moto server, and the server's process."""
    import boto3

    port = free_port()
    process = start(
        [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], port
    )
    settings = AssetSettings(
        bucket="assets",
        endpoint_url=f"http://127.0.0.1:{port}",
        access_key_id="key",
        secret_access_key="secret",
    )
    boto3.client(
        "s3",
        endpoint_url=settings.endpoint_url,
        region_name=settings.region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    ).create_bucket(
        Bucket="assets",
        ACL="public-read",
        CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"},
    )
    return settings, process
