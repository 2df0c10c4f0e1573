"""A trace as a tree with times, for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from local.traces.otlp import Span

_SHOWN = (
    "task.step",
    "http.response.status_code",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "usage.usd",
    "task.outcome",
    "messaging.batch.message_count",
    "error.type",
)
_BAR = 24
_MS = 1_000_000


def draw(spans: Sequence[Span]) -> list[str]:
    """Lines: when a span began after the first (ms), how long it took, a bar, its name below its parent's.

    A span whose parent is not there (made elsewhere, or not sampled) stands at the top.
    """
    if not spans:
        return []
    begin, end = min(span.start for span in spans), max(span.end for span in spans)
    rows = [
        f"{(span.start - begin) / _MS:9.1f} {(span.end - span.start) / _MS:9.1f}  "
        f"{_bar(span, begin, end)}  {'  ' * depth}{span.name}{_details(span)}"
        for depth, span in walk(spans)
    ]
    title = f"trace {spans[0].trace_id}: {len(spans)} spans, {(end - begin) / _MS:.0f} ms"
    return [title, f"{'from ms':>9} {'took ms':>9}", *rows]


def walk(spans: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    """Every span with its depth, parents before children, in order of their start."""
    known = {span.span_id for span in spans}
    children: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        children[span.parent_id if span.parent_id in known else ""].append(span)

    def below(parent: str, depth: int) -> Iterator[tuple[int, Span]]:
        for span in children[parent]:
            yield depth, span
            yield from below(span.span_id, depth + 1)

    yield from below("", 0)


def _bar(span: Span, begin: int, end: int) -> str:
    whole = max(1, end - begin)
    first = min(_BAR - 1, (span.start - begin) * _BAR // whole)
    last = max(first + 1, min(_BAR, -((begin - span.end) * _BAR // whole)))
    return f"{' ' * first}{'━' * (last - first)}{' ' * (_BAR - last)}"


def _details(span: Span) -> str:
    shown = [
        f"{name.rpartition('.')[2]}={span.attributes[name]}" for name in _SHOWN if name in span.attributes
    ]
    told = f" [{span.service}{' ' + span.kind.lower() if span.kind != 'INTERNAL' else ''}]"
    return f"{told}{' ' + ' '.join(shown) if shown else ''}{' FAILED' if span.error else ''}"
