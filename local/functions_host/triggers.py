"""What the queue and timer triggers hand to their functions, in the runtime's terms."""

import json
from datetime import UTC, datetime
from typing import Any

from azure_functions_runtime.bindings.datumdef import Datum

from local.functions_host.index import IndexedFunction
from local.functions_host.storage import Message
from local.functions_host.worker import Invocation

_NEVER = datetime.min.replace(tzinfo=UTC)


def queue_invocation(function: IndexedFunction, message: Message, content: bytes) -> Invocation:
    """Return the invocation for a message, with the metadata Azure's queue trigger passes (QueueTriggerBinding).

    Raises:
        UnicodeDecodeError: the content is no UTF-8, and the binding's data type is not binary.
    """
    binary = str(function.trigger.settings.get("dataType", "")).lower() == "binary"
    datum = Datum(content, "bytes") if binary else Datum(content.decode(), "string")
    metadata = {
        "Id": Datum(message.id, "string"),
        "PopReceipt": Datum(message.pop_receipt, "string"),
        "DequeueCount": Datum(str(message.dequeue_count), "json"),
        "ExpirationTime": _time(message.expires),
        "InsertionTime": _time(message.inserted),
        "NextVisibleTime": _time(message.next_visible),
    }
    if not binary:
        metadata["QueueTrigger"] = datum
    return Invocation([(function.trigger.name, datum)], metadata)


def timer_invocation(
    function: IndexedFunction, *, last: datetime | None, due: datetime, monitored: bool, retry_count: int = 0
) -> Invocation:
    """Return the invocation for a timer that is due; a schedule that is not monitored has no status."""
    status: dict[str, Any] | None = None
    if monitored:
        seen = (last or _NEVER).isoformat()
        status = {"Last": seen, "Next": due.isoformat(), "LastUpdated": seen}
    payload = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}
    return Invocation(
        [(function.trigger.name, Datum(json.dumps(payload), "json"))],
        retry_count=retry_count,
        max_retry_count=function.retry.max_retry_count if function.retry else 0,
    )


def _time(moment: datetime) -> Datum:
    return Datum(json.dumps(moment.astimezone(UTC).isoformat()), "json")
