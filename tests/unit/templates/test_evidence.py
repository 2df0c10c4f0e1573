"""The A/B test's figures: calibrated under continuous peeking, and able to find a difference."""

import heapq
import random
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.templates.evidence import ALPHA, evidence, log_ratio
from generation.templates.experiments import assigned_side
from generation.templates.figures import judged
from generation.templates.models import Experiment

RUNS = 600
PAGES = 1500


def successes(
    chance: random.Random, share: float, rate_a: float, rate_b: float, *, drift: float = 0.0
) -> Iterator[bool]:
    """Whether each success, in the order they are told, is b's; pages arrive one by one, successes days later.

    The rates change with time by `drift`, for both sides alike.
    """
    waiting: list[tuple[float, bool]] = []
    for page in range(PAGES):
        is_b = chance.random() < share
        season = 1 + drift * page / PAGES
        if chance.random() < (rate_b if is_b else rate_a) * season:
            heapq.heappush(waiting, (page + chance.expovariate(1 / 50), is_b))
        while waiting and waiting[0][0] <= page:
            yield heapq.heappop(waiting)[1]


def is_ever_rejected(told: Iterator[bool], share: float) -> bool:
    """Look after every success, stop at the first that seems to prove something."""
    a = b = 0
    for is_b in told:
        a, b = a + (not is_b), b + is_b
        if evidence_p(a, b, share) <= ALPHA:
            return True
    return False


def evidence_p(a: int, b: int, share: float) -> float:
    # The interval takes sixty times as long and is not needed here.
    from math import exp

    return min(1.0, exp(-log_ratio(a, b, share, share)))


@pytest.mark.parametrize(
    ("share", "rate", "drift"), [(0.5, 0.3, 0.0), (0.1, 0.3, 0.0), (0.5, 0.1, 3.0), (0.8, 0.6, -0.9)]
)
def test_equal_sides_are_hardly_ever_told_apart(share: float, rate: float, drift: float) -> None:
    """Looked at after every success, over whole experiments: at most 5 % false alarms, whatever rate and share do."""
    chance = random.Random(20261120)
    alarms = sum(
        is_ever_rejected(successes(chance, share, rate, rate, drift=drift), share) for _ in range(RUNS)
    )
    assert alarms / RUNS <= ALPHA


def test_the_usual_test_would_have_failed_this() -> None:
    """The simulation can tell: a fixed-sample z-test, looked at as often, raises the alarm far more than 5 %."""
    chance = random.Random(20261120)

    def naive(told: Iterator[bool]) -> bool:
        a = b = 0
        for is_b in told:
            a, b = a + (not is_b), b + is_b
            if a + b >= 10 and (b - a) ** 2 / (a + b) > 3.84:
                return True
        return False

    alarms = sum(naive(successes(chance, 0.5, 0.3, 0.3)) for _ in range(200))
    assert alarms / 200 > 0.2


def test_a_real_difference_is_found() -> None:
    """A rate half as high again is noticed in most experiments of this size."""
    chance = random.Random(7)
    found = sum(is_ever_rejected(successes(chance, 0.5, 0.3, 0.45), 0.5) for _ in range(100))
    assert found >= 80


def test_the_interval_holds_the_truth_at_every_look() -> None:
    """The true lift leaves the interval, ever, in at most 5 % of experiments."""
    chance = random.Random(11)
    missed = 0
    for _ in range(60):
        a = b = 0
        for number, is_b in enumerate(successes(chance, 0.5, 0.2, 0.3)):
            a, b = a + (not is_b), b + is_b
            if number % 10 == 0:
                seen = evidence(a, b, 0.5)
                if not (seen.low <= 1.5 and (seen.high is None or seen.high >= 1.5)):
                    missed += 1
                    break
    assert missed / 60 <= 0.06


counts = st.integers(min_value=0, max_value=10**7)


@given(counts, counts, st.floats(min_value=0.01, max_value=0.99))
def test_figures_always_exist_and_agree(a: int, b: int, share: float) -> None:
    """Never an error; a p-value in (0, 1]; the interval holds the lift, and excludes 1 just when p is below 5 %."""
    seen = evidence(a, b, share)
    assert 0 <= seen.p_value <= 1
    assert seen.low >= 0
    if seen.lift is not None:
        assert seen.low <= seen.lift * 1.000001
        assert seen.high is None or seen.lift <= seen.high * 1.000001
    excludes_1 = seen.low > 1 or (seen.high is not None and seen.high < 1)
    if abs(seen.p_value - ALPHA) > 1e-6:
        assert excludes_1 == (seen.p_value < ALPHA)


def test_pages_keep_their_side_and_the_share_is_kept() -> None:
    """The same page gets the same side; another test divides anew; the share holds over many pages."""
    first, second = Experiment(1, "b", 0.3), Experiment(2, "b", 0.3)
    chance = random.Random(5)
    pages = [UUID(int=chance.getrandbits(128)) for _ in range(4000)]
    sides = [assigned_side(first, page) for page in pages]

    assert sides == [assigned_side(first, page) for page in pages]
    assert abs(sides.count("b") / len(pages) - 0.3) < 0.03
    both = sum(one == "b" == assigned_side(second, page) for one, page in zip(sides, pages, strict=True))
    assert abs(both / len(pages) - 0.09) < 0.02
    assert assigned_side(Experiment(1, "b", 0.99), uuid4()) in {"a", "b"}


@pytest.mark.parametrize(
    ("goal", "event", "a", "b", "better"),
    [
        ("exported", "exported", 50, 150, "b"),
        ("exported", "exported", 150, 50, "a"),
        ("liked", "liked", 60, 70, None),
        ("kept", "edited", 50, 150, "a"),
    ],
)
def test_the_better_side_is_named_once_it_is_proven(
    goal: str, event: str, a: int, b: int, better: str | None
) -> None:
    """More of a success is better, fewer edits are."""
    test = {"experiment_id": 1, "goal": goal, "share": 0.5}
    sides = {"a": {"pages": 400, event: a}, "b": {"pages": 410, event: b}}
    told = judged(test, sides)["result"]
    assert (told["event"], told["better"]) == (event, better)
    assert told["share_p_value"] > 0.5
