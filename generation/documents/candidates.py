"""The two ways to find chunks, each bounded in what it reads: an owner may have a dozen chunks or a hundred thousand.

What is not asked for is null, and the planner drops its condition: psycopg2 writes values into the statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.documents.letters import tsquery
from generation.documents.vectors import Vector, literal

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

CANDIDATES = 50
# So many chunks are ranked by letters in a few milliseconds; of more, only those with the query's rarest ones are.
_RANKED = 1000
# Comparing w vectors of an owner takes w times 4 us. The HNSW index is everybody's: to meet 50 of those w among N it
# visits 50 N / w, at up to 40 us each. Up to w * w = 500 N the first is faster, and it misses nothing. What is not in
# the index (generation/documents/walked.py) is compared either way.
_EXACT = 500

_OWNERS = """
    with size as materialized (
        select (select greatest(reltuples, 0) from pg_class where oid = to_regclass('document_chunks')) as total,
               (select count(*) from document_chunks where owner = %(owner)s and not walked) as others,
               coalesce((select greatest(reltuples, 0) from pg_class
                         where oid = to_regclass('document_chunks_walked')), 0) as indexed)
    select total, indexed, others, (select count(*) from (
        select from document_chunks where owner = %(owner)s
        limit (1 + greatest(%(ranked)s, others + sqrt(%(exact)s * indexed)))::bigint) as counted) as owned
    from size"""

# The planner takes a large owner's share of all chunks for his share of those that are not in the index.
_WALK = """
    set local hnsw.iterative_scan = relaxed_order;
    set local hnsw.ef_search = 100;
    set local enable_seqscan = off"""

_DISTANCES = """
    select chunk_id, embedding <=> %(vector)s::halfvec as distance from document_chunks
    where owner = %(owner)s and model = %(model)s
      and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[]))
      and (%(post_id)s::text is null or post_id = %(post_id)s)"""

_BY_INDEX = f"""
    with met as materialized ({_DISTANCES} and walked order by distance limit %(limit)s),
         others as materialized ({_DISTANCES} and not walked)
    select chunk_id, 1 - distance as similarity, (select count(*) from met) as met
    from (select * from met union all select * from others) as distances
    order by distance, chunk_id limit %(limit)s"""  # noqa: S608  our own words

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
    """How many chunks there are, and how many of them are the owner's.

    Attributes:
        total: by PostgreSQL's estimate.
        owned: counted only as far as it matters to the choice of a way to search.
        indexed: those in the HNSW index, by PostgreSQL's estimate.
        walked: the owner's of these, counted as `owned`.
    """

    total: float
    owned: int
    indexed: float
    walked: int

    @property
    def few(self) -> bool:
        """Whether all of the owner's chunks that hold a letter of the query can be ranked."""
        return self.owned <= _RANKED

    @property
    def compared(self) -> bool:
        """Whether all of the owner's vectors are compared, rather than the index walked."""
        return self.few or self.walked**2 <= _EXACT * self.indexed


def holdings(cursor: Cursor, owner: str) -> Holdings:
    """What an owner has; a millisecond even for the largest."""
    cursor.execute(_OWNERS, {"owner": owner, "ranked": _RANKED, "exact": _EXACT})
    row = cursor.fetchone()
    if row is None:
        return Holdings(0.0, 0, 0.0, 0)
    return Holdings(row["total"], row["owned"], row["indexed"], row["owned"] - row["others"])


def by_vector(cursor: Cursor, wanted: Wanted, vector: Vector, model: str, held: Holdings) -> dict[int, float]:
    """chunk_id -> cosine similarity of the nearest chunks, nearest first.

    Where the index is walked, what is not in it is compared beside it. The walk goes on until enough are the owner's,
    within pgvector's limit of 20,000 others (pgvector 0.8, "Iterative Index Scans"); if that was too few, for a filter
    that little passes, all are compared.
    """
    values = wanted.values(vector=literal(vector), model=model)
    if not held.compared and wanted.post_id is None:
        cursor.execute(_WALK)
        cursor.execute(_BY_INDEX, values)
        rows = cursor.fetchall()
        if rows and rows[0]["met"] == CANDIDATES:
            return _similarities(rows)
    cursor.execute(_BY_COMPARISON, values)
    return _similarities(cursor.fetchall())


def _similarities(rows: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    return {row["chunk_id"]: row["similarity"] for row in rows}


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
