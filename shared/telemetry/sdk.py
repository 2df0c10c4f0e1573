"""OpenTelemetry's SDK behind shared/telemetry/spans.py and instruments.py.

Imported only by shared/telemetry/start.py, and only where an exporter is configured: loading it takes 0.25 s.

Whether a trace is recorded is decided by its id alone, so that every process decides alike and no caller's `sampled`
flag can force or forbid it. Export is by background threads with bounded queues: what cannot be sent is dropped, and
nothing waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation import set_span_in_context

from shared.telemetry.instruments import ALL, Instrument, Observed
from shared.telemetry.spans import Attributes, Kind

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

_SCOPE = "product-details"
# A page makes some forty spans: sent within a second of their end, so that little is lost with an instance.
_SPAN_DELAY_MS = 1000
_SPAN_QUEUE = 4096


class OtelRecording:
    """A spans.Recording on an OpenTelemetry span."""

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        made = span.get_span_context()
        self.traceparent = f"00-{made.trace_id:032x}-{made.span_id:016x}-{made.trace_flags:02x}"

    def set(self, attributes: Attributes) -> None:
        """See spans.Recording."""
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        """See spans.Recording."""
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(Status(StatusCode.ERROR, error_type))

    def end(self) -> None:
        """See spans.Recording."""
        self._span.end()


class OtelTracer:
    """A spans.Tracer on a tracer provider."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(_SCOPE)

    def begin(
        self, name: str, kind: Kind, attributes: Attributes, parent: str | None, links: Iterable[str]
    ) -> OtelRecording:
        """See spans.Tracer."""
        span = self._tracer.start_span(
            name,
            context=_context(parent),
            kind=SpanKind[kind.value],
            attributes=attributes,
            links=[Link(_span_context(link)) for link in links],
        )
        return OtelRecording(span)


class OtelMeter:
    """An instruments.Meter on a meter provider.

    Args:
        provider: collects and exports.
        fresh_seconds: how long a gauge's value is exported after it was recorded: a figure that nobody takes any more
            is missing, instead of standing still.
    """

    def __init__(self, provider: MeterProvider, fresh_seconds: float) -> None:
        self._meter = provider.get_meter(_SCOPE)
        self._fresh_seconds = fresh_seconds
        self._lock = threading.Lock()
        self._gauges: dict[Instrument, dict[tuple[Any, ...], tuple[float, float, Attributes]]] = {}
        self._made: dict[str, Any] = {}

    def record(self, instrument: Instrument, value: float, attributes: Attributes) -> None:
        """See instruments.Meter."""
        if instrument.kind == "counter":
            self._instrument(instrument, self._meter.create_counter).add(value, attributes)
        elif instrument.kind == "histogram":
            self._instrument(instrument, self._meter.create_histogram).record(value, attributes)
        else:
            with self._lock:
                values = self._gauges.setdefault(instrument, {})
                values[tuple(sorted(attributes.items()))] = (time.monotonic(), value, attributes)
            self.observe(instrument, lambda: self._fresh(instrument))

    def observe(self, instrument: Instrument, look: Callable[[], Observed]) -> None:
        """See instruments.Meter."""
        if instrument.name in self._made:
            return

        def callback(_: CallbackOptions) -> list[Observation]:
            return [Observation(value, attributes) for value, attributes in look()]

        counts = instrument.kind == "counter"
        create = self._meter.create_observable_counter if counts else self._meter.create_observable_gauge
        self._made[instrument.name] = create(
            instrument.name, [callback], instrument.unit, instrument.description
        )

    def _instrument(self, instrument: Instrument, create: Callable[..., Any]) -> Any:
        made = self._made.get(instrument.name)
        if made is None:
            made = create(instrument.name, instrument.unit, instrument.description)
            self._made[instrument.name] = made
        return made

    def _fresh(self, instrument: Instrument) -> list[tuple[float, Attributes]]:
        oldest = time.monotonic() - self._fresh_seconds
        with self._lock:
            recorded = list(self._gauges[instrument].values())
        return [(value, attributes) for taken, value, attributes in recorded if taken >= oldest]


def tracer_provider(
    resource: dict[str, str], exporters: Sequence[SpanExporter], ratio: float
) -> TracerProvider:
    """Samples by trace id; every exporter gets every span, in batches."""
    provider = TracerProvider(
        resource=Resource.create(dict(resource)), sampler=TraceIdRatioBased(ratio), shutdown_on_exit=False
    )
    for exporter in exporters:
        provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=_SPAN_QUEUE, schedule_delay_millis=_SPAN_DELAY_MS)
        )
    return provider


def meter_provider(
    resource: dict[str, str], exporters: Sequence[MetricExporter], seconds: float
) -> MeterProvider:
    """Exports every `seconds` to every exporter."""
    readers: list[MetricReader] = [
        PeriodicExportingMetricReader(exporter, export_interval_millis=seconds * 1000)
        for exporter in exporters
    ]
    views = [
        View(
            instrument_name=each.name,
            aggregation=ExplicitBucketHistogramAggregation(boundaries=each.buckets),
        )
        for each in ALL
        if each.buckets
    ]
    return MeterProvider(
        metric_readers=readers,
        resource=Resource.create(dict(resource)),
        views=views,
        shutdown_on_exit=False,
    )


def _context(parent: str | None) -> Context:
    """Never OpenTelemetry's own current context: shared/telemetry/context.py says where the code is in a trace."""
    from opentelemetry.context import Context

    return set_span_in_context(NonRecordingSpan(_span_context(parent)), Context()) if parent else Context()


def _span_context(traceparent: str) -> SpanContext:
    return SpanContext(
        trace_id=int(traceparent[3:35], 16),
        span_id=int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[-2:], 16)),
    )
