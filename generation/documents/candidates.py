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
# Comparing every vector of an owner takes n times 4 us. The HNSW index is everybody's: to meet 50 of the owner's n
# among N it visits 50 N / n, at up to 40 us each. Up to n * n = 500 N the first is faster, and it misses nothing.
_EXACT = 500

_OWNERS = """
    with size as (select greatest(reltuples, 0) as total from pg_class where oid = 'document_chunks'::regclass)
    select size.total as total, (select count(*) from (
        select from document_chunks where owner = %(owner)s
        limit (1 + greatest(%(ranked)s, sqrt(%(exact)s * size.total)))::bigint) as counted) as owned from size"""

_DISTANCES = """
    select chunk_id, embedding <=> %(vector)s::halfvec as distance from document_chunks
    where owner = %(owner)s and model = %(model)s
      and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
      and (%(post_id)s::text is null or post_id = %(post_id)s)"""

_BY_INDEX = f"""
    with nearest as materialized ({_DISTANCES} order by distance limit %(limit)s)
    select chunk_id, 1 - distance as similarity from nearest order by distance, chunk_id"""  # noqa: S608  our own words

_BY_COMPARISON = f"""
    with distances as materialized ({_DISTANCES})
    select chunk_id, 1 - distance as similarity from distances
    order by distance, chunk_id limit %(limit)s"""  # noqa: S608  our own words

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
    select term, frequency
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


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many chunks there are, by PostgreSQL's estimate, and how many of them are the owner's.

    `owned` is counted only as far as it matters to the choice of a way to search.
    """

    total: float
    owned: int

    @property
    def few(self) -> bool:
        """Whether all of the owner's chunks that hold a letter of the query can be ranked."""
        return self.owned <= _RANKED

    @property
    def compared(self) -> bool:
        """Whether all of the owner's vectors are compared, rather than the index walked."""
        return self.few or self.owned**2 <= _EXACT * self.total


def holdings(cursor: Cursor, owner: str) -> Holdings:
    """What an owner has; a millisecond even for the largest."""
    cursor.execute(_OWNERS, {"owner": owner, "ranked": _RANKED, "exact": _EXACT})
    row = cursor.fetchone()
    return Holdings(row["total"], row["owned"]) if row else Holdings(0.0, 0)


def by_vector(cursor: Cursor, wanted: Wanted, vector: Vector, model: str, held: Holdings) -> dict[int, float]:
    """chunk_id -> cosine similarity of the nearest chunks, nearest first.

    Where the index is walked, the walk goes on until enough are the owner's, within pgvector's limit of 20,000 others
    (pgvector 0.8, "Iterative Index Scans"); if that was too few, for a filter that little passes, all are compared.
    """
    values = wanted.values(vector=literal(vector), model=model)
    if not held.compared and wanted.post_id is None:
        cursor.execute("set local hnsw.iterative_scan = relaxed_order; set local hnsw.ef_search = 100")
        if len(found := _similarities(cursor, _BY_INDEX, values)) == CANDIDATES:
            return found
    return _similarities(cursor, _BY_COMPARISON, values)


def _similarities(cursor: Cursor, statement: str, values: dict[str, Any]) -> dict[int, float]:
    cursor.execute(statement, values)
    return {row["chunk_id"]: row["similarity"] for row in cursor.fetchall()}


def by_letters(cursor: Cursor, wanted: Wanted, terms: list[str], held: Holdings) -> list[int]:
    """chunk_ids of those that hold most of the terms, best first."""
    any_of = tsquery(terms, "|")
    if held.few or wanted.post_id is not None:
        cursor.execute(_ALIKE, wanted.values(any=any_of))
    else:
        # The planner takes a limit for a reason to read the table from its start.
        cursor.execute("set local enable_seqscan = off")
        rare, all_of = tsquery(_rarest(cursor, terms, held.total), "|"), tsquery(terms, "&")
        cursor.execute(_ALIKE_OF_MANY, wanted.values(any=any_of, all=all_of, rare=rare, ranked=_RANKED))
    return [row["chunk_id"] for row in cursor.fetchall()]


def _rarest(cursor: Cursor, terms: list[str], total: float) -> list[str]:
    """The terms that few chunks hold, by PostgreSQL's own statistics; always the rarest one."""
    cursor.execute(_FREQUENT, (terms,))
    rows = {row["term"]: row["frequency"] * total for row in cursor.fetchall()}
    found: list[str] = []
    expected = 0.0
    for term in sorted(terms, key=lambda term: rows.get(term, 0.0)):
        expected += rows.get(term, 0.0)
        if found and expected > _RANKED:
            break
        found.append(term)
    return found
