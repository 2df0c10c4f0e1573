"""Search in one user's documents: by meaning (vectors) and by letters (pairs of them), fused by rank.

Reciprocal rank fusion (Cormack, Clarke, Buettcher, 2009): each list gives 1 / (60 + rank), so that neither list's
scores need to be comparable with the other's.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generation.documents.candidates import Wanted, by_letters, by_vector, holdings
from generation.documents.embedding import EmbeddingModel
from generation.documents.letters import coverage, highlights, query_terms
from generation.documents.requests import DocumentKind
from generation.documents.vectors import Vector
from generation.ports import Meter
from generation.tasks.run import Transactions
from shared.errors import PermanentError, TransientError
from shared.retry import RetryPolicy, retry

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

log = logging.getLogger(__name__)

_RRF = 60
_BEST = 2 / (_RRF + 1)
# Of one document at first: five pieces of one long text are one answer, not five.
_PER_DOCUMENT = 2
# Somebody waits for the answer.
_QUERY_POLICY = RetryPolicy(attempts=2, base=0.2, cap=0.5, deadline=5.0)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in how many pieces, and where: in all kinds and documents, if nothing is said."""

    text: str
    k: int = 10
    kinds: tuple[DocumentKind, ...] = ()
    post_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A piece of a document.

    Attributes:
        key: its chunk_id.
        score: 0 to 1; 1 is first by meaning and by letters.
        similarity: the cosine of its vector and the query's; None where the model was not asked or does not answer.
        coverage: which part of the query's letters it holds, 0 to 1.
        highlights: where, as (start, end) in characters of `text`.
    """

    key: int
    post_id: str
    kind: DocumentKind
    title: str
    chunk: int
    text: str
    score: float
    similarity: float | None
    coverage: float
    highlights: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave; `degraded` when only letters were compared, because the model does not answer."""

    hits: list[Hit]
    degraded: bool


async def search(database: Transactions, model: EmbeddingModel, owner: str, query: Query) -> Found:
    """The best pieces of the owner's documents, best first.

    Raises:
        UnavailableError: PostgreSQL is away.
    """
    vectors = await query_vectors(model, [query.text])
    vector = vectors[0] if vectors else None

    def look(cursor: Cursor) -> list[Hit]:
        see_one_moment(cursor)
        return ranked(cursor, owner, query, vector, model.name)

    return Found(await database.run(look), degraded=vector is None)


def see_one_moment(cursor: Cursor) -> None:
    """The first statement of a transaction that searches: the next ones see the same.

    Else a document whose chunks are replaced between two of them would be found and then missing.
    """
    cursor.execute("set transaction isolation level repeatable read, read only")


def ranked(cursor: Cursor, owner: str, query: Query, vector: Vector | None, model: str) -> list[Hit]:
    """As `search`, with the query's vector; None: by letters alone."""
    wanted = Wanted(owner, [kind.value for kind in query.kinds] or None, query.post_id)
    terms = query_terms(query.text)
    held = holdings(cursor, owner)
    near = by_vector(cursor, wanted, vector, model, held) if vector is not None else {}
    alike = by_letters(cursor, wanted, terms, held) if terms else []
    scores = fused([list(near), alike])
    chosen = spread(_documents(cursor, list(scores)), query.k)
    rows = _rows(cursor, chosen)
    return [_hit(rows[key], scores[key], near.get(key), terms) for key in chosen]


def fused(lists: Sequence[Sequence[int]]) -> dict[int, float]:
    """Score by key, best first, equal ones in the order of the lists; 1 is first in two lists."""
    scores: dict[int, float] = {}
    for keys in lists:
        for rank, key in enumerate(keys, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (_RRF + rank) / _BEST
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def spread(keys: Sequence[tuple[int, str]], k: int) -> list[int]:
    """The first `k`, at most two of a document as long as others have something to say."""
    seen: Counter[str] = Counter()
    first: list[int] = []
    later: list[int] = []
    for key, post_id in keys:
        (first if seen[post_id] < _PER_DOCUMENT else later).append(key)
        seen[post_id] += 1
    return [*first, *later][:k]


def _documents(cursor: Cursor, keys: list[int]) -> list[tuple[int, str]]:
    """Each chunk's document, in the order of the keys."""
    cursor.execute("select chunk_id, post_id from document_chunks where chunk_id = any(%s)", (keys,))
    found = {row["chunk_id"]: row["post_id"] for row in cursor.fetchall()}
    return [(key, found[key]) for key in keys if key in found]


def _rows(cursor: Cursor, keys: list[int]) -> dict[int, dict[str, Any]]:
    cursor.execute(
        """select chunk_id, post_id, document_chunks.kind, chunk, text, title
           from document_chunks join documents using (owner, post_id) where chunk_id = any(%s)""",
        (keys,),
    )
    return {row["chunk_id"]: dict(row) for row in cursor.fetchall()}


def _hit(row: dict[str, Any], score: float, similarity: float | None, terms: list[str]) -> Hit:
    return Hit(
        key=row["chunk_id"],
        post_id=row["post_id"],
        kind=DocumentKind(row["kind"]),
        title=row["title"],
        chunk=row["chunk"],
        text=row["text"],
        score=round(score, 6),
        similarity=similarity,
        coverage=coverage(terms, f"{row['title']}\n{row['text']}"),
        highlights=highlights(terms, row["text"]),
    )


async def query_vectors(
    model: EmbeddingModel, texts: Sequence[str], meter: Meter | None = None
) -> list[Vector]:
    """The vectors of what is looked for; none when the model does not answer soon, or refuses.

    Args:
        model: makes them.
        texts: what is looked for.
        meter: takes the cost; None: nobody's, as of a search.
    """
    try:
        return await retry(lambda: model.embed(texts, meter or Meter()), _QUERY_POLICY)
    except (TransientError, PermanentError) as error:
        log.warning("search by letters alone", extra={"code": error.code, "reason": error.message})
        return []
