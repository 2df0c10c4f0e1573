"""The operations of the people who run the service: queues and what their workers gave up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from generation.openapi.operation import Answer, Operation, Operations, listed
from generation.openapi.parameters import LISTING
from generation.operations.redrive import DiscardRequest, RedriveRequest
from shared.messages import GENERATION_QUEUE

OPERATORS = "Operators"
TAGS = {OPERATORS: "The queues, and what their workers gave up. For administrators."}
_Count = Annotated[int, Field(ge=0)]
_NOT_THERE = frozenset({404})


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Queue(_Answer):
    """A queue: what waits (approximate), for how long, what is worked on, what was given up, how fast it goes."""

    name: str
    length: _Count
    oldest_age_seconds: Annotated[float, Field(ge=0)] | None
    poison_count: _Count
    in_flight: _Count
    rate_per_minute: Annotated[float, Field(ge=0)]


class QueueList(_Answer):
    """Every queue, in one answer."""

    items: list[Queue]
    next_cursor: None


class PoisonMessage(_Answer):
    """What was given up, and why; `redriven_at` once it was settled. `body` is cut after 2,000 characters."""

    poison_id: UUID
    task_id: UUID | None
    code: str
    reason: str
    attempts: int
    body: str
    created_at: datetime
    redriven_at: datetime | None


class PoisonMessageList(_Answer):
    """What was given up, newest first."""

    items: list[PoisonMessage]
    next_cursor: Annotated[
        str | None, Field(description="For `?cursor=` of the next request; null on the last page.")
    ]


class Redriven(_Answer):
    """How many were sent again, and how many were not: they need it no more, or no queue takes them."""

    moved: _Count
    skipped: _Count


class Discarded(_Answer):
    """How many waited until now, and do so no more."""

    discarded: _Count


_QUEUE = {
    "name": GENERATION_QUEUE,
    "length": 3,
    "oldest_age_seconds": 1.4,
    "poison_count": 1,
    "in_flight": 2,
    "rate_per_minute": 12.4,
}
_POISON = {
    "poison_id": "0b6c2a0e-3c0e-4f5e-9a39-2e9f0c6f4b11",
    "task_id": "36d62e07-0c2c-4693-97eb-669dc0b0b990",
    "code": "model_timeout",
    "reason": "after step plan: The AI service took too long. Try again later.",
    "attempts": 5,
    "body": '{"schema_version":1,"task_id":"36d62e07-0c2c-4693-97eb-669dc0b0b990"}',
    "created_at": "2026-11-20T10:13:36.236574Z",
    "redriven_at": None,
}

OPERATOR: Operations = {
    ("ops_queues", "GET"): Operation(
        tag=OPERATORS,
        role="admin",
        answers=(Answer(200, "Every queue.", QueueList, example={"items": [_QUEUE], "next_cursor": None}),),
    ),
    ("ops_queue", "GET"): Operation(
        tag=OPERATORS,
        role="admin",
        parameters=LISTING,
        problems=_NOT_THERE | {422},
        answers=(listed(PoisonMessageList, {"items": [_POISON], "next_cursor": None}),),
    ),
    ("ops_discard", "POST"): Operation(
        tag=OPERATORS,
        role="admin",
        text="The records stay; their reason says by whom.",
        body=DiscardRequest,
        examples={"One": {"ids": [_POISON["poison_id"]]}},
        problems=_NOT_THERE,
        answers=(Answer(200, "Settled.", Discarded, example={"discarded": 1}),),
    ),
    ("ops_redrive", "POST"): Operation(
        tag=OPERATORS,
        role="admin",
        text="All that wait, the oldest `limit` of them, or those of `ids`.",
        body=RedriveRequest,
        optional=True,
        examples={"The ten oldest": {"limit": 10}},
        problems=_NOT_THERE,
        answers=(Answer(200, "Sent again.", Redriven, example={"moved": 10, "skipped": 0}),),
    ),
}
