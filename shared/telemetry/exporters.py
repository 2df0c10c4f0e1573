"""Where traces and metrics are sent: an OTLP collector, Azure Monitor, or both."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

    from shared.settings import TelemetrySettings

EXPORT_SECONDS = 5.0
_LOG_EVERY_SECONDS = 60.0
_EXPORTERS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "azure.monitor.opentelemetry.exporter.export._base",
)


def exporters(settings: TelemetrySettings) -> tuple[list[SpanExporter], list[MetricExporter]]:
    """The exporters that are configured; their SDKs are loaded here.

    Raises:
        ValueError: the connection string is none.
    """
    traces: list[SpanExporter] = []
    metrics: list[MetricExporter] = []
    if settings.otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        base = settings.otlp_endpoint.rstrip("/")
        traces.append(OTLPSpanExporter(f"{base}/v1/traces", timeout=EXPORT_SECONDS))
        metrics.append(OTLPMetricExporter(f"{base}/v1/metrics", timeout=EXPORT_SECONDS))
    if settings.connection_string:
        trace, metric = _azure_monitor(settings)
        traces.append(trace)
        metrics.append(metric)
    return traces, metrics


def _azure_monitor(settings: TelemetrySettings) -> tuple[SpanExporter, MetricExporter]:
    from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter, AzureMonitorTraceExporter

    # Nothing is kept on disk: an instance's disk goes with it.
    options = {
        "connection_string": settings.connection_string,
        "credential": _credential(settings.authentication),
        "disable_offline_storage": True,
        "timeout": EXPORT_SECONDS,
    }
    return AzureMonitorTraceExporter(**options), AzureMonitorMetricExporter(**options)


def _credential(authentication: str | None) -> object | None:
    """`Authorization=AAD;ClientId=...`, as the Functions host takes it (Microsoft Learn, "App settings reference")."""
    parts = dict(part.split("=", 1) for part in (authentication or "").split(";") if "=" in part)
    named = {name.strip().lower(): value.strip() for name, value in parts.items()}
    if named.get("authorization", "").upper() != "AAD":
        return None
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=named.get("clientid"))


class _OnceAMinute(logging.Filter):
    """An exporter that is away would say so with every batch."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002  the base class names it
        """See logging.Filter."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + _LOG_EVERY_SECONDS
        return True


def quieten() -> None:
    """Have exporters log at most one error a minute each, and no retries."""
    for name in _EXPORTERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)  # each retry is a warning
        logger.addFilter(_OnceAMinute())
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
