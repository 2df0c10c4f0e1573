"""What a chunk costs PostgreSQL when it is stored: all of them in the index of vectors, as before, or few of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name
from psycopg2.extras import RealDictCursor as Cursor

from bench.search.corpus import texts
from bench.search.library import MODEL
from bench.spread import Spread
from generation.documents import repository
from generation.documents.repository import Source
from generation.documents.requests import Document
from generation.documents.vectors import halves, packed
from local.standins.embeddings import embed

_CHUNKS = 100
_TIMES = 5
_SEED = 9_000_000
# Each in a table beside the real one, with the chunks of small shops; the product's own statements find it first.
_INDEXES: Mapping[str, Sequence[str]] = {
    "before": ("hnsw (embedding halfvec_cosine_ops)",),
    "now": ("hnsw (embedding halfvec_cosine_ops) where walked", "btree (owner) where not walked"),
}

_SIZE = """
    select (select count(*) from document_chunks) as chunks, sum(pg_relation_size(indexrelid)) / 1e6 as size
    from pg_index
    where indrelid = 'document_chunks'::regclass
      and (indpred is not null or pg_get_indexdef(indexrelid) like '%USING hnsw%')"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One way to store a chunk.

    Attributes:
        chunks: how many are there already.
        size: megabytes of 10^6 bytes: the index of vectors, and of those that are not in it.
        cost: milliseconds of the server's processor for one chunk more, of some runs; without what the index of letters
            puts off (PostgreSQL docs, "GIN Fast Update Technique").
    """

    chunks: int
    size: float
    cost: Spread


def compare(connection: Connection, large: str, few: Sequence[str]) -> dict[str, Stored]:
    """A new shop's chunks among those of small shops, before and now; and more of a shop that has many.

    Args:
        connection: to a filled database, whose server runs on this machine.
        large: the owner of many.
        few: the owners of few.
    """
    found = {}
    for name, indexes in _INDEXES.items():
        with _beside(connection, indexes, few):
            found[f"{name}, a new shop"] = _stored(connection, "new", "beside, public")
    found["now, a shop with many"] = _stored(connection, large, "public")
    return found


@contextmanager
def _beside(connection: Connection, indexes: Sequence[str], few: Sequence[str]) -> Iterator[None]:
    with connection, connection.cursor() as cursor:
        cursor.execute("set local maintenance_work_mem = '1GB'; create schema beside")
        cursor.execute("set local search_path = beside, public")
        cursor.execute(
            "create table document_chunks (like public.document_chunks including all excluding indexes)"
        )
        cursor.execute(
            """insert into document_chunks overriding system value
               select * from public.document_chunks where owner = any(%s)""",
            (list(few),),
        )
        for how in ("btree (owner, post_id, chunk)", "btree (chunk_id)", "gin (bigrams)", *indexes):
            cursor.execute(f"create index on document_chunks using {how}")
        cursor.execute("analyze document_chunks")
    try:
        yield
    finally:
        with connection, connection.cursor() as cursor:
            cursor.execute("drop schema beside cascade")


def _stored(connection: Connection, owner: str, path: str) -> Stored:
    with connection, connection.cursor(cursor_factory=Cursor) as cursor:
        cursor.execute(f"set local search_path = {path}")
        cursor.execute(_SIZE)
        row: Mapping[str, Any] = cursor.fetchone() or {}
    runs = [_cost(connection, owner, path, number) for number in range(-1, _TIMES)]
    return Stored(row["chunks"], float(row["size"]), Spread.of(runs[1:]))


def _cost(connection: Connection, owner: str, path: str, number: int) -> float:
    """Of one document with so many chunks, written as an embedding task writes it, and not kept."""
    pieces = [text.content for text in texts(_SEED + number, _CHUNKS)]
    vectors = halves(packed([embed(piece) for piece in pieces]))
    document = Document(post_id="stored", title="저장", content=pieces[0])
    source = Source(document.post_id, document.kind, document.title, document.content, 1)
    try:
        with connection.cursor(cursor_factory=Cursor) as cursor:
            cursor.execute(f"set local search_path = {path}")
            repository.locked(cursor, owner, document.post_id)
            repository.store(cursor, owner, document, version=1, sha256="x", task_id=None)
            pid = connection.get_backend_pid()
            began = _processor_ms(pid)
            repository.replace_chunks(cursor, owner, source, "x", texts=pieces, vectors=vectors, model=MODEL)
            return (_processor_ms(pid) - began) / len(pieces)
    finally:
        connection.rollback()


def _processor_ms(pid: int) -> float:
    """What a process has used so far (proc_pid_schedstat in proc(5))."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6
