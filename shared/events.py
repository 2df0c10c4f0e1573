"""The events a seller's stream carries, as CloudEvents 1.0 in JSON.

Source: CloudEvents specification 1.0.2, JSON event format 1.0. The envelope is
`{specversion, id, source, type, subject, time, datacontenttype, traceparent, data}`; `subject` is the task id
(absent for messages that belong to no task) and `data.sequence` rises by one per task, so a client drops what is stale.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.errors import MalformedError
from shared.telemetry.context import valid
from shared.times import rfc3339

SOURCE = "/product-details"


class EventType(StrEnum):
    """Every type of the stream; `reset` is made by the relay alone."""

    QUEUED = "task.queued"
    PROGRESS = "task.progress"
    COMPLETED = "task.completed"
    FAILED = "task.failed"
    CANCELLED = "task.cancelled"
    MESSAGE = "message"
    RESET = "reset"


TERMINAL = frozenset({EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED})


@dataclass(frozen=True, slots=True)
class Event:
    """One event for one user.

    Attributes:
        event_id: unique for ever; the same however often the event is published.
        user_id: whose stream it belongs to; the Event Hubs partition key.
        type: see EventType.
        task_id: the CloudEvents subject, or None.
        time: when the change was made, aware.
        data: the payload; holds `sequence` for task events.
        traceparent: the trace context in which it came about (CloudEvents extension "Distributed Tracing": that of the
            starting trace, not of a hop), or None.
    """

    event_id: str
    user_id: str
    type: EventType
    task_id: str | None
    time: datetime
    data: dict[str, Any]
    traceparent: str | None = None

    def to_cloudevent(self) -> dict[str, Any]:
        """The CloudEvents envelope, ready for JSON."""
        envelope: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.event_id,
            "source": SOURCE,
            "type": self.type.value,
            "time": rfc3339(self.time),
            "datacontenttype": "application/json",
            "userid": self.user_id,
            "data": self.data,
        }
        if self.task_id is not None:
            envelope["subject"] = self.task_id
        if self.traceparent is not None:
            envelope["traceparent"] = self.traceparent
        return envelope

    def encode(self) -> bytes:
        """UTF-8 JSON on one line: what Event Hubs and the stream carry."""
        return json.dumps(self.to_cloudevent(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read what `encode` wrote.

        Raises:
            MalformedError: it is not one of our CloudEvents.
        """
        try:
            raw = json.loads(body)
            return cls(
                event_id=str(raw["id"]),
                user_id=str(raw["userid"]),
                type=EventType(raw["type"]),
                task_id=raw.get("subject"),
                time=datetime.fromisoformat(raw["time"]),
                data=dict(raw["data"]),
                traceparent=valid(raw.get("traceparent")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MalformedError(f"not a CloudEvent of ours: {error!r}") from error
