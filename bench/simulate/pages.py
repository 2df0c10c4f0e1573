"""The life of a page: phases of calls, retries with Retry-After, given back to the queue, completed or failed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bench.simulate.clock import Clock
from bench.simulate.fleet import Instance, slowest
from bench.simulate.providers import Service
from bench.simulate.scenario import Call, Provider, Returns, Work

_REFUSAL_SECONDS = 0.1  # until a 429 is back


@dataclass(eq=False, slots=True)
class Page:
    """A page in the making; `todo` are the calls of its phase, by kind, that are not stored yet."""

    asked: float
    deadly: bool = False
    phase: int = 0
    todo: list[tuple[Call, int]] = field(default_factory=list)
    deliveries: int = 0
    lost: int = 0
    missing: int = 0
    run: int = 0
    redriven: bool = False


@dataclass(slots=True)
class _Attempt:
    """A phase being worked on in one run."""

    began: float
    open: int
    ends: float
    failed: list[tuple[Call, int]] = field(default_factory=list)
    retry_after: float = 0.0


class Desk(Protocol):
    """Where pages go when they leave an instance."""

    def done(self, page: Page, instance: Instance, *, failed: bool) -> None:
        """The page is complete, or given up."""
        ...

    def given_back(self, page: Page, instance: Instance, delay: float) -> None:
        """The page is to be seen in the queue again after `delay` seconds."""
        ...

    def died(self, instance: Instance) -> None:
        """A page has killed its instance."""
        ...


class Maker:
    """Works on pages as generation/pages/pipeline.py does: what is stored is not made twice."""

    def __init__(
        self,
        clock: Clock,
        dice: random.Random,
        work: Work,
        returns: Returns,
        *,
        services: Mapping[Provider, Service],
        desk: Desk,
    ) -> None:
        self._clock, self._dice, self._work, self._returns = clock, dice, work, returns
        self._services, self._desk = services, desk
        self._cpu = work.cpu / (len(work.phases) + 1)

    def new(self, asked: float) -> Page:
        """A page that was asked for just now."""
        page = Page(asked, deadly=self._dice.random() < self._work.deadly)
        page.todo = self._calls(0)
        return page

    def begin(self, page: Page, instance: Instance) -> None:
        """One delivery of a page."""
        page.deliveries += 1
        page.run += 1
        self._compute(page, instance, lambda: self._phase(page, instance))

    def _calls(self, phase: int) -> list[tuple[Call, int]]:
        calls = self._work.phases[phase] if phase < len(self._work.phases) else ()
        return [(call, number) for call in calls if (number := self._number(call.count))]

    def _number(self, count: float) -> int:
        return math.floor(count) + (self._dice.random() < count % 1)

    def _compute(self, page: Page, instance: Instance, then: Callable[[], None]) -> None:
        run = page.run
        ends = instance.compute(self._clock.now, self._cpu)
        self._clock.at(ends, lambda: then() if page.run == run and not instance.dead else None)

    def _phase(self, page: Page, instance: Instance) -> None:
        if page.deadly and page.phase > 0:
            self._desk.died(instance)
            return
        attempt = _Attempt(self._clock.now, len(page.todo), self._clock.now)
        for call, number in page.todo:
            self._try(page, instance, attempt, call, number, 0)
        if not page.todo:
            self._close(page, instance, attempt)

    def _try(
        self, page: Page, instance: Instance, attempt: _Attempt, call: Call, number: int, failures: int
    ) -> None:
        """Ask for so many calls of a kind; those that are refused wait together, as they were asked together."""
        taken, wait = self._services[call.provider].ask(self._clock.now, call.tokens, number)
        if taken:
            attempt.ends = max(attempt.ends, self._clock.now + slowest(call.latency, self._dice, taken))
        if taken == number:
            self._settled(page, instance, attempt)
            return
        failures += 1
        pause = _REFUSAL_SECONDS + self._work.policy.wait(failures, wait, self._dice.random())
        late = self._clock.now + pause - attempt.began >= self._work.policy.deadline
        if failures >= self._work.policy.attempts or late:
            attempt.failed.append((call, number - taken))
            attempt.retry_after = max(attempt.retry_after, wait)
            self._settled(page, instance, attempt)
            return
        run = page.run

        def again() -> None:
            if page.run == run and not instance.dead:
                self._try(page, instance, attempt, call, number - taken, failures)

        self._clock.after(pause, again)

    def _settled(self, page: Page, instance: Instance, attempt: _Attempt) -> None:
        attempt.open -= 1
        if not attempt.open:
            self._close(page, instance, attempt)

    def _close(self, page: Page, instance: Instance, attempt: _Attempt) -> None:
        """All calls are answered or given up; the phase ends with the slowest answer."""
        run = page.run

        def then() -> None:
            if page.run == run and not instance.dead:
                self._compute(page, instance, lambda: self._next(page, instance, attempt))

        self._clock.at(attempt.ends, then)

    def _next(self, page: Page, instance: Instance, attempt: _Attempt) -> None:
        page.missing += sum(number for call, number in attempt.failed if call.optional)
        page.todo = [(call, number) for call, number in attempt.failed if not call.optional]
        if page.todo:
            self._give_back(page, instance, attempt.retry_after)
            return
        page.phase += 1
        page.todo = self._calls(page.phase)
        if page.phase >= len(self._work.phases):
            self._desk.done(page, instance, failed=False)
        else:
            self._phase(page, instance)

    def _give_back(self, page: Page, instance: Instance, retry_after: float) -> None:
        if page.deliveries >= self._returns.deliveries:
            self._desk.done(page, instance, failed=True)
            return
        growing = self._returns.first * 2.0 ** (page.deliveries - 1)
        delay = min(self._returns.longest, max(growing, retry_after))
        self._desk.given_back(page, instance, delay)
