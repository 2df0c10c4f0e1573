"""The handler of embedding tasks: content -> chunks -> vectors in batches -> all chunks replaced at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from generation.documents import repository
from generation.documents.chunking import chunks
from generation.documents.requests import EmbeddingRequest
from generation.documents.vectors import Vector, halves, packed
from generation.ports import Meter
from generation.tasks.run import Outcome, Run, Transactions, all_of

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# One call takes 2,048 texts and 300,000 tokens (OpenAI, "Create embeddings"), and no text has more tokens than bytes.
BATCH_TEXTS = 128
BATCH_BYTES = 250_000
# Of one document at a time: enough to hide a call's latency, not so many that others starve.
_CALLS_AT_ONCE = 4


class EmbeddingModel(Protocol):
    """Turns text into vectors of unit length; near in meaning is near in direction."""

    @property
    def name(self) -> str:
        """Which model it is: vectors of different models cannot be compared."""
        ...

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[Vector]:
        """A vector of vectors.DIMENSIONS numbers for each text, in order.

        Raises:
            TransientError, PermanentError: see generation/ports.py.
        """
        ...


class EmbeddedBatch(BaseModel):
    """A stored step: the vectors of one call, packed (see vectors.py)."""

    model_config = ConfigDict(frozen=True)

    vectors: str


@dataclass(frozen=True, slots=True)
class EmbeddingPipeline:
    """Embeds documents; what was replaced or deleted meanwhile costs nothing more and changes nothing."""

    model: EmbeddingModel
    database: Transactions

    async def __call__(self, run: Run) -> Outcome:
        """Embed the document this run's task names."""
        request, owner = EmbeddingRequest.model_validate(run.lease.request), run.lease.owner
        source = await self.database.run(
            lambda cursor: repository.source(cursor, owner, request.post_id, request.sha256), autocommit=True
        )
        if source is None:
            return Outcome({"post_id": request.post_id, "chunks": 0, "superseded": True}, _nothing)
        texts = chunks(source.content)
        wanted = batches([f"{source.title}\n{text}" for text in texts])
        vectors = await self._embedded(run, wanted)
        result: dict[str, Any] = {"post_id": source.post_id, "version": source.version, "chunks": len(texts)}

        def write(cursor: Cursor) -> None:
            written = repository.replace_chunks(
                cursor, owner, source, request.sha256, texts=texts, vectors=vectors, model=self.model.name
            )
            # Known only now, under the document's lock; the result is stored after this, in the same transaction.
            result["superseded"] = not written
            if len(wanted) > 1:
                cursor.execute("delete from task_steps where task_id = %s", (str(run.lease.task_id),))

        return Outcome(result, write)

    async def _embedded(self, run: Run, wanted: list[list[str]]) -> list[bytes]:
        if len(wanted) == 1:
            return halves(packed(await run.call(partial(self.model.embed, wanted[0]))))
        run.expect(len(wanted))
        at_once = asyncio.Semaphore(_CALLS_AT_ONCE)

        async def step(number: int, texts: list[str]) -> list[bytes]:
            async def embed(meter: Meter) -> EmbeddedBatch:
                return EmbeddedBatch(vectors=packed(await self.model.embed(texts, meter)))

            async with at_once:
                made = await run.step(f"embed:{number}", EmbeddedBatch, embed, "문서를 정리하고 있어요")
            return halves(made.vectors)

        made = await all_of(*(step(number, texts) for number, texts in enumerate(wanted)))
        return [vector for batch in made for vector in batch]


def batches(
    texts: Sequence[str], *, most: int = BATCH_TEXTS, most_bytes: int = BATCH_BYTES
) -> list[list[str]]:
    """Texts in order, as few calls as the limits allow; equal for equal texts, so that stored steps fit."""
    found: list[list[str]] = []
    room = 0
    for text in texts:
        size = len(text.encode())
        if not found or size > room or len(found[-1]) == most:
            found.append([])
            room = most_bytes
        found[-1].append(text)
        room -= size
    return found


def _nothing(_cursor: Cursor) -> None:
    """The document is somebody else's work now, or done."""
