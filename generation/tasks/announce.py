"""Task events: written to the outbox in the transaction of the change they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from notifications.outbox import add
from shared.events import Event, EventType
from shared.telemetry import context
from shared.times import now

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def task_event(task_id: UUID | str, owner: str, kind: EventType, data: dict[str, Any]) -> Event:
    """A task's event of just now; `data` holds its `sequence`, or the statement that stores it puts that in."""
    return Event(str(uuid4()), owner, kind, str(task_id), now(), data, context.current())


def announce(cursor: Cursor, row: dict[str, Any], kind: EventType, data: dict[str, Any]) -> None:
    """Add an event for the task in `row` (task_id, owner, and sequence as the change has just raised it)."""
    add(cursor, task_event(row["task_id"], row["owner"], kind, {**data, "sequence": row["sequence"]}))
