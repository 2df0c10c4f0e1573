"""The two ways to find chunks, each bounded in what it reads: an owner may have a dozen chunks or a hundred thousand.

What is not asked for is null, and the planner drops its condition: psycopg2 writes values into the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.documents.letters import tsquery
from generation.documents.vectors import Vector, literal

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

CANDIDATES = 50
# So many chunks are ranked by letters in a few milliseconds; of more, only those with the query's rarest ones are.
_RANKED = 1000

_NEAREST = """
    with nearest as materialized (
        select chunk_id, embedding <=> %(vector)s::halfvec as distance from document_chunks
        where owner = %(owner)s and model = %(model)s
          and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
          and (%(post_id)s::text is null or post_id = %(post_id)s)
        order by distance limit %(limit)s)
    select chunk_id, 1 - distance as similarity from nearest order by distance, chunk_id"""

_ALIKE = """
    select chunk_id from document_chunks
    where owner = %(owner)s and bigrams @@ %(any)s::tsquery
      and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
      and (%(post_id)s::text is null or post_id = %(post_id)s)
    order by ts_rank(bigrams, %(any)s::tsquery) desc, chunk_id limit %(limit)s"""

_ALIKE_OF_MANY = """
    with held as (
        (select chunk_id, bigrams from document_chunks
         where owner = %(owner)s and bigrams @@ %(all)s::tsquery
           and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
           and (%(post_id)s::text is null or post_id = %(post_id)s)
         limit %(ranked)s)
        union all
        (select chunk_id, bigrams from document_chunks
         where owner = %(owner)s and bigrams @@ %(rare)s::tsquery
           and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
           and (%(post_id)s::text is null or post_id = %(post_id)s)
         limit %(ranked)s))
    select chunk_id from held group by chunk_id
    order by max(ts_rank(bigrams, %(any)s::tsquery)) desc, chunk_id limit %(limit)s"""

_FREQUENT = """
    select term, frequency, (select reltuples from pg_class where oid = 'document_chunks'::regclass) as chunks
    from pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) as common (term, frequency)
    where schemaname = current_schema and tablename = 'document_chunks' and attname = 'bigrams'
      and term = any(%s)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose chunks, and which of them; None: all."""

    owner: str
    kinds: list[str] | None = None
    post_id: str | None = None

    def values(self, **more: Any) -> dict[str, Any]:
        """The parameters of the statements above."""
        return {
            "owner": self.owner,
            "kinds": self.kinds,
            "post_id": self.post_id,
            "limit": CANDIDATES,
            **more,
        }


def by_vector(cursor: Cursor, wanted: Wanted, vector: Vector, model: str) -> dict[int, float]:
    """chunk_id -> cosine similarity of the nearest chunks, nearest first.

    PostgreSQL reads an owner's few chunks one by one and walks the HNSW index for many; then it goes on until enough
    are the owner's (pgvector 0.8, "Iterative Index Scans").
    """
    cursor.execute("set local hnsw.iterative_scan = relaxed_order; set local hnsw.ef_search = 100")
    cursor.execute(_NEAREST, wanted.values(vector=literal(vector), model=model))
    return {row["chunk_id"]: row["similarity"] for row in cursor.fetchall()}


def by_letters(cursor: Cursor, wanted: Wanted, terms: list[str]) -> list[int]:
    """chunk_ids of those that hold most of the terms, best first."""
    any_of = tsquery(terms, "|")
    if _has_few(cursor, wanted.owner):
        cursor.execute(_ALIKE, wanted.values(any=any_of))
    else:
        # The planner takes a limit for a reason to read the table from its start.
        cursor.execute("set local enable_seqscan = off")
        rare, all_of = tsquery(_rarest(cursor, terms), "|"), tsquery(terms, "&")
        cursor.execute(_ALIKE_OF_MANY, wanted.values(any=any_of, all=all_of, rare=rare, ranked=_RANKED))
    return [row["chunk_id"] for row in cursor.fetchall()]


def _has_few(cursor: Cursor, owner: str) -> bool:
    cursor.execute(
        """select count(*) as chunks from (select from document_chunks where owner = %s limit %s) as counted""",
        (owner, _RANKED + 1),
    )
    row = cursor.fetchone()
    return row is not None and row["chunks"] <= _RANKED


def _rarest(cursor: Cursor, terms: list[str]) -> list[str]:
    """The terms that few chunks hold, by PostgreSQL's own statistics; always the rarest one."""
    cursor.execute(_FREQUENT, (terms,))
    rows = {row["term"]: row["frequency"] * row["chunks"] for row in cursor.fetchall()}
    found: list[str] = []
    expected = 0.0
    for term in sorted(terms, key=lambda term: rows.get(term, 0.0)):
        expected += rows.get(term, 0.0)
        if found and expected > _RANKED:
            break
        found.append(term)
    return found
