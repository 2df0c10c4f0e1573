"""Task events: written to the outbox in the transaction of the change they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from notifications.outbox import add
from shared.events import Event, EventType
from shared.times import now

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def announce(cursor: Cursor, row: dict[str, Any], kind: EventType, data: dict[str, Any]) -> None:
    """Add an event for the task in `row` (task_id, owner, and sequence as the change has just raised it)."""
    payload = {**data, "sequence": row["sequence"]}
    add(cursor, Event(str(uuid4()), row["owner"], kind, str(row["task_id"]), now(), payload))
