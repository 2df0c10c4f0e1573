"""Switches traces and metrics on, where an exporter is configured; nothing of OpenTelemetry is loaded otherwise."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from shared.telemetry import instruments, logs, spans
from shared.telemetry.exporters import EXPORT_SECONDS, exporters, quieten

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

    from shared.settings import TelemetrySettings

log = logging.getLogger(__name__)

_START_SECONDS = 10.0


class Telemetry:
    """The exporters of one process.

    Args:
        settings: where to, and how much.
        service: which part of the product this process is: `functions` or `relay`.
        patience: seconds that the end of an invocation, or of the process, waits for what is recorded to be sent.
    """

    def __init__(self, settings: TelemetrySettings, service: str, *, patience: float = 2.0) -> None:
        self._settings = settings
        self._patience = patience
        self._service = service
        self._thread: threading.Thread | None = None
        self._flushing: threading.Thread | None = None
        self._traces: TracerProvider | None = None
        self._metrics: MeterProvider | None = None
        self._running = 0

    @property
    def configured(self) -> bool:
        """Whether there is anywhere to send to."""
        return bool(self._settings.connection_string or self._settings.otlp_endpoint)

    def start(self) -> None:
        """Load the SDK on a thread, if it is configured; see `ready`. A second call does nothing."""
        if self.configured and self._thread is None:
            self._thread = threading.Thread(target=self._load, name="telemetry-start", daemon=True)
            self._thread.start()

    async def ready(self) -> None:
        """Wait until what follows is recorded: the first time a quarter of a second, while other work goes on."""
        if self._thread is not None and self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, _START_SECONDS)

    def wait(self) -> None:
        """As `ready`, for a process that has no loop yet."""
        if self._thread is not None:
            self._thread.join(_START_SECONDS)

    @asynccontextmanager
    async def invocation(self) -> AsyncIterator[None]:
        """A function's run that nobody waits for: when the last one of the process ends, what is recorded is sent.

        After it the platform may take the instance away. A busy process sends in the background, as ever.
        """
        await self.ready()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if self._running == 0 and self._traces is not None:
                await self._flush_for_a_while()

    async def _flush_for_a_while(self) -> None:
        """Flush on a thread and wait for a while; where the last one is still trying, not at all.

        The SDK's own limit does not hold: it tries to send everything it has, each batch for as long as it may take.
        """
        if self._flushing is not None and self._flushing.is_alive():
            return
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            self.flush()
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(done.set)

        self._flushing = threading.Thread(target=work, name="telemetry-flush", daemon=True)
        self._flushing.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await done.wait()

    def flush(self) -> None:
        """Send the spans recorded so far; what cannot be sent is logged by the SDK and dropped."""
        if self._traces is not None:
            self._traces.force_flush()

    def flush_metrics(self) -> None:
        """Send the figures taken so far."""
        if self._metrics is not None:
            self._metrics.force_flush(EXPORT_SECONDS * 1000)

    def close(self) -> None:
        """Stop, and send what is recorded for a while: no exporter holds up the end."""
        self.wait()
        spans.install(None)
        instruments.install(None)
        traces, metrics = self._traces, self._metrics
        self._traces = self._metrics = None
        if traces is None or metrics is None:
            return
        ending = [
            threading.Thread(target=each.shutdown, name="telemetry-end", daemon=True)
            for each in (traces, metrics)
        ]
        for thread in ending:
            thread.start()
        until = time.monotonic() + self._patience
        for thread in ending:
            thread.join(max(0.0, until - time.monotonic()))

    def _load(self) -> None:
        try:
            self._install()
        except Exception:
            # Telemetry that cannot start (a malformed connection string, say) must not keep pages from being made.
            log.exception("telemetry is off: it cannot start")

    def _install(self) -> None:
        from shared.telemetry import sdk

        quieten()
        traces, metrics = exporters(self._settings)
        resource = self._resource()
        self._traces = sdk.tracer_provider(resource, traces, self._settings.sample_ratio)
        self._metrics = sdk.meter_provider(resource, metrics, self._settings.metric_seconds)
        spans.install(sdk.OtelTracer(self._traces))
        instruments.install(sdk.OtelMeter(self._metrics, self._settings.metric_seconds))
        atexit.register(self.close)
        log.info("telemetry is on", extra={"service": self._service})

    def _resource(self) -> dict[str, str]:
        return {
            "service.namespace": "product-details",
            "service.name": self._service,
            "service.version": self._settings.version,
            "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
            "deployment.environment.name": self._settings.environment,
        }


_process: Telemetry | None = None


def start(settings: TelemetrySettings, service: str) -> Telemetry:
    """Begin to log and record in this process as configured; the second call gives the first one's answer."""
    global _process  # noqa: PLW0603  one process, one set of exporters
    if _process is None:
        logs.keep_from(settings.log_level)
        _process = Telemetry(settings, service)
        _process.start()
    return _process


async def ready() -> None:
    """See Telemetry.ready."""
    if _process is not None:
        await _process.ready()


async def send_metrics() -> None:
    """See Telemetry.flush_metrics; the loop goes on meanwhile."""
    if _process is not None:
        await asyncio.to_thread(_process.flush_metrics)


@asynccontextmanager
async def invocation() -> AsyncIterator[None]:
    """See Telemetry.invocation."""
    if _process is None:
        yield
        return
    async with _process.invocation():
        yield
