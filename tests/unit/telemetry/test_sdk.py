"""OpenTelemetry's SDK behind our spans and instruments."""

import time

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry import instruments, spans
from shared.telemetry.sdk import OtelMeter, OtelTracer, meter_provider, tracer_provider

CALLER = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"


def tracer(ratio: float) -> tuple[OtelTracer, InMemorySpanExporter]:
    """A tracer whose finished spans are at hand."""
    provider, kept = tracer_provider({"service.name": "test"}, [], ratio), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return OtelTracer(provider), kept


def test_spans_reach_the_exporter_with_parent_links_and_failure() -> None:
    """What spans.py says is what OpenTelemetry exports."""
    otel, kept = tracer(1.0)
    spans.install(otel)
    try:
        with spans.span("run", spans.Kind.CONSUMER, {"task.id": "7"}, parent=CALLER, links=[CALLER]) as run:
            with spans.span("step"):
                pass
            run.fail("model_rejected")
    finally:
        spans.install(None)
    step, done = kept.get_finished_spans()
    assert (done.name, done.kind.name) == ("run", "CONSUMER")
    assert done.context is not None
    assert step.parent is not None
    assert done.parent is not None
    assert f"{done.context.trace_id:x}" == "a" * 32
    assert f"{done.parent.span_id:x}" == "b" * 16
    assert step.parent.span_id == done.context.span_id
    assert [f"{link.context.span_id:x}" for link in done.links] == ["b" * 16]
    assert dict(done.attributes or {}) == {"task.id": "7", "error.type": "model_rejected"}
    assert done.status.status_code.name == "ERROR"
    assert done.status.description == "model_rejected"


def test_sampling_is_by_trace_id_whatever_the_caller_says() -> None:
    """Every process keeps the same traces; a `sampled` flag forces and forbids nothing."""
    (one, kept), (other, also) = tracer(0.5), tracer(0.5)
    for number in range(64):
        trace = f"{number * 0x0400_0000_0000_0000 + 1:032x}"
        for flag in ("00", "01"):
            parent = f"00-{trace}-{'b' * 16}-{flag}"
            one.begin("one", spans.Kind.SERVER, {}, parent, []).end()
            other.begin("other", spans.Kind.CONSUMER, {}, parent, []).end()
    ids = [span.context.trace_id for span in kept.get_finished_spans() if span.context]
    assert ids == [span.context.trace_id for span in also.get_finished_spans() if span.context]
    assert 40 < len(ids) < 90
    assert all(ids.count(each) == 2 for each in ids)


def test_a_span_that_is_not_sampled_says_so_to_the_next() -> None:
    """The relay looks at the flag before it does anything."""
    otel, kept = tracer(0.0)
    recording = otel.begin("run", spans.Kind.CONSUMER, {}, CALLER[:-1] + "1", [])
    recording.end()
    assert recording.traceparent.endswith("-00")
    assert kept.get_finished_spans() == ()


def figures(reader: InMemoryMetricReader) -> dict[str, list[float]]:
    """Values by metric; of a histogram its sum."""
    data = reader.get_metrics_data()
    metrics = [m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics] if data else []
    return {
        metric.name: [getattr(point, "value", getattr(point, "sum", 0)) for point in metric.data.data_points]
        for metric in metrics
    }


def test_counters_histograms_gauges_and_observed_values() -> None:
    """Each kind comes out as what it is."""
    reader = InMemoryMetricReader()
    instruments.install(OtelMeter(MeterProvider(metric_readers=[reader]), 60))
    try:
        instruments.EVENTS_PUBLISHED.record(2)
        instruments.EVENTS_PUBLISHED.record(3)
        instruments.TASK_DURATION.record(
            1.5, {"task.queue": "generation-requests", "task.outcome": "completed"}
        )
        instruments.QUEUE_LENGTH.record(4, {"queue": "a"})
        instruments.QUEUE_LENGTH.record(5, {"queue": "a"})
        instruments.QUEUE_LENGTH.record(6, {"queue": "b"})
        instruments.RELAY_SENT.observe(lambda: [(9, {})])
    finally:
        instruments.install(None)
    assert figures(reader) == {
        "events.published": [5],
        "task.run.duration": [1.5],
        "queue.length": [5, 6],
        "relay.events.sent": [9],
    }


def test_a_gauge_that_nobody_takes_any_more_is_missing() -> None:
    """An old figure would look like a live one: alerts could not tell that nobody measures."""
    reader = InMemoryMetricReader()
    instruments.install(OtelMeter(MeterProvider(metric_readers=[reader]), 0.05))
    try:
        instruments.TASKS_STALE.record(3)
    finally:
        instruments.install(None)
    assert figures(reader) == {"tasks.stale": [3]}
    time.sleep(0.06)
    assert figures(reader).get("tasks.stale", []) == []


def test_histograms_have_the_buckets_they_declare() -> None:
    """A page of seconds and an answer of milliseconds need different bounds."""
    provider = meter_provider({}, [], 60)
    assert {view._instrument_name for view in provider._sdk_config.views} == {
        each.name for each in instruments.ALL if each.buckets
    }
