"""Instances: started and stopped by target-based scaling, taking messages in batches."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.simulate.clock import Clock
from bench.simulate.scenario import Latency, Scaling, Worker

if TYPE_CHECKING:
    from bench.simulate.pages import Page


_NORMAL = statistics.NormalDist()
_NEARLY_ONE, _NEARLY_ZERO = 1.0 - 2.0**-53, 2.0**-53


def slowest(latency: Latency, dice: random.Random, number: int = 1) -> float:
    """Seconds of the slowest of `number` calls: one draw from the distribution of their maximum."""
    share = dice.random() ** (1.0 / number)
    if latency.shape == "exponential":
        return -latency.median * math.log1p(-share)
    if not latency.spread:
        return latency.median
    return latency.median * math.exp(
        latency.spread * _NORMAL.inv_cdf(min(share, _NEARLY_ONE) or _NEARLY_ZERO)
    )


@dataclass(eq=False, slots=True)
class Instance:
    """One copy of the app, with one core that does one thing at a time."""

    always_ready: bool
    began: float = 0.0
    ready: bool = False
    stopping: bool = False
    dead: bool = False
    pages: dict[Page, None] = field(default_factory=dict)
    core_free: float = 0.0
    active_since: float = 0.0

    def compute(self, now: float, seconds: float) -> float:
        """When the core, after what waits for it already, has worked for `seconds`."""
        self.core_free = max(now, self.core_free) + seconds
        return self.core_free


class Fleet:
    """All instances of one function.

    Args:
        length: messages in the queue as Azure counts them: 0 when none can be seen, else those being worked on too.
        take: hands up to so many messages that can be seen to an instance.
    """

    def __init__(
        self,
        clock: Clock,
        dice: random.Random,
        worker: Worker,
        scaling: Scaling,
        *,
        length: Callable[[], int],
        take: Callable[[Instance, int], int],
    ) -> None:
        self._clock, self._dice, self._worker, self._scaling = clock, dice, worker, scaling
        self._length, self._take = length, take
        self._hungry: dict[Instance, None] = {}
        self._polling = False
        self._fewer = 0
        self.instances: dict[Instance, None] = {}
        self.started = 0
        self.most = 0
        self.spent = {True: 0.0, False: 0.0}  # active seconds, by always ready
        for _ in range(scaling.always_ready):
            self._begin(Instance(always_ready=True), 0.0)
        self._clock.after(scaling.every, self._decide)

    # -- scaling

    def _decide(self) -> None:
        desired = min(self._scaling.most, math.ceil(self._length() / self._scaling.target))
        desired = max(desired, self._scaling.always_ready)
        missing = desired - self.working
        self._fewer = self._fewer + 1 if missing < 0 else 0
        if missing > 0:
            for _ in range(min(missing, self._scaling.step)):
                self._begin(Instance(always_ready=False), slowest(self._worker.start, self._dice))
        elif self._fewer >= self._scaling.patience:
            self._stop(min(-missing, self._scaling.step))
        self._clock.after(self._scaling.every, self._decide)

    @property
    def working(self) -> int:
        """Instances that start or take messages."""
        return sum(not instance.stopping for instance in self.instances)

    def _begin(self, instance: Instance, seconds: float) -> None:
        instance.began = self._clock.now
        self.instances[instance] = None
        self.started += 1
        self.most = max(self.most, len(self.instances))
        self._clock.after(seconds, lambda: self._ready(instance))

    def _ready(self, instance: Instance) -> None:
        instance.ready = True
        instance.compute(self._clock.now, self._worker.warm_up)
        self.look(instance)

    def _stop(self, number: int) -> None:
        """Those that do least take no more messages, and go when their pages are done."""
        able = [one for one in self.instances if not (one.always_ready or one.stopping)]
        for instance in sorted(able, key=lambda one: len(one.pages))[:number]:
            instance.stopping = True
            self._hungry.pop(instance, None)
            self._leave(instance)

    def _leave(self, instance: Instance) -> None:
        if instance.stopping and not instance.pages:
            self.instances.pop(instance, None)

    def kill(self, instance: Instance) -> list[Page]:
        """Take an instance away at once; the pages it was making. One that is always ready is started again."""
        pages = list(instance.pages)
        instance.dead = True
        self._hungry.pop(instance, None)
        self.instances.pop(instance, None)
        self._count(instance)
        instance.pages.clear()
        if instance.always_ready:
            self._begin(Instance(always_ready=True), slowest(self._worker.start, self._dice))
        return pages

    # -- messages

    def look(self, instance: Instance) -> None:
        """An instance that has room takes a batch, or goes on polling."""
        if instance.dead or instance.stopping or not instance.ready:
            return
        if len(instance.pages) <= self._worker.threshold:
            taken = self._take(instance, self._worker.batch)
            if not taken or len(instance.pages) <= self._worker.threshold:
                self._hungry[instance] = None

    def noticed(self) -> None:
        """There is a message; one of those that poll an empty queue will find it."""
        if self._polling or not self._hungry:
            return
        self._polling = True
        # The first of several looks, each somewhere within the longest pause.
        share = 1.0 - self._dice.random() ** (1.0 / len(self._hungry))
        self._clock.after(self._worker.longest_poll * share, self._poll)

    def _poll(self) -> None:
        self._polling = False
        if not self._hungry:
            return
        instance = self._dice.choice(list(self._hungry))
        del self._hungry[instance]
        self.look(instance)
        if self._length():
            self.noticed()

    def enter(self, instance: Instance, page: Page) -> None:
        """A page begins on an instance, which is billed from its first to its last."""
        if not instance.pages:
            instance.active_since = self._clock.now
        instance.pages[page] = None

    def end(self, instance: Instance, page: Page) -> None:
        """A page leaves an instance."""
        del instance.pages[page]
        if not instance.pages:
            self._count(instance)
        self._leave(instance)
        if instance not in self._hungry:
            self.look(instance)

    def _count(self, instance: Instance) -> None:
        if instance.active_since < self._clock.now:
            self.spent[instance.always_ready] += self._clock.now - instance.active_since
            instance.active_since = self._clock.now
