"""Telemetry starts only where it is configured, sends what is recorded, and never stands in the way."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.traces.__main__ import Collector
from local.traces.store import FIGURES, TraceStore
from shared.settings import TelemetrySettings
from shared.telemetry import instruments, spans
from shared.telemetry.exporters import _credential
from shared.telemetry.start import Telemetry

ROOT = Path(__file__).parents[3]


@contextmanager
def started(patience: float = 2.0, **settings: object) -> Iterator[Telemetry]:
    """Telemetry with these settings, stopped at the end."""
    telemetry = Telemetry(TelemetrySettings.model_validate(settings), "test", patience=patience)
    telemetry.start()
    telemetry.wait()
    try:
        yield telemetry
    finally:
        telemetry.close()


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[str]:
    """The server's base URL while it serves."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Ingestion(ThreadingHTTPServer):
    """Application Insights' ingestion endpoint, as far as the exporter sees it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Track)
        self.items: list[dict[str, object]] = []


class _Track(BaseHTTPRequestHandler):
    server: Ingestion

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        found = json.loads(body)
        self.server.items += found if isinstance(found, list) else [found]
        answer = json.dumps({"itemsReceived": len(found), "itemsAccepted": len(found), "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
        """Say nothing."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_nothing_starts_unless_configured() -> None:
    """No thread, no tracer, no meter."""
    with started() as telemetry:
        assert not telemetry.configured
        assert not spans.enabled()
        assert not instruments.enabled()


def test_spans_and_figures_reach_an_otlp_collector(tmp_path: Path) -> None:
    """As protobuf over HTTP, flushed by the end of an invocation and by closing."""
    with (
        served(Collector(0, TraceStore(tmp_path))) as url,
        started(OTEL_EXPORTER_OTLP_ENDPOINT=url) as telemetry,
    ):
        with spans.span("run generation-requests", spans.Kind.CONSUMER, {"task.id": "t-1"}):
            instruments.TASKS_STALE.record(3)
        telemetry.flush()
        telemetry.flush_metrics()
        (trace,) = TraceStore(tmp_path).of_task("t-1")
        (span,) = TraceStore(tmp_path).trace(trace)
        assert (span.name, span.kind, span.service) == ("run generation-requests", "CONSUMER", "test")
        figures = [json.loads(line) for line in (tmp_path / FIGURES).read_text("utf-8").splitlines()]
        assert [(each["name"], each["value"]) for each in figures] == [("tasks.stale", 3.0)]
    assert not spans.enabled()


def test_spans_and_figures_reach_application_insights(monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer's span is a request there, a client's a dependency, a gauge one measurement."""
    for name in ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED"):  # both would call Microsoft
        monkeypatch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
    ingestion = Ingestion()
    with served(ingestion) as url:
        connection = f"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={url}/"
        with started(APPLICATIONINSIGHTS_CONNECTION_STRING=connection) as telemetry:
            with spans.span("run", spans.Kind.CONSUMER), spans.span("chat gpt", spans.Kind.CLIENT):
                instruments.QUEUE_POISON.record(2, {"queue": "generation-requests"})
            telemetry.flush()
            telemetry.flush_metrics()
    items = {str(item["name"]): item for item in ingestion.items}
    assert {"Request", "RemoteDependency", "Metric"} <= {name.rpartition(".")[2] for name in items}
    text = json.dumps(ingestion.items)
    assert '"queue.poison"' in text
    assert '"ai.cloud.role": "product-details.test"' in text or '"product-details.test"' in text


def test_what_is_recorded_is_sent_when_the_process_ends(tmp_path: Path) -> None:
    """A relay that is told to stop, an instance that is taken away: the last spans arrive."""
    code = (
        "from shared.settings import TelemetrySettings; from shared.telemetry import spans, start;"
        "start.start(TelemetrySettings(), 'test').wait(); spans.span('last').__enter__().__exit__(None, None, None)"
    )
    with served(Collector(0, TraceStore(tmp_path))) as url:
        environment = {"PATH": "", "OTEL_EXPORTER_OTLP_ENDPOINT": url}
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env=environment)
    (trace,) = tmp_path.glob("*.jsonl")
    assert [span.name for span in TraceStore(tmp_path).trace(trace.stem)] == ["last"]


async def test_an_exporter_that_is_away_costs_the_work_nothing() -> None:
    """Neither spans nor the end of an invocation wait longer than the flush may take."""
    with started(0.3, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}") as telemetry:
        began = time.monotonic()
        for _ in range(3000):
            with spans.span("step"):
                pass
        assert time.monotonic() - began < 3
        began = time.monotonic()
        async with telemetry.invocation():
            pass
        async with telemetry.invocation():  # the first flush is still trying
            pass
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("connection", ["nonsense", "InstrumentationKey=not-a-uuid"])
def test_a_connection_string_that_is_wrong_switches_telemetry_off(connection: str) -> None:
    """It is logged, and pages are made nevertheless."""
    with started(APPLICATIONINSIGHTS_CONNECTION_STRING=connection):
        assert not spans.enabled()
        with spans.span("run"):
            pass


def test_the_identity_is_the_one_the_host_is_told() -> None:
    """`Authorization=AAD` takes the managed identity, by its client id; nothing else does."""
    assert _credential(None) is None
    assert _credential("ClientId=1") is None
    assert type(_credential("ClientId=1;Authorization=AAD")).__name__ == "ManagedIdentityCredential"
