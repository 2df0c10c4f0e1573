"""What bench/pipeline makes of its measurements."""

import os

import pytest

from bench.errors import BenchError
from bench.pipeline.crowd import Crowd, _summary, _Use
from bench.pipeline.fixed_services import _VARYING, Call
from bench.pipeline.measure import Pair, carried, levels_table, parts_table
from bench.pipeline.processes import core_use, cpu_seconds, descendants
from bench.pipeline.timeline import PARTS, Moments, critical_path, parts

LATENCY = {"plan": 0.8, "block": 0.6, "images": 1.5}


def crowd(pages: int, wall: float, cpu: float = 0.04) -> Crowd:
    return Crowd(pages, wall, wall * 1.1, pages / wall, cpu, 0.5, 0.3, 0.0)


def test_the_critical_path_is_the_plan_and_the_slowest_beside_it() -> None:
    """Vision before, if it takes time; the faster of copy and pictures does not count."""
    assert critical_path(LATENCY) == pytest.approx(2.3)
    assert critical_path({**LATENCY, "vision": 0.4, "block": 2.0}) == pytest.approx(3.2)


def test_the_parts_of_a_page_add_up_to_all_of_it() -> None:
    """Each moment ends one part and begins the next; the last picture's call and store are what counts."""
    calls = [
        Call("vision", 1.1, 1.1),
        Call("plan", 1.2, 2.0),
        Call("block", 2.1, 2.7),
        Call("images", 2.1, 3.5),
        Call("images", 2.2, 3.7),
    ]
    steps = {"vision": 1.15, "image:a": 3.6, "image:b": 3.8, "block:1": 2.8}
    moments = Moments(asked=0.9, created=1.0, started=1.05, finished=3.9, steps=steps, calls=calls)
    found = parts(moments)
    assert len(found) == len(PARTS)
    assert sum(found) == pytest.approx(3.0)
    assert found[PARTS.index("plan: the model")] == pytest.approx(0.8)
    assert found[PARTS.index("pictures: the model")] == pytest.approx(1.6)
    assert found[PARTS.index("last picture: check, S3, row, until its store")] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("walls", "most"),
    [
        ([2.0, 2.0, 2.1], 96),  # never slower: the largest level
        ([2.0, 2.2, 3.0], 48),  # exactly a tenth more is carried
        ([2.0, 2.0, 2.4], 72),  # half way between two levels
        ([2.0, 4.0, 8.0], 5),  # already the second level is too many
    ],
)
def test_pages_carried_lie_on_a_line_between_two_levels(walls: list[float], most: int) -> None:
    """Where the wall time passes 1.1 times the first level's; rounded down."""
    sweep = [crowd(pages, wall) for pages, wall in zip((1, 48, 96), walls, strict=True)]
    assert carried(sweep) == most


def test_tables_show_medians() -> None:
    """Of the pages, and of the sweeps at each level."""
    pairs = [
        Pair(2.4, [0.1] * len(PARTS), 9.0),
        Pair(2.5, [0.3] * len(PARTS), 9.1),
        Pair(2.6, [0.2] * len(PARTS), 9),
    ]
    rows = parts_table(pairs).rows
    assert rows[0] == (PARTS[0], "200")
    assert rows[-1] == ("all", f"{200 * len(PARTS)}")
    sweeps = [[crowd(1, 2.0), crowd(8, wall, cpu)] for wall, cpu in ((2.0, 0.05), (4.0, 0.03), (3.0, 0.04))]
    table = levels_table(sweeps)
    assert table.rows[1][:2] == ("8", "3.00")
    assert table.rows[1][4] == "40.0"


def test_a_crowd_is_summed_up_from_what_was_used() -> None:
    """CPU for a page, the core's share, and what of it others took; never below nothing."""
    walls = [float(wall) for wall in range(1, 21)]
    found = _summary(48, walls, 10.0, _Use(1.0, 5.0, 2.0), _Use(5.0, 13.0, 4.0))
    assert (found.wall, found.worst, found.rate) == (10.5, 20.0, 2.0)
    assert found.cpu == pytest.approx(0.2)
    assert (found.worker_core, found.other_core) == (0.8, 0.2)
    assert found.foreign == pytest.approx(0.4)
    assert _summary(1, walls, 10.0, _Use(0, 0, 0), _Use(5.0, 4.0, 0)).foreign == 0.0


def test_calls_of_one_kind_differ_in_seeds_and_addresses_only() -> None:
    """So that the second is answered from the first's record."""
    one = b'{"prompt": "mug", "seed": 7, "image_url": "http://127.0.0.1/a.jpg"}'
    other = b'{"prompt": "mug", "seed": -12, "image_url": "data:image/webp;base64,AA"}'
    assert _VARYING.sub(b"", one) == _VARYING.sub(b"", other)
    assert _VARYING.sub(b"", one) != _VARYING.sub(b"", one.replace(b"mug", b"cup"))


def test_processes_know_their_cpu_and_children() -> None:
    """Of this process, which has used some and belongs to itself; of one that is not there, an error."""
    assert cpu_seconds(os.getpid()) > 0
    assert os.getpid() in descendants(os.getpid())
    assert core_use(0).busy > 0
    with pytest.raises(OSError, match="No such file"):
        cpu_seconds(2**22 + 1)


def test_a_bench_error_says_what_could_not_be_measured() -> None:
    """It is told on the command line as it is."""
    assert str(BenchError("no page was done")) == "no page was done"
