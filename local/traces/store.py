"""Spans in files: one a trace, a line a span, so that a running stack can be read."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import orjson

from local.traces.otlp import Figure, Span

FIGURES = "metrics.jsonl"
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_KEPT = 500


class TraceStore:
    """The traces and figures in a folder.

    Args:
        folder: made when something is stored.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def add(self, spans: Sequence[Span]) -> None:
        """Store spans; one whose trace id is none (all zeros, too short) is left out."""
        lines: dict[str, list[str]] = defaultdict(list)
        for span in spans:
            if _TRACE_ID.fullmatch(span.trace_id):
                lines[span.trace_id].append(span.line())
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            for trace_id, own in lines.items():
                _append(self._folder / f"{trace_id}.jsonl", own)

    def add_figures(self, figures: Sequence[Figure]) -> None:
        """Store data points, in the order they came."""
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            _append(self._folder / FIGURES, [orjson.dumps(asdict(each)).decode() for each in figures])

    def trace(self, trace_id: str) -> list[Span]:
        """A trace's spans, by their start; empty when none is known."""
        path = self._folder / f"{trace_id}.jsonl"
        if not path.is_file():
            return []
        spans = [Span.read(line) for line in path.read_text("utf-8").splitlines()]
        return sorted(spans, key=lambda span: (span.start, span.end))

    def of_task(self, task_id: str) -> list[str]:
        """The ids of traces that a task is in, the newest first."""
        paths = sorted(self._traces(), key=lambda path: path.stat().st_mtime, reverse=True)
        named = [path.stem for path in paths if task_id in path.read_text("utf-8")]
        return [found for found in named if _has_task(self.trace(found), task_id)]

    def prune(self) -> None:
        """Drop all but the newest few hundred traces, and the figures of earlier runs."""
        (self._folder / FIGURES).unlink(missing_ok=True)
        newest = sorted(self._traces(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest[_KEPT:]:
            path.unlink(missing_ok=True)

    def _traces(self) -> list[Path]:
        return [path for path in self._folder.glob("*.jsonl") if _TRACE_ID.fullmatch(path.stem)]


def _append(path: Path, lines: Sequence[str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def _has_task(spans: Sequence[Span], task_id: str) -> bool:
    return any(span.attributes.get("task.id") == task_id for span in spans)
