"""What the relay counts, as Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_PREFIX = "relay_"


@dataclass(slots=True)
class Metrics:
    """Counters of one process; plain numbers, as everything runs on one loop."""

    connections_opened: int = 0
    streams_opened: int = 0
    events_received: int = 0
    events_repeated: int = 0
    events_malformed: int = 0
    events_sent: int = 0
    bytes_sent: int = 0
    resets: Counter[str] = field(default_factory=Counter)
    streams_ended: Counter[str] = field(default_factory=Counter)
    responses: Counter[int] = field(default_factory=Counter)
    reader_restarts: Counter[str] = field(default_factory=Counter)


def render(metrics: Metrics, gauges: Mapping[str, float], lag: dict[str, int]) -> bytes:
    """The text page; `gauges` are current values, `lag` messages not yet read, by partition."""
    lines: list[str] = []
    for name in ("connections_opened", "streams_opened", "events_received", "events_repeated"):
        _plain(lines, name, "counter", getattr(metrics, name))
    for name in ("events_malformed", "events_sent", "bytes_sent"):
        _plain(lines, name, "counter", getattr(metrics, name))
    _labelled(lines, "resets", "counter", "reason", metrics.resets)
    _labelled(lines, "streams_ended", "counter", "reason", metrics.streams_ended)
    _labelled(lines, "responses", "counter", "status", metrics.responses)
    _labelled(lines, "reader_restarts", "counter", "partition", metrics.reader_restarts)
    _labelled(lines, "lag_events", "gauge", "partition", lag)
    for name, value in gauges.items():
        _plain(lines, name, "gauge", value)
    return ("\n".join(lines) + "\n").encode()


def _plain(lines: list[str], name: str, kind: str, value: float) -> None:
    full = _PREFIX + name + ("_total" if kind == "counter" else "")
    lines += [f"# TYPE {full} {kind}", f"{full} {value:g}" if isinstance(value, float) else f"{full} {value}"]


def _labelled[K](lines: list[str], name: str, kind: str, label: str, values: dict[K, int]) -> None:
    full = _PREFIX + name + ("_total" if kind == "counter" else "")
    lines.append(f"# TYPE {full} {kind}")
    # Labels are words, numbers and partition ids of ours: nothing in them needs escaping.
    lines += [f'{full}{{{label}="{key}"}} {value}' for key, value in sorted(values.items(), key=str)]
