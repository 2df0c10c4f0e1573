"""One call of the embedding model for documents that are in hand together.

A worker takes dozens of messages at once, most documents are a text or two, and a call takes hundreds: one by one they
would be dozens of requests of the account's limit, each a millisecond of the worker's CPU. See
docs/decisions/0014-documents-share-embedding-calls.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise

from generation.documents.embedding import BATCH_BYTES, BATCH_TEXTS, EmbeddingModel
from generation.documents.vectors import Vector
from generation.ports import Meter
from shared.errors import AppError
from shared.telemetry import context, spans

# A message is taken in every two milliseconds, and a call takes hundreds.
_GATHER_SECONDS = 0.01
# What the texts of one document may have caused for all of a call; see generation/providers/rejections.py.
_CAUSED_BY_A_TEXT = frozenset(("model_rejected", "content_filtered", "answer_not_json", "answer_off_schema"))


@dataclass(frozen=True, slots=True)
class _Part:
    """One caller's texts in a call."""

    texts: Sequence[str]
    size: int
    meter: Meter
    vectors: asyncio.Future[list[Vector]]
    trace: str | None


class GatheredEmbeddings:
    """An EmbeddingModel whose callers of the same moment share a call; one per process.

    Args:
        model: makes the calls.
        seconds: from a call to the next; the first goes at once.
        most: texts in one call.
        most_bytes: of its texts together.
    """

    def __init__(
        self,
        model: EmbeddingModel,
        *,
        seconds: float = _GATHER_SECONDS,
        most: int = BATCH_TEXTS,
        most_bytes: int = BATCH_BYTES,
    ) -> None:
        self._model = model
        self._seconds = seconds
        self._most = most
        self._most_bytes = most_bytes
        self._waiting: list[_Part] = []
        self._timer: asyncio.TimerHandle | None = None
        self._calls: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """See EmbeddingModel."""
        return self._model.name

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[Vector]:
        """See EmbeddingModel. Each caller pays for its share of the call, by the length of its texts.

        When a text may be why the call failed, each caller gets one of its own: nobody fails for another's text.
        """
        size = sum(len(text.encode()) for text in texts)
        vectors: asyncio.Future[list[Vector]] = asyncio.get_running_loop().create_future()
        self._add(_Part(texts, size, meter, vectors, context.current()))
        return await vectors

    def _add(self, part: _Part) -> None:
        together = [*self._waiting, part]
        texts, size = sum(len(each.texts) for each in together), sum(each.size for each in together)
        if self._waiting and (texts > self._most or size > self._most_bytes):
            self._send()
        self._waiting.append(part)
        if self._timer is None:
            self._send()

    def _on_time(self) -> None:
        self._timer = None
        if self._waiting:
            self._send()

    def _send(self) -> None:
        """Make a call of what waits; what comes within `seconds` from now waits for the next."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._on_time)
        parts, self._waiting = self._waiting, []
        call = asyncio.create_task(self._call(parts))
        self._calls.add(call)
        call.add_done_callback(lambda call: self._ended(call, parts))

    def _ended(self, call: asyncio.Task[None], parts: Sequence[_Part]) -> None:
        self._calls.discard(call)
        for part in parts:
            part.vectors.cancel()  # of a call that was stopped: whoever has an answer keeps it

    async def _call(self, parts: Sequence[_Part]) -> None:
        """Ask the model once for all of them."""
        first, *others = (part.trace for part in parts)
        span = spans.span("embed together", attributes={"documents": len(parts)}, parent=first, links=others)
        try:
            with span:
                await self._embed(parts)
        except Exception as error:  # noqa: BLE001  whoever waits raises it
            if len(parts) > 1 and isinstance(error, AppError) and error.code in _CAUSED_BY_A_TEXT:
                await asyncio.gather(*(self._call([part]) for part in parts))
            else:
                _fail(parts, error)

    async def _embed(self, parts: Sequence[_Part]) -> None:
        used = Meter()
        try:
            vectors = await self._model.embed([text for part in parts for text in part.texts], used)
        finally:
            _share_cost(used, parts)
        left = iter(vectors)
        for part in parts:
            mine = list(islice(left, len(part.texts)))
            if not part.vectors.done():
                part.vectors.set_result(mine)


def _share_cost(used: Meter, parts: Sequence[_Part]) -> None:
    """On each part's meter; the sum is what was used, to the token."""
    sizes = [0, *accumulate(part.size for part in parts)]
    shares = [at / max(1, sizes[-1]) for at in sizes]
    for part, (before, after) in zip(parts, pairwise(shares), strict=True):
        part.meter.add(
            usd=used.usd * (after - before),
            input_tokens=round(used.input_tokens * after) - round(used.input_tokens * before),
        )


def _fail(parts: Sequence[_Part], error: Exception) -> None:
    for part in parts:
        if not part.vectors.done():
            part.vectors.set_exception(error)
