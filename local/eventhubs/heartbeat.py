"""Idle time-outs in both directions.

Source: OASIS AMQP 1.0 part 2, section 2.4.5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from local.eventhubs.errors import INVALID_FIELD, AmqpConnectionError

_SHORTEST: Final = 0.1


class Heartbeat:
    """Sends a frame before the client gives the broker up, and tells when the client is silent too long.

    Args:
        loop: gives the time.
        idle_timeout: seconds after which a silent client is given up.
        beat: sends an empty frame.
        on_silence: called once, when the client has been silent too long.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        idle_timeout: float,
        beat: Callable[[], None],
        on_silence: Callable[[], None],
    ) -> None:
        self._loop, self._idle_timeout = loop, idle_timeout
        self._beat, self._on_silence = beat, on_silence
        self._needed_every = float("inf")
        self._heard = self._said = loop.time()
        self._timer = loop.call_later(idle_timeout / 2, self._look)

    def heard(self) -> None:
        """Take note that something arrived."""
        self._heard = self._loop.time()

    def said(self) -> None:
        """Take note that something was sent."""
        self._said = self._loop.time()

    def client_waits(self, milliseconds: int | None) -> None:
        """Take the client's own idle time-out; None and 0 mean it has none.

        Raises:
            AmqpConnectionError: it is too short to be kept.
        """
        if not milliseconds:
            return
        if milliseconds / 1000 < _SHORTEST:
            raise AmqpConnectionError(INVALID_FIELD, f"an idle time-out of {milliseconds} ms is too short")
        self._needed_every = milliseconds / 1000
        self._schedule()

    def stop(self) -> None:
        """Stop looking."""
        self._timer.cancel()

    def _schedule(self) -> None:
        self._timer.cancel()
        self._timer = self._loop.call_later(min(self._idle_timeout / 2, self._needed_every / 3), self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if now - self._heard >= self._idle_timeout:
            self._on_silence()
            return
        if now - self._said >= self._needed_every / 4:
            self._beat()
        self._schedule()
