"""Medians, spreads, and taking turns."""

from functools import partial

import pytest

from bench.spread import Spread, take_turns


def test_the_median_is_the_middle_run() -> None:
    """One run far off moves neither the median nor hides itself."""
    spread = Spread.of([0.31, 0.30, 9.0, 0.29, 0.32])
    assert (spread.median, spread.least, spread.most) == (0.31, 0.29, 9.0)


def test_an_even_number_of_runs_has_the_mean_of_the_two_in_the_middle() -> None:
    """Four runs: neither of the middle two is preferred."""
    assert Spread.of([4, 1, 3, 2]).median == 2.5


def test_runs_keep_four_digits_and_their_order() -> None:
    """What git keeps holds no noise."""
    assert Spread.of([0.123456, 12345.6]).runs == (0.1235, 12350.0)


def test_no_run_is_no_measurement() -> None:
    """An empty measurement is refused where it is made."""
    with pytest.raises(ValueError, match="at least one run"):
        Spread.of([])


def recorded(order: list[str], name: str) -> int:
    """Note that a side ran; how many runs there have been."""
    order.append(name)
    return len(order)


def test_sides_take_turns_in_changing_order() -> None:
    """Every second round runs backwards, and warm-ups count for nothing."""
    order: list[str] = []
    sides = {name: partial(recorded, order, name) for name in ("a", "b", "c")}
    results = take_turns(sides, 2, warm_ups=1)
    assert order == ["c", "b", "a", "a", "b", "c", "c", "b", "a"]
    assert results == {"a": [4, 9], "b": [5, 8], "c": [6, 7]}


def test_nothing_runs_without_a_round() -> None:
    """Zero runs would give no median."""
    order: list[str] = []
    with pytest.raises(ValueError, match="at least 1"):
        take_turns({"a": partial(recorded, order, "a")}, 0)
    assert order == []
