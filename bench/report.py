"""A record as text: tables for the terminal and the same tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bench.result import Measurement, Record, Result, Table
from bench.spread import Spread

_VERDICTS = {True: "pass", False: "FAIL", None: ""}


def as_text(record: Record) -> str:
    """The record as aligned columns."""
    tables = [_plain(table) for table in (measurements_table(record.result), *record.result.tables)]
    return "\n\n".join([f"{record.result.bench}: {circumstances(record)}", *tables])


def as_markdown(record: Record) -> str:
    """The record as Markdown tables."""
    tables = [_markdown(table) for table in (measurements_table(record.result), *record.result.tables)]
    return "\n\n".join([f"{circumstances(record)}.", *tables])


def circumstances(record: Record) -> str:
    """When and on what it was measured, in one line."""
    machine = record.machine
    return (
        f"{record.date[:10]}, {machine['cores']} cores ({machine['cpu']}), {machine['memory_gb']:g} GB, "
        f"{machine['system']}, Python {machine['python']}, load {machine['load_before']:g} before"
    )


def measurements_table(result: Result) -> Table:
    """A row per measurement: medians with least and most, the bar, and whether it is reached."""
    beside = (result.beside,) if result.beside else ()
    rows = tuple(
        (
            measurement.name,
            measurement.unit,
            _figures(measurement.ours),
            *((_figures(measurement.beside),) if beside else ()),
            str(measurement.bar or ""),
            _VERDICTS[measurement.passed],
        )
        for measurement in result.measurements
    )
    columns = ("measured: median (least to most)", "unit", "ours", *beside, "bar", "")
    return Table(_runs(result.measurements), columns, rows)


def _runs(measurements: Sequence[Measurement]) -> str:
    counts = sorted({len(measurement.ours.runs) for measurement in measurements})
    return f"{' or '.join(map(str, counts))} runs each"


def _figures(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    if len(spread.runs) == 1:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.least)} to {number(spread.most)})"


def number(value: float) -> str:
    """Three significant digits, never as a power of ten."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"


def _plain(table: Table) -> str:
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([table.title, padded[0], rule, *padded[1:]])


def _markdown(table: Table) -> str:
    lines = [table.columns, ("---",) * len(table.columns), *table.rows]
    body = "\n".join(f"| {' | '.join(cell.replace('|', '\\|') for cell in line)} |" for line in lines)
    return f"{table.title}:\n\n{body}"
