"""Subscriptions and fan-out: each received batch becomes one write for each stream it concerns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from notifications.relay.frames import event_frame
from notifications.relay.incoming import Received, decode
from notifications.relay.metrics import Metrics
from notifications.relay.window import Resume, Window
from shared.errors import MalformedError

logger = logging.getLogger(__name__)


class Subscriber(Protocol):
    """A stream that takes frames."""

    def push(self, data: bytes, events: int) -> None:
        """Send whole frames, `events` of them; never blocks, never raises."""

    def restart(self) -> None:
        """Tell the client that positions have lost their meaning."""


class Hub:
    """Passes events from partitions to the streams of the users they are for.

    Args:
        window: what can be replayed.
        metrics: what is counted.
    """

    def __init__(self, window: Window, metrics: Metrics) -> None:
        self.window = window
        self._metrics = metrics
        self._streams: dict[str, list[Subscriber]] = {}

    def receive(self, partition: str, batch: Sequence[Received]) -> None:
        """Take a partition's next messages: into the window, and to the streams at once."""
        fresh: dict[str, list[bytes]] = {}
        for message in batch:
            frame = self._accept(partition, message)
            if frame is not None and frame[0] in self._streams:
                fresh.setdefault(frame[0], []).append(frame[1])
        for user_id, frames in fresh.items():
            # The same bytes object for every stream of the user.
            data = frames[0] if len(frames) == 1 else b"".join(frames)
            streams = self._streams[user_id]
            self._metrics.events_sent += len(frames) * len(streams)
            for stream in tuple(streams):
                stream.push(data, len(frames))

    def subscribe(self, user_id: str, last_id: str | None, stream: Subscriber) -> Resume:
        """Where the stream continues; from then on it gets what follows, unless the answer is `ahead`.

        Nothing is awaited between the look into the window and the subscription: no hole, no double.
        """
        resume = self.window.resume(user_id, last_id)
        if not resume.ahead:
            self._streams.setdefault(user_id, []).append(stream)
        return resume

    def subscribe_anew(self, user_id: str, reason: str, stream: Subscriber) -> Resume:
        """Subscribe with a reset, whatever was asked for."""
        self._streams.setdefault(user_id, []).append(stream)
        return self.window.reset(user_id, reason)

    def unsubscribe(self, user_id: str, stream: Subscriber) -> None:
        """End a subscription; no error when there is none."""
        streams = self._streams.get(user_id)
        if streams is not None and stream in streams:
            streams.remove(stream)
            if not streams:
                del self._streams[user_id]

    def restart(self, partition: str) -> None:
        """The hub was made anew: every stream is told so."""
        logger.warning("sequence numbers started over", extra={"partition": partition})
        self.window.restart(partition)
        for streams in list(self._streams.values()):
            for stream in tuple(streams):
                stream.restart()

    def _accept(self, partition: str, message: Received) -> tuple[str, bytes] | None:
        metrics = self._metrics
        if not self.window.advance(partition, message.sequence):
            metrics.events_repeated += 1
            return None
        metrics.events_received += 1
        try:
            event = decode(message.body)
        except MalformedError as error:
            metrics.events_malformed += 1
            logger.warning(
                "message skipped: %s",
                error.message,
                extra={"partition": partition, "sequence": message.sequence},
            )
            return None
        frame = event_frame(partition, message.sequence, event.name, event.line)
        if not self.window.add(partition, message.sequence, message.enqueued_at, event, frame):
            metrics.events_repeated += 1
            return None
        return event.user_id, frame
