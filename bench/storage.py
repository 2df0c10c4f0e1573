"""Records as JSON files in bench/results, small enough for git."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.result import Bar, Measurement, Record, Result, Table
from bench.spread import Spread

RESULTS = Path(__file__).resolve().parent / "results"


def save(record: Record, folder: Path = RESULTS) -> Path:
    """Write a record over the one that its bench had before; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.result.bench}.json"
    path.write_text(json.dumps(as_json(record), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> Record:
    """Read a record.

    Raises:
        OSError, ValueError, KeyError: the file is not there or is not one of ours.
    """
    return from_json(json.loads(path.read_text(encoding="utf-8")))


def as_json(record: Record) -> dict[str, Any]:
    """The record as plain data; medians and verdicts are written out for those who read the file."""
    result = record.result
    return {
        "bench": result.bench,
        "date": record.date,
        "machine": dict(record.machine),
        "versions": dict(sorted(result.versions.items())),
        "beside": result.beside,
        "measurements": [_measurement_json(measurement) for measurement in result.measurements],
        "tables": [
            {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}
            for table in result.tables
        ],
    }


def from_json(data: Mapping[str, Any]) -> Record:
    """The record that `as_json` wrote; what can be computed from the runs is."""
    result = Result(
        data["bench"],
        data["beside"],
        tuple(_measurement(entry) for entry in data["measurements"]),
        tuple(
            Table(table["title"], tuple(table["columns"]), tuple(tuple(row) for row in table["rows"]))
            for table in data["tables"]
        ),
        data["versions"],
    )
    return Record(data["date"], data["machine"], result)


def _measurement_json(measurement: Measurement) -> dict[str, Any]:
    bar = measurement.bar
    return {
        "name": measurement.name,
        "unit": measurement.unit,
        "ours": _spread_json(measurement.ours),
        "beside": _spread_json(measurement.beside) if measurement.beside else None,
        "bar": {"kind": bar.kind, "limit": bar.limit} if bar else None,
        "passed": measurement.passed,
    }


def _spread_json(spread: Spread) -> dict[str, Any]:
    return {"median": spread.median, "runs": list(spread.runs)}


def _measurement(data: Mapping[str, Any]) -> Measurement:
    beside, bar = data["beside"], data["bar"]
    return Measurement(
        data["name"],
        data["unit"],
        Spread(tuple(data["ours"]["runs"])),
        Spread(tuple(beside["runs"])) if beside else None,
        Bar(bar["kind"], bar["limit"]) if bar else None,
    )
