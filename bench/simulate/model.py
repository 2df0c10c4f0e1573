"""One day of a scenario, simulated: arrivals, the queue, instances, pages."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator

from bench.simulate.arrivals import arrivals
from bench.simulate.clock import Clock
from bench.simulate.day import Day
from bench.simulate.fleet import Fleet, Instance
from bench.simulate.pages import Maker, Page
from bench.simulate.providers import Service
from bench.simulate.scenario import Limit, Provider, Scenario

_AFTER = 4 * 3600.0  # what is open at midnight may take so long
_LOOK_EVERY = 20.0


class Model:
    """A scenario ready to run; equal seeds give equal days.

    Args:
        ended: called with every page that leaves, completed or failed.
    """

    def __init__(
        self, scenario: Scenario, seed: int = 1, ended: Callable[[Page], None] | None = None
    ) -> None:
        self.clock = Clock()
        self.day = Day(scenario)
        self._scenario = scenario
        self._dice = random.Random(seed)
        self._ended = ended or (lambda _: None)
        self._seen: deque[Page] = deque()
        self._unseen = 0  # being worked on, or waiting for a delay to pass
        self._given_up: deque[tuple[float, Page]] = deque()
        self.services: dict[Provider, Service] = {name: self._service(name) for name in ("text", "images")}
        self.fleet = Fleet(
            self.clock, self._dice, scenario.worker, scenario.scaling, length=self._length, take=self._take
        )
        self._maker = Maker(
            self.clock, self._dice, scenario.work, scenario.returns, services=self.services, desk=self
        )

    def run(self) -> Day:
        """Simulate the day and what is left of it."""
        times = arrivals(self._scenario, self._dice)
        self._arrive(times)
        self._sample()
        self._redrive()
        self.clock.run(self._scenario.seconds)
        ends = self.clock.now + _AFTER
        while self.day.open and self.clock.now < ends:
            self.clock.run(self.clock.now + 60.0)
        self.day.close(self.fleet, self.services)
        return self.day

    def submit(self) -> None:
        """Ask for a page now."""
        self.day.asked(self.clock.now)
        self._show(self._maker.new(self.clock.now))

    # -- the queue

    def _service(self, name: Provider) -> Service:
        outages = [outage for outage in self._scenario.outages if outage.provider == name]
        return Service(self._scenario.limits.get(name, Limit()), outages)

    def _arrive(self, times: Iterator[float]) -> None:
        time = next(times, None)
        if time is None:
            return

        def arrived() -> None:
            self.submit()
            self._arrive(times)

        self.clock.at(time, arrived)

    def _length(self) -> int:
        """ApproximateMessagesCount, which the scaler takes as 0 when it can peek at no message."""
        return len(self._seen) + self._unseen if self._seen else 0

    def _show(self, page: Page) -> None:
        self._seen.append(page)
        self.fleet.noticed()

    def _hide(self, page: Page, seconds: float) -> None:
        self._unseen += 1

        def shown() -> None:
            self._unseen -= 1
            self._show(page)

        self.clock.after(seconds, shown)

    def _take(self, instance: Instance, most: int) -> int:
        number = min(most, len(self._seen))
        for _ in range(number):
            page = self._seen.popleft()
            self._unseen += 1
            self.fleet.enter(instance, page)
            self._maker.begin(page, instance)
        return number

    def _sample(self) -> None:
        self.day.sample(
            self.clock.now,
            waiting=len(self._seen),
            hidden=self._unseen - sum(len(each.pages) for each in self.fleet.instances),
            instances=self.fleet.working,
            ready=sum(each.ready for each in self.fleet.instances),
        )
        self.clock.after(_LOOK_EVERY, self._sample)

    # -- where pages go (pages.Desk)

    def done(self, page: Page, instance: Instance, *, failed: bool) -> None:
        """See Desk."""
        self._unseen -= 1
        self.fleet.end(instance, page)
        self._end(page, failed=failed)

    def given_back(self, page: Page, instance: Instance, delay: float) -> None:
        """See Desk."""
        self._unseen -= 1
        self.day.given_back += 1
        self._hide(page, delay)
        self.fleet.end(instance, page)

    def died(self, instance: Instance) -> None:
        """See Desk: every page of the instance is silent until the sweeper finds it."""
        self.day.killed += 1
        returns = self._scenario.returns
        for lost in self.fleet.kill(instance):
            lost.run += 1
            lost.lost += 1
            self._unseen -= 1
            if lost.lost >= returns.deliveries:
                self._end(lost, failed=True)
            else:
                self._hide(lost, returns.stale + returns.sweep * self._dice.random())

    def _end(self, page: Page, *, failed: bool) -> None:
        if failed and not page.redriven:
            self._given_up.append((self.clock.now, page))
            return
        self.day.ended(self.clock.now, page, failed=failed)
        self._ended(page)

    def _redrive(self) -> None:
        """Every minute, the oldest of those that failed some time ago get one more round of deliveries."""
        returns = self._scenario.returns
        for _ in range(returns.redrive_most):
            if not self._given_up or self._given_up[0][0] > self.clock.now - returns.redrive_after:
                break
            _, page = self._given_up.popleft()
            page.deliveries = page.lost = 0
            page.redriven = True
            self.day.redriven += 1
            self._show(page)
        self.clock.after(60.0, self._redrive)
