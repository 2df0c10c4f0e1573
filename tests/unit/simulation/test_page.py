"""docs/capacity.md says what was simulated and computed; the plots are there and well-formed."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.simulate.__main__ import _NAMES, _parser, changed, main
from bench.simulate.demand import _demand, load, save
from bench.simulate.levels import LEVELS, PEAK, Level, costs, first_limits, needs, read_prices
from bench.simulate.model import Model
from bench.simulate.page import FOLDER, PAGE, levels, read_days, tables, with_tables
from bench.simulate.scenarios import measured_cpu, scenarios
from bench.simulate.svg import Line, Panel, chart, nice_step

DEMAND, PRICES, DAYS = load(), read_prices(), read_days()
KNOWN = scenarios(DEMAND, measured_cpu())
SVG = "{http://www.w3.org/2000/svg}"


def test_the_page_has_the_figures_that_were_kept() -> None:
    """Its tables are those that `make simulate` writes from demand.json, prices.json and days.json."""
    page = PAGE.read_text("utf-8")
    assert with_tables(page, tables(DAYS, list(KNOWN), DEMAND, PRICES)) == page


def test_the_days_are_those_of_the_code() -> None:
    """The smallest is simulated again: the same pages, nearly the same times."""
    day = Model(KNOWN["1k"]).run()
    kept = DAYS["1k"]
    assert kept["row"][1] == f"{day.pages:,}"
    assert kept["wall"] == pytest.approx(day.wall(0.5), rel=0.02)


@pytest.mark.parametrize("name", list(KNOWN))
def test_every_scenario_has_its_plot(name: str) -> None:
    """Four panels, named in the page, small enough for git."""
    path = FOLDER / f"{name}.svg"
    tree = ET.fromstring(path.read_text("utf-8"))  # noqa: S314  our own plots
    assert len(tree.findall(f"{SVG}path[@fill='none']")) >= 4
    assert f"capacity/{name}.svg" in PAGE.read_text("utf-8")
    assert path.stat().st_size < 60_000
    assert name in DAYS


def test_a_chart_breaks_its_lines_at_gaps() -> None:
    """And names are escaped."""
    text = chart("a < b", [Panel("p", [Line("x", [1.0, None, 3.0, 4.0]), Line("y", [0.0] * 4)])], (0.0, 24.0))
    paths = [path.get("d") or "" for path in ET.fromstring(text).findall(f"{SVG}path[@fill='none']")]  # noqa: S314
    assert [path.count("M") for path in paths] == [2, 1]


@pytest.mark.parametrize(("most", "step"), [(0, 1), (3, 1), (17, 5), (100, 50), (0.7, 0.2), (9_000, 5_000)])
def test_scales_have_round_steps(most: float, step: float) -> None:
    """1, 2 or 5 times a power of ten."""
    assert nice_step(most) == pytest.approx(step)


def test_needs_grow_with_the_pages() -> None:
    """A hundred times the pages, a hundred times the tokens; the limits met first are the fullest."""
    small, large = (Level(name, LEVELS[name], 1.0, 1.0, 1, 20.0) for name in ("1k", "100k"))
    tokens = [needs(level, DEMAND)[0].needed for level in (small, large)]
    assert tokens[1] == pytest.approx(100 * tokens[0])
    assert small.peak == pytest.approx(1_000 / 86_400 * PEAK)
    shares = [need.share for need in first_limits(large, DEMAND)]
    assert shares == sorted(shares, reverse=True)


def test_costs_are_the_prices_times_the_needs() -> None:
    """By hand for two of them; none is free or negative."""
    found = costs(levels(DAYS)[1], DEMAND, PRICES)
    assert found["image model"] == pytest.approx(100_000 * DEMAND.images_usd)
    assert found["relays"] == pytest.approx(2 * 86_400 * (0.000024 + 2 * 0.000003))
    assert all(usd > 0 for usd in found.values())


def test_prices_say_where_they_are_from() -> None:
    """Each has a unit and a source; one without a date is called an assumption."""
    for name, price in PRICES.items():
        assert price["usd"] > 0, name
        assert price["per"], name
        assert price["source"], name
        assert price["date"] != "-" or price["source"].startswith("assumption"), name


def test_a_missing_level_or_place_is_told() -> None:
    """Instead of a page with half its figures."""
    with pytest.raises(BenchError, match="not simulated yet: 1k"):
        levels({})
    with pytest.raises(BenchError, match="no place for a table"):
        with_tables("nothing", tables(DAYS, list(KNOWN), DEMAND, PRICES))


def test_a_what_if_leaves_the_page_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints its table, and its plot goes elsewhere."""
    before = PAGE.read_text("utf-8"), read_days()
    assert main(["1k", "--pages", "500", "--instances", "40", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("1k ")
    assert (tmp_path / "1k.svg").exists()
    assert (PAGE.read_text("utf-8"), read_days()) == before


def test_options_change_the_scenario() -> None:
    """Each what it says."""
    options = _parser().parse_args(
        [
            "1k",
            "--pages",
            "7",
            "--instances",
            "3",
            "--target",
            "16",
            "--deliveries",
            "9",
            "--tokens-a-minute",
            "5",
        ]
    )
    found = changed(KNOWN["1k"], options)
    assert (found.pages, found.scaling.most, found.scaling.target, found.returns.deliveries) == (7, 3, 16, 9)
    assert found.limits["text"].per_minute == 5


def test_every_scenario_can_be_asked_for() -> None:
    """The command knows the names of all, and no others."""
    assert set(_NAMES) == set(KNOWN)


@pytest.mark.parametrize("arguments", [["nothing"], ["--pages", "0"], ["--pages", "x"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    """With the usage, before anything is simulated."""
    with pytest.raises(SystemExit):
        main(arguments)


def test_demand_is_the_mean_of_what_was_counted() -> None:
    """Of two pages: calls and lengths by endpoint, costs, what PostgreSQL wrote."""
    tasks = [
        {"cost": {"usd": usd, "input_tokens": 100, "output_tokens": 20, "images": 3}} for usd in (0.1, 0.3)
    ]
    log = [{"endpoint": name, "request": {"x": "가"}} for name in ("vision", "plan", "block", "block") * 2]
    names = (
        "wal_bytes",
        "commits",
        "events",
        "event_bytes",
        "objects",
        "object_bytes",
    )
    room = {"row_bytes": 7.0, "step_bytes": 4.0, "outbox_bytes": 3.0}
    found = _demand(tasks, ["<p>", "<p>가"], dict.fromkeys(names, 50.0), room, log)
    assert found.calls == {"vision": 1, "plan": 1, "block": 2}
    assert set(found.prompt_bytes.values()) == {len('{"x": "가"}'.encode())}
    assert (found.usd, found.commits, found.html_bytes, found.step_bytes) == (0.2, 25.0, 4, 4)
    assert found.tokens("block") == pytest.approx(30)


def test_demand_is_kept_as_it_was(tmp_path: Path) -> None:
    """What is saved is loaded; a call's tokens add up to the page's."""
    save(DEMAND, tmp_path / "demand.json")
    assert load(tmp_path / "demand.json") == DEMAND
    parts = sum(DEMAND.calls[name] * DEMAND.tokens(name) for name in ("vision", "plan", "block"))
    assert parts == pytest.approx(DEMAND.input_tokens + DEMAND.output_tokens)
