"""The bench of embeddings: what latency alone allows, and the share of it."""

from bench.embeddings.ideal import Intake, intake, least_seconds
from bench.embeddings.load import Embedded
from bench.embeddings.measure import LOADS, ideal_seconds, result_of


def test_messages_are_taken_as_the_host_takes_them() -> None:
    """A batch at once, the next when few enough are left; equal ones go batch by batch."""
    assert least_seconds([1.0] * 64, Intake(32, 16)) == 2
    assert least_seconds([1.0] * 65, Intake(32, 16)) == 3
    assert least_seconds([], Intake(32, 16)) == 0
    # Two of four are left after one second: the next four begin, and end a second later.
    assert least_seconds([1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0], Intake(4, 2)) == 2


def test_the_intake_is_that_of_host_json() -> None:
    """More than one at once, as the bench's page says."""
    how = intake()
    assert how.batch > 1
    assert 0 < how.threshold <= how.batch


def test_the_bar_is_held_against_the_share_of_the_ideal() -> None:
    """Nine tenths pass; the other loads are only told."""
    how = Intake(32, 16)
    made = {
        load.name: [
            Embedded(ideal_seconds(load, how) / (0.95 if load is LOADS[0] else 0.5), 1.0, [1] * load.count)
        ]
        for load in LOADS
    }
    result = result_of(made, how)
    assert result.missed == []
    assert [measurement.passed for measurement in result.measurements].count(True) == 1
    made[LOADS[0].name] = [Embedded(ideal_seconds(LOADS[0], how) / 0.8, 1.0, [])]
    assert len(result_of(made, how).missed) == 1
