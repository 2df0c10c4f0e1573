"""The real programs of these tests: Azurite and the host, each in a process of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import BinaryBase64DecodePolicy, BinaryBase64EncodePolicy, QueueClient

CHECKOUT = Path(__file__).parents[3]
SAMPLE_APP = Path(__file__).parent / "sample_app"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for the condition to hold.

    Raises:
        AssertionError: it does not hold in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition does not hold in time"
        time.sleep(0.02)


class Azurite:
    """A queue service in memory, on one port over restarts."""

    def __init__(self, program: str) -> None:
        self.port = free_port()
        self.connection_string = (
            f"AccountName=devstoreaccount1;AccountKey={_KEY};"
            f"QueueEndpoint=http://127.0.0.1:{self.port}/devstoreaccount1"
        )
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until connections are taken."""
        options = (
            "--silent --disableTelemetry --skipApiVersionCheck --inMemoryPersistence --queueHost 127.0.0.1"
        )
        command = [self._program, *options.split(), "--queuePort", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._listens, 30)

    def kill(self) -> None:
        """End at once; what was in the queues is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def azurite_program() -> str:
    """Return Azurite's queue program; without it, fail in CI and skip the test elsewhere."""
    local = CHECKOUT / "local" / "node_modules" / ".bin" / "azurite-queue"
    program = os.environ.get("AZURITE_BIN") or (str(local) if local.exists() else None)
    if program is None or shutil.which(program) is None:
        reason = "Azurite is not installed: npm ci --prefix local, or set AZURITE_BIN"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


class Queue:
    """A queue as Microsoft's own SDK sees it: an independent witness of what the host reads and writes."""

    def __init__(self, azurite: Azurite, name: str) -> None:
        connect = QueueClient.from_connection_string
        self._raw = connect(azurite.connection_string, name)
        self._coded = connect(
            azurite.connection_string,
            name,
            message_encode_policy=BinaryBase64EncodePolicy(),
            message_decode_policy=BinaryBase64DecodePolicy(),
        )

    def create(self) -> None:
        """Create the queue; one that exists is fine."""
        try:
            self._raw.create_queue()
        except ResourceExistsError:
            return

    def send(self, body: str) -> str:
        """Send a message as base64; return its id."""
        return str(self._coded.send_message(body.encode()).id)

    def send_raw(self, text: str) -> None:
        """Send a message as it is."""
        self._raw.send_message(text)

    def bodies(self) -> list[str]:
        """Return the visible messages' contents."""
        return [message.content.decode() for message in self._coded.peek_messages(32)]

    def raw_bodies(self) -> list[str]:
        """Return the visible messages' texts as stored."""
        return [message.content for message in self._raw.peek_messages(32)]

    def count(self) -> int:
        """Return the number of messages, hidden ones included."""
        return int(self._raw.get_queue_properties().approximate_message_count or 0)

    def exists(self) -> bool:
        """Tell whether the queue exists."""
        try:
            self._raw.get_queue_properties()
        except ResourceNotFoundError:
            return False
        return True


class Host:
    """A host process under test."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str], errors: Path) -> None:
        self.port = free_port()
        self.errors = errors
        command = [sys.executable, "-m", "local.functions_host", "--port", str(self.port), *arguments]
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=stderr
            )
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=20)

    def wait_ready(self) -> None:
        """Wait for the line `ready`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == b"ready\n", self.errors.read_text()

    def runs(self, kind: str) -> list[dict[str, object]]:
        """Return what functions of the sample app recorded."""
        return [run for run in self.http.get("/log").json() if run["kind"] == kind]

    def log(self) -> str:
        """Return what the host wrote to stderr so far."""
        return self.errors.read_text()

    def stop(self) -> int:
        """Ask the host to stop, and return its exit code."""
        self.http.close()
        self.process.terminate()
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextmanager
def running_host(
    errors: Path, connection_string: str, *arguments: str, app: Path = SAMPLE_APP, **settings: str
) -> Iterator[Host]:
    """Run a host on the sample app: fast polling, and a second of hiding after a failure."""
    environ = {
        "AzureWebJobsStorage": connection_string,
        "WORK_QUEUE": "work",
        "EVERY_SECOND": "* * * * * *",
        "AzureWebJobs.off.Disabled": "true",
        "AzureFunctionsJobHost__extensions__queues__maxPollingInterval": "00:00:00.1",
        **settings,
    }
    host = Host(["--app", str(app), *arguments], environ, errors)
    try:
        host.wait_ready()
        yield host
    finally:
        if host.process.poll() is None:
            host.stop()
