"""The span of a request: whose child it is depends on what the host does."""

import pytest

from shared.telemetry import context
from shared.telemetry.requests import RequestSpan
from shared.telemetry.spans import Kind
from tests.unit.telemetry.recording import recording

TRACE = "a" * 32
CALLER = f"00-{TRACE}-{'b' * 16}-01"
HOST = f"00-{TRACE}-{'c' * 16}-01"
UNSAMPLED = f"00-{'d' * 32}-{'e' * 16}-00"


@pytest.mark.parametrize(
    ("header", "host", "parent", "kind"),
    [
        (CALLER, HOST, HOST, Kind.INTERNAL),  # Azure's host has a span of its own
        (None, HOST, HOST, Kind.INTERNAL),
        (CALLER, CALLER, CALLER, Kind.SERVER),  # the host only hands the header on
        (None, UNSAMPLED, None, Kind.SERVER),  # the host made a context that nobody records
        (CALLER, None, CALLER, Kind.SERVER),
        ("00-broken", None, None, Kind.SERVER),
    ],
)
def test_parent_and_kind(header: str | None, host: str | None, parent: str | None, kind: Kind) -> None:
    """A recording host's span is the parent; else the caller's, and ours is the server span."""
    with recording() as recorder:
        with RequestSpan("POST", "generation/image", header=header, host=host) as span:
            span.answered(202)
        made = recorder.named("POST /api/generation/image")
        assert (made.parent, made.kind, made.failed) == (parent, kind, None)
        assert made.attributes["http.response.status_code"] == 202
        (figure,) = recorder.figures
        assert figure[0].name == "http.server.request.duration"
        assert set(figure[2]) == set(figure[0].attributes)


def test_5xx_is_a_failure() -> None:
    """What the caller did wrong is not ours; what we did is."""
    with recording() as recorder:
        for status in (404, 503):
            with RequestSpan("GET", f"route-{status}", header=None, host=None) as span:
                span.answered(status)
        assert [span.failed for span in recorder.spans] == [None, "503"]


def test_probes_make_no_spans() -> None:
    """Health is asked for every few seconds."""
    with recording() as recorder:
        with RequestSpan("GET", "generation/actuator/health", header=CALLER, host=None) as span:
            span.answered(200)
        assert recorder.spans == []


def test_without_a_tracer_a_request_still_has_one_trace() -> None:
    """The caller's context, or a new one, is that of the task and its events."""
    with RequestSpan("POST", "generation/image", header=CALLER, host=None):
        assert context.current() == CALLER
    with RequestSpan("POST", "generation/image", header=None, host=None):
        assert context.valid(context.current()) is not None
