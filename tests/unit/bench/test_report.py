"""Bars, tables, records on disk, and the figures on the documentation page."""

import json
from pathlib import Path

import pytest

from bench.documentation import PAGE, document, with_figures
from bench.errors import BenchError
from bench.report import as_markdown, as_text, number
from bench.result import Bar, Kind, Measurement, Record, Result, Table
from bench.spread import Spread
from bench.storage import RESULTS, as_json, from_json, load, save

MACHINE = {
    "cores": 2,
    "cpu": "Some CPU",
    "memory_gb": 24.1,
    "system": "Linux x86_64",
    "python": "3.13.0",
    "load_before": 0.1,
}
START = Measurement("start", "s", Spread((0.3, 0.2, 0.4)), Spread((2.0, 3.0, 2.5)), Bar("at most", 0.6))
MEMORY = Measurement("memory", "MB", Spread((180.0,)), None, Bar("at most", 150))
PAGE_TIME = Measurement("page", "s", Spread((1.0, 1.5)))
IMPORTS = Table("Imports", ("package", "ms"), (("a|b", "12.0"),))


@pytest.fixture
def record() -> Record:
    """A bench with a bar reached, one missed, and one figure without."""
    result = Result("coldstart", "old stack", (START, MEMORY, PAGE_TIME), (IMPORTS,), {"openai": "3.51.0"})
    return Record("2026-11-20T10:00:00+00:00", MACHINE, result)


@pytest.mark.parametrize(
    ("kind", "limit", "median", "reached"),
    [
        ("at most", 0.6, 0.6, True),
        ("at most", 0.6, 0.61, False),
        ("at least", 20, 20, True),
        ("at least", 20, 19.9, False),
    ],
)
def test_a_bar_that_is_met_exactly_is_reached(kind: Kind, limit: float, median: float, reached: bool) -> None:
    """Both kinds of bars include their limit."""
    assert Bar(kind, limit).reached(median) is reached


def test_the_median_decides(record: Record) -> None:
    """One slow run does not miss a bar; a measurement without a bar neither passes nor fails."""
    slow_once = Measurement("start", "s", Spread((0.3, 0.3, 5.0)), bar=Bar("at most", 0.6))
    assert slow_once.passed is True
    assert PAGE_TIME.passed is None
    assert record.result.missed == [MEMORY]


def test_text_shows_measured_bar_verdict_and_machine(record: Record) -> None:
    """One line holds each measurement; what there is nothing beside shows a dash."""
    lines = as_text(record).splitlines()
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    assert lines[0] == (
        "coldstart: 2026-11-20, 2 cores (Some CPU), 24.1 GB, Linux x86_64, Python 3.13.0, load 0.1 before"
    )
    assert ["start", "s", "0.300 (0.200 to 0.400)", "2.5 (2 to 3)", "<= 0.6", "pass"] in cells
    assert ["memory", "MB", "180", "-", "<= 150", "FAIL"] in cells
    assert ["page", "s", "1.25 (1 to 1.5)", "-"] in cells


def test_markdown_escapes_what_would_end_a_cell(record: Record) -> None:
    """A bar in a name stays in its cell."""
    assert "| a\\|b | 12.0 |" in as_markdown(record)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.01234, "0.012"), (0.6, "0.600"), (1.5, "1.5"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_numbers_are_short_and_never_powers_of_ten(value: float, shown: str) -> None:
    """Three digits say what a noisy figure knows."""
    assert number(value) == shown


def test_a_table_row_has_a_cell_per_column() -> None:
    """A row that would shift its cells is refused."""
    with pytest.raises(ValueError, match="2 cells"):
        Table("Imports", ("package", "ms"), (("a",),))


def test_a_record_survives_its_file(record: Record, tmp_path: Path) -> None:
    """What was saved is what is loaded, and people find median and verdict written out."""
    path = save(record, tmp_path / "results")
    assert path.name == "coldstart.json"
    assert load(path) == record
    memory = json.loads(path.read_text("utf-8"))["measurements"][1]
    assert (memory["ours"]["median"], memory["passed"]) == (180.0, False)


def test_json_is_read_back_as_it_was(record: Record) -> None:
    """Nothing is lost between the two forms."""
    assert from_json(json.loads(json.dumps(as_json(record)))) == record


def test_figures_go_between_their_own_comments(record: Record, tmp_path: Path) -> None:
    """The rest of the page stays, other benches' figures too, and backslashes are not read as groups."""
    page = tmp_path / "page.md"
    page.write_text(
        "a\n<!-- figures other -->x<!-- end other -->\n<!-- figures coldstart -->old<!-- end coldstart -->\nz"
    )
    document(record, page)
    text = page.read_text("utf-8")
    assert text.startswith("a\n<!-- figures other -->x<!-- end other -->\n")
    assert text.endswith("<!-- end coldstart -->\nz")
    assert as_markdown(record) in text
    assert "old<" not in text


def test_a_page_without_a_place_is_refused(record: Record) -> None:
    """A bench nobody documented says so."""
    with pytest.raises(BenchError, match="figures coldstart"):
        with_figures("nothing", record)


def test_the_documentation_shows_the_figures_that_are_kept() -> None:
    """docs/benchmarks.md is what bench/results says, for every bench."""
    page = PAGE.read_text("utf-8")
    paths = sorted(RESULTS.glob("*.json"))
    assert paths
    for path in paths:
        assert with_figures(page, load(path)) == page, path.name
