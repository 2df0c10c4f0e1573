"""Where the messages of outgoing links come from: a partition's log, or replies to requests."""

from __future__ import annotations

from collections import deque
from typing import Final

from local.eventhubs import encode, message
from local.eventhubs.broker import Partition, now_ms
from local.eventhubs.errors import RESOURCE_LIMIT_EXCEEDED, MessageRejectedError

_MAX_REPLIES: Final = 1000


class PartitionFeed:
    """A reader's place in a partition.

    Args:
        partition: what is read.
        sequence: the first sequence number wanted.
        with_metrics: whether each event tells about the partition's last one.
    """

    def __init__(self, partition: Partition, sequence: int, *, with_metrics: bool) -> None:
        self._log = partition.log
        self._next = sequence
        self._with_metrics = with_metrics

    def take(self, limit: int) -> list[bytes]:
        """Give up to `limit` events and move past them."""
        events = self._log.read(self._next, limit)
        if not events:
            return []
        self._next = events[-1].position.sequence + 1
        if not self._with_metrics:
            return [event.payload for event in events]
        metrics = self._metrics()
        return [message.with_delivery_annotations(metrics, event.payload) for event in events]

    def _metrics(self) -> bytes:
        last = self._log.last
        if last is None:
            return b""
        entries = {
            "last_enqueued_sequence_number": encode.long(last.sequence),
            "last_enqueued_offset": encode.string(str(last.offset)),
            "last_enqueued_time_utc": encode.timestamp(last.enqueued_ms),
            "runtime_info_retrieval_time_utc": encode.timestamp(now_ms()),
        }
        pairs = ((encode.symbol(name), value) for name, value in entries.items())
        return encode.described(message.DELIVERY_ANNOTATIONS, encode.map_of(pairs))


class ReplyFeed:
    """Replies waiting for credit."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()

    def put(self, reply: bytes) -> None:
        """Add a reply; raises MessageRejectedError if a client lets too many pile up."""
        if len(self._waiting) >= _MAX_REPLIES:
            raise MessageRejectedError(RESOURCE_LIMIT_EXCEEDED, "too many replies wait for credit")
        self._waiting.append(reply)

    def take(self, limit: int) -> list[bytes]:
        """Give up to `limit` replies."""
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
