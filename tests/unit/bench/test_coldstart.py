"""What bench/coldstart makes of the interpreter's logs and the children's reports."""

import json
from pathlib import Path

import pytest

from bench.__main__ import bench_names, main
from bench.child import Finished
from bench.coldstart.import_profile import INTERPRETER, costs, package_of, parse, profile_table
from bench.coldstart.measure import OLD_PACKAGES, OLD_REQUIREMENTS, sdk_table, start_measurements
from bench.coldstart.processes import copy_deployed, read_start
from bench.coldstart.stages import Stages
from bench.errors import BenchError
from bench.memory import parse_smaps
from bench.other_python import pinned_versions

LOG = """import time: self [us] | cumulative | imported package
import time:       100 |        100 |   _io
import time:       900 |       1000 | site
import time:        10 |         10 |     json.decoder
import time:        20 |         30 |   json
import time:      4000 |       4000 |     http.server
import time:      1000 |       5000 |     werkzeug.serving
import time:      2000 |       7000 |   azure.functions
import time:       500 |       7530 | generation.pages.plan
import time:       300 |        300 | werkzeug.test
"""
SMAPS = "Rss: 100 kB\nPss: 90 kB\nPrivate_Clean: 10 kB\nPrivate_Dirty: 60 kB\n"


def test_importers_are_known_from_the_indent() -> None:
    """The innermost importer comes first."""
    importers = {imported.module: imported.importers for imported in parse(LOG)}
    assert importers["http.server"] == ("azure.functions", "generation.pages.plan")
    assert importers["json.decoder"] == ("json", "generation.pages.plan")
    assert importers["_io"] == ("site",)
    assert importers["werkzeug.test"] == ()


def test_standard_library_is_charged_to_whoever_needed_it_first() -> None:
    """The json module is our plan's, and what only the interpreter needs is its own."""
    found = {cost.package: (cost.milliseconds, cost.modules) for cost in costs(parse(LOG))}
    assert found == {
        "azure.functions": (6.0, 2),
        "werkzeug": (1.3, 2),
        "generation.pages": (0.53, 3),
        INTERPRETER: (1.0, 2),
    }


def test_costs_name_the_first_importer_and_come_dearest_first() -> None:
    """Which import to put off is what the profile is for."""
    wanted = [(cost.package, cost.wanted_by) for cost in costs(parse(LOG))]
    assert wanted[:2] == [("azure.functions", "generation.pages.plan"), ("werkzeug", "azure.functions")]


@pytest.mark.parametrize(
    ("module", "package"),
    [("pydantic.main", "pydantic"), ("azure.functions.http", "azure.functions"), ("bootstrap", "bootstrap")],
)
def test_namespaces_are_told_apart(module: str, package: str) -> None:
    """azure.functions and azure.core are different packages."""
    assert package_of(module) == package


def test_the_profile_is_of_the_fastest_run_and_sums_up_the_rest() -> None:
    """A log from a busy moment does not count."""
    busy = LOG.replace("4000 |       4000", "90000 |      90000")
    table = profile_table([busy, LOG], most=2)
    assert [row[:4] for row in table.rows] == [
        ("azure.functions", "6.0", "68%", "2"),
        ("werkzeug", "1.3", "15%", "2"),
        ("2 others", "1.5", "17%", "5"),
    ]


def finished(**seconds: float) -> Finished:
    """A child that reported these stages, its CPU time half of the wall time."""
    stages = {name: {"wall": wall, "cpu": wall / 2, "smaps": SMAPS} for name, wall in seconds.items()}
    return Finished(9.0, 8.0, json.dumps({"stages": stages}), "")


def test_a_start_is_read_with_its_stages_in_order() -> None:
    """Times as reported, memory parsed, the whole process from outside."""
    start = read_start(finished(**{"import": 0.2, "index": 0.1}))
    assert list(start.stages) == ["import", "index"]
    assert (start.stages["index"].cpu, start.wall, start.cpu) == (0.05, 9.0, 8.0)
    assert start.stages["import"].memory == parse_smaps(SMAPS)


def test_import_and_index_together_are_held_against_the_bar() -> None:
    """Each part alone would pass; the sum does not, compiled or not."""
    ours = [read_start(finished(**{"import": 0.4, "index": 0.3, "openai": 0.6, "boto3": 0.4}))]
    old = [read_start(finished(**{"import": 2.0, "build": 1.0, "query": 0.1}))]
    found = {m.name: m for m in start_measurements({"ours": ours, "fresh": ours, "all": ours, "old": old})}
    both = found["import + index / build"]
    assert both.ours.median == pytest.approx(0.7)
    assert both.beside is not None
    assert both.beside.median == pytest.approx(3.0)
    assert [name for name, measurement in found.items() if measurement.passed is False] == [
        "import + index / build",
        "the same, our code not yet compiled",
    ]
    assert found["the same, and every SDK imported"].ours.median == pytest.approx(1.7)


def test_sdks_are_told_apart_in_time_and_memory() -> None:
    """Each SDK is charged with what it added to the one before."""
    growing = finished(**{"import": 0.2, "index": 0.1, "openai": 0.4, "boto3": 0.12})
    report = growing.report
    for stage, kilobytes in (("index", 40_000), ("openai", 60_000), ("boto3", 62_500)):
        report["stages"][stage]["smaps"] = SMAPS.replace("Rss: 100", f"Rss: {kilobytes}")
    start = read_start(Finished(1.0, 1.0, json.dumps(report), ""))
    assert sdk_table([start, start]).rows == (("openai", "400", "20.5"), ("boto3", "120", "2.6"))


def test_stages_follow_each_other() -> None:
    """Every stage has its times and a readable memory file."""
    stages = Stages()
    stages.ends("one")
    stages.ends("two")
    assert list(stages.stages) == ["one", "two"]
    assert parse_smaps(str(stages.stages["one"]["smaps"])).rss > 0


def test_a_deployed_copy_holds_no_bytecode_and_no_tests(tmp_path: Path) -> None:
    """A fresh instance finds what .funcignore leaves, and has never run it."""
    copied = copy_deployed(tmp_path)
    assert (copied / "function_app.py").is_file()
    assert (copied / "generation" / "pages").is_dir()
    assert not list(copied.rglob("*.pyc"))
    assert not {"tests", "local", "bench"} & {path.name for path in copied.iterdir()}


def test_the_old_stack_is_pinned_with_hashes() -> None:
    """Every package it names has a version, and pip can check every file."""
    text = OLD_REQUIREMENTS.read_text("utf-8")
    assert set(pinned_versions(text, OLD_PACKAGES)) == set(OLD_PACKAGES)
    assert text.count("==") <= text.count("--hash=sha256:")


def test_benches_are_found_by_name(tmp_path: Path) -> None:
    """A package with a measure module is a bench."""
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "measure.py").touch()
    (tmp_path / "results").mkdir()
    assert bench_names(tmp_path) == ["one"]
    assert "coldstart" in bench_names()


@pytest.mark.parametrize("arguments", [["no-such-bench"], ["--runs", "0"], ["--runs", "many"]])
def test_bad_arguments_are_refused_before_anything_runs(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names what was wrong."""
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert repr(arguments[-1]) in capsys.readouterr().err


def test_a_report_of_another_shape_is_an_error() -> None:
    """A child that printed something else is not read as a start."""
    with pytest.raises(BenchError, match="no JSON object"):
        read_start(Finished(1.0, 1.0, "[]", ""))
