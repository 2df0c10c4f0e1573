"""The local collector: OTLP in, files, a tree out."""

import json
from pathlib import Path

import pytest

from local.traces.otlp import JSON, PROTOBUF, OtlpError, Span, read_figures, read_spans
from local.traces.store import TraceStore
from local.traces.tree import draw, walk

TRACE = "5b8efff798038103d269b633813fc60c"
# The example of the OpenTelemetry protocol's repository (examples/trace.json), shortened.
REQUEST = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "functions"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": TRACE,
                            "spanId": "eee19b7ec3c1b174",
                            "parentSpanId": "eee19b7ec3c1b173",
                            "name": "I'm a server span",
                            "startTimeUnixNano": "1544712660000000000",
                            "endTimeUnixNano": "1544712661000000000",
                            "kind": 2,
                            "attributes": [{"key": "task.id", "value": {"stringValue": "t-1"}}],
                            "status": {"code": 2},
                            "links": [{"traceId": TRACE, "spanId": "eee19b7ec3c1b17a"}],
                        }
                    ]
                }
            ],
        }
    ]
}


def span(name: str, own: str, parent: str, start: int, end: int) -> Span:
    """A span of the one trace; times in ms."""
    return Span(TRACE, own, parent, name, "INTERNAL", start * 1_000_000, end * 1_000_000, "functions")


def test_json_requests_are_read() -> None:
    """Ids are hex there, numbers are text."""
    (found,) = read_spans(json.dumps(REQUEST).encode(), f"{JSON}; charset=utf-8")
    assert (found.trace_id, found.span_id, found.parent_id) == (TRACE, "eee19b7ec3c1b174", "eee19b7ec3c1b173")
    assert (found.kind, found.service, found.error) == ("SERVER", "functions", True)
    assert found.end - found.start == 1_000_000_000
    assert found.links == ((TRACE, "eee19b7ec3c1b17a"),)
    assert Span.read(found.line()) == found


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"\xff\xff\xff", PROTOBUF), (b"[]", JSON), (b"{", JSON), (b'{"resourceSpans": [1]}', JSON)],
)
def test_what_is_no_request_is_refused(body: bytes, content_type: str) -> None:
    """A typed error for anything else."""
    with pytest.raises(OtlpError):
        read_spans(body, content_type)
    if body != b'{"resourceSpans": [1]}':
        with pytest.raises(OtlpError):
            read_figures(body, content_type)


def test_a_task_leads_to_its_traces(tmp_path: Path) -> None:
    """By the attribute `task.id`; spans of a foreign id's form are not stored."""
    store = TraceStore(tmp_path)
    hostile = Span("../../etc/passwd", "a", "", "x", "INTERNAL", 0, 1, "functions")
    store.add([*read_spans(json.dumps(REQUEST).encode(), JSON), hostile])
    assert store.of_task("t-1") == [TRACE]
    assert store.of_task("t-2") == []
    assert store.trace("0" * 32) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_the_tree_has_parents_before_children_in_time() -> None:
    """A span whose parent is elsewhere stands at the top."""
    spans = [
        span("step", "c", "b", 30, 60),
        span("run", "b", "a", 20, 100),
        span("request", "a", "gone", 0, 10),
        span("other", "d", "b", 25, 26),
    ]
    assert [(depth, each.name) for depth, each in walk(spans)] == [
        (0, "request"),
        (1, "run"),
        (2, "other"),
        (2, "step"),
    ]
    lines = draw(spans)
    assert lines[0] == f"trace {TRACE}: 4 spans, 100 ms"
    assert lines[-1].split() == ["30.0", "30.0", "━" * 8, "step", "[functions]"]
    assert draw([]) == []
