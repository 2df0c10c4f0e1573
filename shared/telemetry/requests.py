"""The span and the duration of a request to the HTTP API (OpenTelemetry semantic conventions, "HTTP spans")."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from shared.telemetry import context, spans
from shared.telemetry.instruments import HTTP_DURATION
from shared.telemetry.spans import Kind

_SERVER_ERROR = 500
# Probes ask every few seconds: nothing to learn from their spans.
_PROBES = "generation/actuator/"


class RequestSpan:
    """Around one request; `answered` says how it ended.

    Azure's host makes a server span of its own for every request, as a child of the caller's, and hands its context
    to the function: then ours is an internal span below it. A host that records nothing hands over the caller's own
    context, or one it does not sample: then ours is the server span.

    Args:
        method: as asked.
        route: as registered, without the prefix.
        header: the request's `traceparent`.
        host: the trace context of the invocation.
    """

    def __init__(self, method: str, route: str, *, header: str | None, host: str | None) -> None:
        self._attributes: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": f"/api/{route}",
        }
        above, caller = context.valid(host), context.valid(header)
        recorded = above is not None and above != caller and context.is_sampled(above)
        parent = above if recorded else caller
        if not spans.enabled():  # nothing is recorded, but the task and its events get the id of one trace
            parent = context.traceparent(parent)
        kind = Kind.INTERNAL if recorded else Kind.SERVER
        name = f"{method} /api/{route}"
        probe = route.startswith(_PROBES)
        self._span = spans.Span() if probe else spans.span(name, kind, self._attributes, parent=parent)
        self._began = 0.0

    def __enter__(self) -> Self:
        self._span.__enter__()
        self._began = time.perf_counter()
        return self

    def answered(self, status: int) -> None:
        """The answer's status; 5xx are failures of ours."""
        self._attributes["http.response.status_code"] = status
        self._span.set({"http.response.status_code": status})
        if status >= _SERVER_ERROR:
            self._span.fail(str(status))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        HTTP_DURATION.record(time.perf_counter() - self._began, self._attributes)
        self._span.__exit__(kind, error, trace)
