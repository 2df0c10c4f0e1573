"""The $management node: READ of a hub and of a partition.

Source: Event Hubs' AMQP guide, management operations.
"""

from __future__ import annotations

from typing import Final

from local.eventhubs import encode
from local.eventhubs.broker import Broker, Hub, Partition
from local.eventhubs.errors import NOT_IMPLEMENTED, AmqpLinkError
from local.eventhubs.requests import BAD_REQUEST, MISSING, OK, Reply, Request

HUB_TYPE: Final = "com.microsoft:eventhub"
PARTITION_TYPE: Final = "com.microsoft:partition"


def answer(broker: Broker, request: Request) -> Reply:
    """Answer a READ: 200 with a map, 404 for what is not there, 400 for anything else."""
    operation, kind = request.arguments.get("operation"), request.arguments.get("type")
    if operation != "READ" or kind not in (HUB_TYPE, PARTITION_TYPE):
        return Reply(BAD_REQUEST, f"cannot {operation!s:.50} a {kind!s:.50}", condition=NOT_IMPLEMENTED)
    try:
        hub = broker.hub(str(request.arguments.get("name")))
        if kind == HUB_TYPE:
            return Reply(OK, "OK", _describe_hub(hub))
        return Reply(
            OK, "OK", _describe_partition(hub, hub.partition(str(request.arguments.get("partition"))))
        )
    except AmqpLinkError as fault:
        return Reply(MISSING, fault.description, condition=fault.condition)


def _text_map(entries: dict[str, bytes]) -> bytes:
    return encode.map_of((encode.string(name), value) for name, value in entries.items())


def _describe_hub(hub: Hub) -> bytes:
    return _text_map(
        {
            "name": encode.string(hub.name),
            "type": encode.string(HUB_TYPE),
            "created_at": encode.timestamp(hub.created_ms),
            "partition_count": encode.int32(len(hub.partitions)),
            "partition_ids": encode.string_array(list(hub.partitions)),
        }
    )


def _describe_partition(hub: Hub, partition: Partition) -> bytes:
    last = partition.log.last
    return _text_map(
        {
            "name": encode.string(hub.name),
            "type": encode.string(PARTITION_TYPE),
            "partition": encode.string(partition.number),
            "begin_sequence_number": encode.long(partition.log.first_sequence),
            "last_enqueued_sequence_number": encode.long(last.sequence if last else -1),
            "last_enqueued_offset": encode.string(str(last.offset) if last else "-1"),
            "last_enqueued_time_utc": encode.timestamp(last.enqueued_ms if last else 0),
            "is_partition_empty": encode.boolean(last is None),
        }
    )
