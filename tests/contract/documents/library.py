"""What documents are embedded and found with: a real PostgreSQL, the stand-in's vectors without its server."""

from __future__ import annotations

import asyncio
import base64
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from generation.documents import repository
from generation.documents.consume import consume, settle
from generation.documents.embedding import EmbeddingPipeline
from generation.documents.requests import Document
from generation.documents.search import Hit, Query, search
from generation.documents.submit import DocumentSubmitter
from generation.ports import Meter
from generation.tasks import repository as tasks
from generation.tasks.model import TaskKind
from generation.tasks.poison_queue import drain
from generation.tasks.runner import TaskRunner
from local.standins.embeddings import embed
from shared.db.pool import Database
from shared.errors import AppError
from shared.messages import EMBEDDING_QUEUE, TaskMessage
from shared.settings import TaskSettings
from tests.fakes import FakePublisher, FakeQueues


class FakeEmbeddings:
    """An embedding model with the stand-in's vectors; `errors` are raised first, `gate` holds calls back."""

    name = "text-embedding-3-small"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.errors: list[AppError] = []
        self.gate: asyncio.Event | None = None

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[array[float]]:
        self.calls.append(list(texts))
        meter.add(usd=0.00002, input_tokens=10 * len(texts))
        if self.errors:
            raise self.errors.pop(0)
        if self.gate is not None:
            await self.gate.wait()
        return [embed(text) for text in texts]


@dataclass
class FakeMessage:
    """A message as a storage queue holds it."""

    text: str
    inserted: datetime


@dataclass
class FakeTaker:
    """A queue read by hand."""

    messages: list[FakeMessage] = field(default_factory=list)

    async def take(self, queue: str, limit: int, lease: int) -> list[FakeMessage]:
        assert queue == f"{EMBEDDING_QUEUE}-poison"
        return self.messages[:limit]

    async def remove(self, queue: str, message: FakeMessage) -> None:
        self.messages.remove(message)


@dataclass
class Library:
    """Takes documents in, runs what the queue holds, searches; the composition root of these tests."""

    database: Database
    embeddings: FakeEmbeddings = field(default_factory=FakeEmbeddings)
    queues: FakeQueues = field(default_factory=FakeQueues)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    taker: FakeTaker = field(default_factory=FakeTaker)
    tasks: TaskSettings = field(
        default_factory=lambda: TaskSettings(STEP_ATTEMPTS=2, TASK_MAX_DEQUEUE_COUNT=2)
    )

    def __post_init__(self) -> None:
        self.documents = DocumentSubmitter(
            self.database, self.queues, self.publisher, model=self.embeddings.name, rate=100, budget=10.0
        )
        self.runner = TaskRunner(
            database=self.database,
            publisher=self.publisher,
            queues=self.queues,
            handlers={TaskKind.EMBEDDING: EmbeddingPipeline(self.embeddings, self.database)},
            settings=self.tasks,
        )

    async def warm(self) -> None:
        """Nothing to import."""

    async def submit(self, post_id: str, content: str, owner: str = "seller", **more: Any) -> UUID:
        """The task of a document that was just taken in."""
        document = Document.model_validate(
            {"post_id": post_id, "title": f"글 {post_id}", "content": content, **more}
        )
        row = await self.documents.submit(owner, document)
        return UUID(str(row["task_id"]))

    async def run(self, task_id: UUID, owner: str = "seller", delivery: int = 1) -> dict[str, Any]:
        """The task's row after one run."""
        await self.runner.run(TaskMessage(task_id=task_id, delivery=delivery), EMBEDDING_QUEUE)
        return await self.task(task_id, owner)

    async def task(self, task_id: UUID, owner: str = "seller") -> dict[str, Any]:
        """The task's row."""
        return await self.database.run(lambda cursor: tasks.get(cursor, task_id, owner))

    async def keep(self, post_id: str, content: str, owner: str = "seller", **more: Any) -> dict[str, Any]:
        """Take a document in and embed it."""
        return await self.run(await self.submit(post_id, content, owner, **more), owner)

    async def delete(self, post_id: str, owner: str = "seller") -> bool:
        """As DELETE /embeddings/{post_id}, now; whether there was one."""
        return await self.database.run(
            lambda cursor: repository.delete(cursor, owner, post_id, datetime.now(UTC))
        )

    async def receive(self, body: str, inserted: datetime | None = None) -> None:
        """As the queue function, with a decoded body."""
        await consume(self, body.encode(), inserted or datetime.now(UTC))

    async def drain(self, text: str, *, encoded: bool = False, inserted: datetime | None = None) -> int:
        """As the timer, with one message in the poison queue."""
        stored = base64.b64encode(text.encode()).decode() if encoded else text
        self.taker.messages.append(FakeMessage(stored, inserted or datetime.now(UTC)))
        return await drain(self.taker, EMBEDDING_QUEUE, partial(settle, self))

    async def search(self, text: str, owner: str = "seller", **more: Any) -> list[Hit]:
        """The hits."""
        return (await search(self.database, self.embeddings, owner, Query(text, **more))).hits

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Whatever the database holds."""

        def read(cursor: Any) -> list[dict[str, Any]]:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()]

        return await self.database.run(read)

    async def texts(self, post_id: str, owner: str = "seller") -> list[str]:
        """The chunks search would find."""
        rows = await self.rows(
            "select text from document_chunks where owner = %s and post_id = %s order by chunk",
            owner,
            post_id,
        )
        return [row["text"] for row in rows]

    async def poisoned(self) -> list[dict[str, Any]]:
        """The poison table."""
        return await self.rows("select * from poison_messages order by created_at")
