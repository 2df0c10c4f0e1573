"""OTLP requests as plain spans and figures.

Source: OpenTelemetry protocol 1.x, opentelemetry/proto (protobuf), and its JSON mapping, in which ids are hex and
64-bit numbers are text ("OTLP/HTTP: JSON Protobuf Encoding").
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

PROTOBUF, JSON = "application/x-protobuf", "application/json"

_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_ERROR = 2


class OtlpError(ValueError):
    """What came is no OTLP request."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span; times in nanoseconds since the epoch, ids in hex, `parent_id` empty for a first one."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start: int
    end: int
    service: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[tuple[str, str]] = ()
    error: bool = False

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, line: str) -> Self:
        """What `line` wrote."""
        raw = json.loads(line)
        return cls(**{**raw, "links": tuple((trace, span) for trace, span in raw["links"])})


@dataclass(frozen=True, slots=True)
class Figure:
    """One data point of a metric: a gauge's value, a sum, or a histogram's sum and count."""

    name: str
    unit: str
    value: float
    count: int
    attributes: Mapping[str, Any]
    service: str


def read_spans(body: bytes, content_type: str) -> list[Span]:
    """The spans of a trace export request.

    Raises:
        OtlpError: it is none.
    """
    return _read(_spans, body, content_type, "trace")


def read_figures(body: bytes, content_type: str) -> list[Figure]:
    """The data points of a metrics export request.

    Raises:
        OtlpError: it is none.
    """
    return _read(_figures, body, content_type, "metrics")


def _read[T](
    parts: Callable[[Mapping[str, Any]], Iterator[T]], body: bytes, content_type: str, signal: str
) -> list[T]:
    try:
        return list(parts(_message(body, content_type, signal)))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise OtlpError(f"no OTLP request: {error!r}") from error


def _message(body: bytes, content_type: str, signal: str) -> dict[str, Any]:
    """The request as its JSON mapping."""
    if content_type.partition(";")[0].strip() == JSON:
        parsed: dict[str, Any] = json.loads(body)
        return parsed
    return _from_protobuf(body, signal)


def _from_protobuf(body: bytes, signal: str) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]  # it publishes none
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it publishes none
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest() if signal == "trace" else ExportMetricsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise OtlpError("no protobuf of this kind") from error
    found: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for span in _each(found, "resourceSpans", "scopeSpans", "spans"):
        for holder in (span, *span.get("links", ())):  # protobuf's own mapping has base64 here
            holder.update({key: _hex(holder[key]) for key in _IDS if key in holder})
    return found


_IDS = ("traceId", "spanId", "parentSpanId")


def _hex(encoded: str) -> str:
    return base64.b64decode(encoded).hex()


def _each(message: Mapping[str, Any], *path: str) -> Iterator[dict[str, Any]]:
    if not path:
        yield dict(message) if not isinstance(message, dict) else message
        return
    for part in message.get(path[0], ()):
        yield from _each(part, *path[1:])


def _spans(message: Mapping[str, Any]) -> Iterator[Span]:
    for resource in message.get("resourceSpans", ()):
        service = _service(resource)
        for raw in _each(resource, "scopeSpans", "spans"):
            yield Span(
                trace_id=raw["traceId"],
                span_id=raw["spanId"],
                parent_id=raw.get("parentSpanId", ""),
                name=raw["name"],
                kind=_KINDS[int(raw.get("kind", 0))],
                start=int(raw["startTimeUnixNano"]),
                end=int(raw["endTimeUnixNano"]),
                service=service,
                attributes=_attributes(raw),
                links=tuple((link["traceId"], link["spanId"]) for link in raw.get("links", ())),
                error=int(raw.get("status", {}).get("code", 0)) == _ERROR,
            )


def _figures(message: Mapping[str, Any]) -> Iterator[Figure]:
    for resource in message.get("resourceMetrics", ()):
        service = _service(resource)
        for raw in _each(resource, "scopeMetrics", "metrics"):
            data = raw.get("gauge") or raw.get("sum") or raw.get("histogram") or {}
            for point in data.get("dataPoints", ()):
                value = point.get("asDouble", point.get("asInt", point.get("sum", 0)))
                count = int(point.get("count", 1))
                yield Figure(
                    raw["name"], raw.get("unit", ""), float(value), count, _attributes(point), service
                )


def _service(resource: Mapping[str, Any]) -> str:
    return str(_attributes(resource.get("resource", {})).get("service.name", ""))


def _attributes(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {item["key"]: _value(item.get("value", {})) for item in holder.get("attributes", ())}


def _value(value: Mapping[str, Any]) -> Any:
    if "intValue" in value:
        return int(value["intValue"])
    if "arrayValue" in value:
        return [_value(each) for each in value["arrayValue"].get("values", ())]
    return next(iter(value.values()), None)
