"""All open streams: their limits, heartbeats, ends, and the drain."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from notifications.relay.deadlines import TICK, Beat, Deadlines
from notifications.relay.frames import reset_frame
from notifications.relay.hub import Hub
from notifications.relay.metrics import Metrics
from notifications.relay.stream import StreamConnection
from shared.errors import LimitedError
from shared.settings import RelaySettings

# How long a client that is ahead of this replica waits for it to catch up before it is told to start over.
_AHEAD_SECONDS = 5.0
_AHEAD_STEP = 0.05
_FULL_RETRY_SECONDS = 5.0
# Part of the grace period in which streams are closed one by one; the rest is for their last bytes.
_DRAIN_SHARE = 0.8
_RETRY_RANGE = (500, 3000)  # milliseconds, drawn anew for each client so that they do not return as one

type Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Grant:
    """A caller who may have a stream.

    Attributes:
        user_id: whose events.
        last_id: the position to resume from, or None.
        live_only: nothing from the window.
        seconds: how long the caller's token is still valid.
    """

    user_id: str
    last_id: str | None
    live_only: bool
    seconds: float


class OpenStreams:
    """Keeps every stream of this replica.

    Args:
        hub: where events come from.
        settings: limits and times.
        metrics: what is counted.
        clock: the loop's, seconds.
    """

    def __init__(self, hub: Hub, settings: RelaySettings, metrics: Metrics, clock: Clock) -> None:
        self.queue_events = settings.queue_events
        self.queue_bytes = settings.queue_bytes
        self._hub = hub
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._open: set[StreamConnection] = set()
        self._by_user: Counter[str] = Counter()
        self._stalled: set[StreamConnection] = set()
        self._last_gone = asyncio.Event()
        self._deadlines: Deadlines[StreamConnection] = Deadlines(clock)
        self._beat: Beat[StreamConnection] = Beat(settings.heartbeat)

    def __len__(self) -> int:
        return len(self._open)

    def __bool__(self) -> bool:
        return True

    def check_cap(self, user_id: str) -> None:
        """Raise LimitedError when this user has as many streams here as are allowed."""
        if self._by_user[user_id] >= self._settings.connections_per_user:
            raise LimitedError("This user has too many open streams.", retry_after=_FULL_RETRY_SECONDS)

    def open(self, transport: asyncio.Transport, head: bytes, grant: Grant) -> None:
        """Begin a stream on this connection."""
        stream = StreamConnection(self, transport, grant.user_id)
        transport.set_protocol(stream)
        self._open.add(stream)
        self._by_user[grant.user_id] += 1
        self._metrics.streams_opened += 1
        jitter = self._settings.lifetime_jitter
        lifetime = self._settings.lifetime + random.uniform(-jitter, jitter)  # noqa: S311  spreads reconnects
        # A quarter second early at most: a stream must not outlive its token.
        ends_at = self._clock() + min(max(lifetime, TICK), grant.seconds)
        stream.deadline = self._deadlines.add(ends_at, stream)
        stream.beat = self._beat.add(stream)
        stream.begin(head)
        self._resume(stream, grant, self._clock() + _AHEAD_SECONDS)

    def tick(self) -> None:
        """Once every deadlines.TICK seconds: heartbeats, ends, frozen clients."""
        for stream in self._beat.turn():
            stream.heartbeat()
        for stream in self._deadlines.due():
            stream.end("lifetime")
        oldest = self._clock() - self._settings.frozen_after + TICK
        for stream in [stream for stream in self._stalled if 0 <= stream.paused_at <= oldest]:
            stream.cut("frozen")

    async def drain(self, grace: float) -> None:
        """End every stream within `grace` seconds, evenly spread, telling each when to come back."""
        started = self._clock()
        self._last_gone.clear()
        streams = list(self._open)
        random.shuffle(streams)
        step = grace * _DRAIN_SHARE / max(1, len(streams))
        for position, stream in enumerate(streams):
            wait = started + position * step - self._clock()
            if wait > 0:
                await asyncio.sleep(wait)
            if stream in self._open:
                stream.end("drain", retry=random.randint(*_RETRY_RANGE))  # noqa: S311  spreads reconnects
        if self._open:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._last_gone.wait(), max(0.0, started + grace - self._clock()))
        for stream in list(self._open):
            stream.cut("drain")

    def stalled(self, stream: StreamConnection) -> None:
        """See stream.Streams."""
        self._stalled.add(stream)

    def flowing(self, stream: StreamConnection) -> None:
        """See stream.Streams."""
        self._stalled.discard(stream)

    def restarted(self, stream: StreamConnection) -> None:
        """See stream.Streams."""
        self._metrics.resets["restarted"] += 1
        stream.push(reset_frame(stream.user_id, "restarted", ""), 1)

    def wrote(self, size: int) -> None:
        """See stream.Streams."""
        self._metrics.bytes_sent += size

    def lost(self, stream: StreamConnection, reason: str) -> None:
        """See stream.Streams."""
        self._open.discard(stream)
        self._stalled.discard(stream)
        self._deadlines.discard(stream.deadline, stream)
        self._beat.discard(stream.beat, stream)
        self._hub.unsubscribe(stream.user_id, stream)
        self._by_user[stream.user_id] -= 1
        if self._by_user[stream.user_id] <= 0:
            del self._by_user[stream.user_id]
        self._metrics.streams_ended[reason] += 1
        if not self._open:
            self._last_gone.set()

    def _resume(self, stream: StreamConnection, grant: Grant, until: float) -> None:
        if stream not in self._open:
            return
        resume = self._hub.subscribe(grant.user_id, grant.last_id, stream)
        if resume.ahead:
            if self._clock() < until:
                loop = asyncio.get_running_loop()
                loop.call_later(_AHEAD_STEP, self._resume, stream, grant, until)
                return
            resume = self._hub.subscribe_anew(grant.user_id, "foreign", stream)
        if resume.reset is not None:
            self._metrics.resets[resume.reset] += 1
            stream.replay([reset_frame(grant.user_id, resume.reset, resume.last_id)])
        elif not (grant.live_only and not grant.last_id):
            stream.replay(resume.frames)
            self._metrics.events_sent += len(resume.frames)
