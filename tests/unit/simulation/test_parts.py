"""The simulation's parts: time, arrivals, limits, scaling, retries, poison; and that they are production's own."""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from bench.simulate.arrivals import arrivals
from bench.simulate.clock import Clock
from bench.simulate.day import Day
from bench.simulate.demand import load
from bench.simulate.levels import TIMER_RUNS
from bench.simulate.model import Model
from bench.simulate.providers import Service
from bench.simulate.scenario import (
    DAY,
    HOUR,
    Call,
    Latency,
    Limit,
    Outage,
    Provider,
    Returns,
    Scaling,
    Scenario,
    Work,
    Worker,
)
from bench.simulate.scenarios import hosted, measured_cpu, scenarios
from generation.tasks import runner
from shared.settings import TaskSettings

ROOT = Path(__file__).parents[3]
SHORT = Work(
    ((Call("text", Latency(1.0)),), (Call("text", Latency(1.0)), Call("images", Latency(1.0), optional=True)))
)


def scenario(pages: float, work: Work = SHORT, limits: Mapping[Provider, Limit] | None = None) -> Scenario:
    return Scenario("", "", pages, work, Worker(), Scaling(), limits or {}, profile=(1.0,), seconds=HOUR)


def test_the_clock_runs_in_order() -> None:
    """By time, equal times by their calls; what lies beyond the end stays."""
    clock = Clock()
    seen: list[tuple[float, str]] = []

    def note(name: str) -> None:
        seen.append((clock.now, name))

    for name, time in (("c", 2.0), ("a", 1.0), ("b", 1.0), ("never", 9.0)):
        clock.at(time, partial(note, name))
    clock.run(5.0)
    assert seen == [(1.0, "a"), (1.0, "b"), (2.0, "c")]
    assert clock.now == 5.0


def test_arrivals_follow_the_hours() -> None:
    """As many as asked for within four standard deviations, by the day's shape, in order, the burst among them."""
    day = replace(scenario(24_000), profile=(1.0, 3.0), seconds=DAY, burst=(10 * HOUR, 500, 60.0))
    times = list(arrivals(day, random.Random(5)))
    assert times == sorted(times)
    assert abs(len(times) - 24_500) < 4 * 24_000**0.5
    hours = [sum(hour * HOUR <= time < (hour + 1) * HOUR for time in times) for hour in range(24)]
    assert hours[1] == pytest.approx(3 * hours[0], rel=0.2)
    assert hours[10] > 900


def test_a_limit_lets_through_what_it_says_and_no_more() -> None:
    """Over ten minutes of asking without end: ten minutes' worth and the burst; the rest is told when to come back."""
    service = Service(Limit(600, burst=10.0))
    taken = sum(service.ask(second / 10, 1.0, 5)[0] for second in range(6_000))
    assert taken == pytest.approx(6_000 + 100, abs=2)
    number, retry_after = service.ask(600.0, 50.0, 4)
    assert (number, retry_after >= 1.0, retry_after == int(retry_after)) == (0, True, True)


def test_a_call_larger_than_the_burst_gets_through_in_time() -> None:
    """After as long as its tokens take to come together."""
    service = Service(Limit(60, burst=10.0))
    taken = [second for second in range(100) if service.ask(float(second), 30.0, 1)[0]]
    assert taken == [20, 50, 80]


def test_an_outage_refuses_everything() -> None:
    """For as long as it lasts."""
    service = Service(Limit(), [Outage("text", 10.0, 20.0)])
    assert [service.ask(time, 1.0, 3)[0] for time in (9.9, 10.0, 19.9, 20.0)] == [3, 0, 0, 3]


def test_scaling_is_target_based_and_takes_its_time() -> None:
    """A burst of 2,400 pages wants 50 instances; four more every thirty seconds, never over the limit."""
    burst = replace(
        scenario(0),
        burst=(60.0, 2_400, 1.0),
        scaling=Scaling(most=20),
        work=Work(((Call("text", Latency(60.0, 0.0)),),)),
    )
    model = Model(burst)
    seen = []

    def look() -> None:
        seen.append(len(model.fleet.instances))
        model.clock.after(30.0, look)

    model.clock.at(31.0, look)
    day = model.run()
    growth = [after - before for before, after in pairwise(seen)]
    assert max(growth) == 4
    assert day.most_instances == 20
    assert day.completed == 2_400


