"""The two ways to find chunks, each bounded in what it reads: an owner may have a dozen chunks or a hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.documents.letters import tsquery
from generation.documents.vectors import Vector, literal

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

CANDIDATES = 50
# So many chunks are ranked in a few milliseconds; beyond, only those with the query's rarest letters are.
_RANKED = 1500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose chunks, and which of them; empty: all."""

    owner: str
    kinds: tuple[str, ...] = ()
    post_id: str | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """SQL and its values."""
        sql, values = "owner = %s", [self.owner]
        if self.kinds:
            sql, values = f"{sql} and kind = any(%s)", [*values, list(self.kinds)]  # type: ignore[list-item]
        if self.post_id is not None:
            sql, values = f"{sql} and post_id = %s", [*values, self.post_id]
        return sql, values


def by_vector(cursor: Cursor, wanted: Wanted, vector: Vector, model: str) -> dict[int, float]:
    """chunk_id -> cosine similarity of the nearest chunks, nearest first.

    PostgreSQL reads an owner's few chunks one by one and walks the HNSW index for many; then it goes on until enough
    are the owner's (pgvector 0.8, "Iterative Index Scans").
    """
    condition, values = wanted.condition()
    cursor.execute("set local hnsw.iterative_scan = relaxed_order; set local hnsw.ef_search = 100")
    cursor.execute(
        f"""with nearest as materialized (
                select chunk_id, embedding <=> %s::halfvec as distance from document_chunks
                where {condition} and model = %s order by distance limit %s)
            select chunk_id, 1 - distance as similarity from nearest order by distance, chunk_id""",
        (literal(vector), *values, model, CANDIDATES),
    )
    return {row["chunk_id"]: row["similarity"] for row in cursor.fetchall()}


def by_letters(cursor: Cursor, wanted: Wanted, terms: list[str]) -> list[int]:
    """chunk_ids of those that hold most of the terms, best first."""
    condition, values = wanted.condition()
    any_of = tsquery(terms, "|")
    ranked = f"""select chunk_id, ts_rank(bigrams, %s::tsquery) as rank from document_chunks where {condition}"""
    if not _many(cursor, wanted):
        sql, arguments = f"{ranked} and bigrams @@ %s::tsquery", [any_of, *values, any_of]
    else:
        rare, all_of = tsquery(_rarest(cursor, terms), "|"), tsquery(terms, "&")
        branch = f"(select chunk_id, bigrams from document_chunks where {condition} and bigrams @@ %s::tsquery limit %s)"
        sql = f"select chunk_id, ts_rank(bigrams, %s::tsquery) as rank from ({branch} union all {branch}) as some"
        arguments = [any_of, *values, all_of, _RANKED, *values, rare, _RANKED]
        # The planner takes a limit for a reason to read the table from its start.
        cursor.execute("set local enable_seqscan = off")
    cursor.execute(f"select distinct * from ({sql}) as found order by rank desc, chunk_id limit %s", [*arguments, CANDIDATES])
    return [row["chunk_id"] for row in cursor.fetchall()]
