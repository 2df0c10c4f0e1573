"""One open stream: frames out, a bounded queue while the client is slow, and its ways to end."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from notifications.relay.frames import HEARTBEAT, retry_line

# One write while replaying: the socket's buffer takes it, or the rest waits in the queue.
_CHUNK = 32 * 1024
_MAX_INPUT = 64 * 1024


class Streams(Protocol):
    """What keeps the open streams."""

    queue_events: int
    queue_bytes: int

    def stalled(self, stream: StreamConnection) -> None:
        """The client does not read as fast as we write."""

    def flowing(self, stream: StreamConnection) -> None:
        """It has read what was waiting."""

    def restarted(self, stream: StreamConnection) -> None:
        """Its position means nothing any more."""

    def lost(self, stream: StreamConnection, reason: str) -> None:
        """It is over; called once."""

    def wrote(self, size: int) -> None:
        """Count bytes."""


class StreamConnection(asyncio.Protocol):
    """The protocol of a granted stream.

    The transport's high-water mark is zero, so a stream is paused as soon as the socket's own buffer is full; from
    then on frames wait here, up to the limits, and a client beyond them is cut: it resumes by its id.

    Args:
        streams: what keeps this stream.
        transport: the connection, its request already read.
        user_id: whose events it carries.
    """

    __slots__ = (
        "_excused", "_input", "_queue", "_queued", "_reason", "_streams", "_transport",
        "beat", "deadline", "paused_at", "user_id",
    )  # fmt: skip

    def __init__(self, streams: Streams, transport: asyncio.Transport, user_id: str) -> None:
        self._streams = streams
        self._transport = transport
        self._queue: deque[tuple[bytes, int]] | None = None
        self._queued = (0, 0)  # events and bytes waiting
        self._excused = 0  # of the queued events, those of the replay, which the limit does not count
        self._input = 0
        self._reason = "client"
        self.user_id = user_id
        self.deadline = -1
        self.beat = -1
        self.paused_at = -1.0
        transport.set_write_buffer_limits(high=0)

    def begin(self, head: bytes) -> None:
        """Write the answer's head."""
        self._write(head)

    def replay(self, frames: list[bytes]) -> None:
        """Send what the client missed, before anything live."""
        position = 0
        while position < len(frames) and self.paused_at < 0:
            chunk = _chunk(frames, position)
            self._write(b"".join(chunk))
            position += len(chunk)
        for frame in frames[position:]:  # the window's own bytes, not copies
            self._enqueue(frame, 1)
            self._excused += 1

    def push(self, data: bytes, events: int) -> None:
        """See hub.Subscriber."""
        if self.paused_at < 0:
            self._write(data)
            return
        self._enqueue(data, events)
        waiting, size = self._queued
        limit = self._streams.queue_events
        if waiting - self._excused > limit or (not self._excused and size > self._streams.queue_bytes):
            self.cut("slow")

    def restart(self) -> None:
        """See hub.Subscriber."""
        self._streams.restarted(self)

    def heartbeat(self) -> None:
        """Show that the stream is alive, unless something is waiting to be read anyway."""
        if self.paused_at < 0:
            self._write(HEARTBEAT)

    def end(self, reason: str, *, retry: int | None = None) -> None:
        """Close between two events, after what is written; `retry` in milliseconds is when to come back."""
        self._reason = reason
        if retry is not None and self.paused_at < 0:
            self._write(retry_line(retry))
        if self.paused_at >= 0:
            self._transport.abort()  # it would wait for a client that may never read
        else:
            self._transport.close()

    def cut(self, reason: str) -> None:
        """Close at once, dropping what waits."""
        self._reason = reason
        self._transport.abort()

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self.paused_at = asyncio.get_running_loop().time()
        self._streams.stalled(self)

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self.paused_at = -1.0
        while self._queue and self.paused_at < 0:
            self._write(self._dequeue())
        if not self._queue:
            self._queue, self._queued, self._excused = None, (0, 0), 0
        if self.paused_at < 0:
            self._streams.flowing(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; a client has nothing to say here, and may not say it at length."""
        self._input += len(data)
        if self._input > _MAX_INPUT:
            self.cut("input")

    def eof_received(self) -> bool:
        """See asyncio.Protocol; False closes the transport."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the base class names it
        """See asyncio.Protocol."""
        self._queue = None
        self._streams.lost(self, self._reason)

    def _enqueue(self, data: bytes, events: int) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append((data, events))
        self._queued = (self._queued[0] + events, self._queued[1] + len(data))

    def _dequeue(self) -> bytes:
        """What waits, as far as one write should take it."""
        chunk: list[bytes] = []
        events = size = 0
        while self._queue and size < _CHUNK:
            data, count = self._queue.popleft()
            chunk.append(data)
            events += count
            size += len(data)
        self._queued = (self._queued[0] - events, self._queued[1] - size)
        self._excused = max(0, self._excused - events)
        return b"".join(chunk)

    def _write(self, data: bytes) -> None:
        self._streams.wrote(len(data))
        self._transport.write(data)


def _chunk(frames: list[bytes], start: int) -> list[bytes]:
    size = 0
    for end in range(start, len(frames)):
        size += len(frames[end])
        if size >= _CHUNK:
            return frames[start : end + 1]
    return frames[start:]