def test_an_instance_takes_batch_and_threshold_at_most() -> None:
    """As host.json has them, however long the queue is."""
    worker, scaling = hosted()
    burst = replace(scenario(0), burst=(1.0, 500, 1.0), worker=worker, scaling=replace(scaling, most=1))
    model = Model(burst)
    most = []

    def look() -> None:
        most.append(max(len(each.pages) for each in model.fleet.instances))
        model.clock.after(0.5, look)

    look()
    model.run()
    assert worker.batch <= max(most) <= worker.batch + worker.threshold
    assert scaling.target == worker.batch + worker.threshold


def test_pictures_are_given_up_and_copy_is_waited_for() -> None:
    """Against a limit on images a page completes without one; against one on text it is given back and tried again."""
    pictures = Model(scenario(20_000, limits={"images": Limit(4)})).run()
    assert pictures.incomplete > 0
    assert (pictures.failed, pictures.given_back) == (0, 0)
    text = Model(scenario(20_000, limits={"text": Limit(12)})).run()
    assert text.given_back > 0
    assert text.redriven > 0
    assert text.completed + text.failed + text.open == text.pages


def test_an_outage_is_outlived() -> None:
    """Ten minutes without the text model: what fails is sent again ten minutes later, and all completes."""
    day = Model(replace(scenario(5_000), outages=(Outage("text", 600.0, 1_200.0),))).run()
    assert day.redriven > 0
    assert (day.failed, day.completed) == (0, day.pages)


def test_a_page_that_kills_its_worker_ends_as_poison() -> None:
    """Five deliveries, sent again once, then failed; the pages beside it complete."""
    day = Model(replace(scenario(20_000), work=replace(SHORT, deadly=0.01))).run()
    assert 0 < day.failed < day.pages * 0.02
    assert day.killed >= 10 * day.failed
    assert day.completed == day.pages - day.failed


def test_equal_seeds_give_equal_days() -> None:
    """And others others."""

    def figures(seed: int) -> tuple[int, float, float]:
        day: Day = Model(scenario(20_000), seed).run()
        return day.pages, day.wall(0.5), day.on_demand

    assert figures(4) == figures(4)
    assert figures(4) != figures(5)


def test_active_time_is_never_more_than_there_was() -> None:
    """What is billed for one instance that is always ready is at most the day."""
    day = Model(scenario(100_000)).run()
    assert 0 < day.always_ready <= 2 * HOUR


def test_what_is_simulated_is_what_runs() -> None:
    """Delays, deliveries and retries are those of the code and its settings."""
    returns, settings = Returns(), TaskSettings()
    assert (returns.first, returns.longest) == (runner._FIRST_DELAY_SECONDS, runner._LONGEST_DELAY_SECONDS)
    assert (returns.deliveries, returns.stale) == (settings.max_dequeue_count, settings.stale_after)
    policy = SHORT.policy
    assert (policy.attempts, policy.deadline) == (settings.step_attempts, settings.step_timeout)


def test_the_timers_that_are_billed_are_those_that_run() -> None:
    """As often as the blueprints have them."""
    text = "".join(path.read_text("utf-8") for path in (ROOT / "generation").rglob("blueprint.py"))
    every = [int(seconds) for seconds in re.findall(r'schedule="\*/(\d+) \* \* \* \* \*"', text)]
    every += [60 for _ in re.findall(r'schedule="0 \* \* \* \* \*"', text)]
    every += [3600 for _ in re.findall(r'schedule="0 \d+ \* \* \* \*"', text)]
    assert len(every) == len(re.findall("timer_trigger", text))
    assert sum(DAY / seconds for seconds in every) == TIMER_RUNS


def test_every_scenario_starts() -> None:
    """Each simulates its first minutes."""
    for each in scenarios(load(), measured_cpu()).values():
        day = Model(replace(each, seconds=1_200.0, burst=None)).run()
        assert day.completed + day.failed == day.pages
