"""Chunks in PostgreSQL as embedding tasks would leave them, put there fast: COPY first, indexes after."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import psycopg2

from bench.search.corpus import Text, texts
from generation.documents.letters import document_terms
from generation.documents.vectors import literal
from generation.documents.walked import COMPARED
from local.standins.embeddings import embed

MODEL = "text-embedding-3-small"
_AT_ONCE = 2500
_INDEXES = {
    "document_chunks_by_bigrams": "gin (bigrams)",
    "document_chunks_walked": "hnsw (embedding halfvec_cosine_ops) where walked",
}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Shop:
    """A user with so many documents of one chunk each; `seed` says which."""

    owner: str
    seed: int
    chunks: int


def fill(database_url: str, shops: Sequence[Shop]) -> None:
    """Give the shops their documents, on all cores, then build the indexes and the statistics."""
    jobs = [
        (database_url, shop, start, min(_AT_ONCE, shop.chunks - start))
        for shop in shops
        for start in range(0, shop.chunks, _AT_ONCE)
    ]
    run(database_url, *(f"drop index {name}" for name in _INDEXES))
    with ProcessPoolExecutor(os.process_cpu_count()) as workers:
        list(workers.map(_copy_part, jobs))
    built = (f"create index {name} on document_chunks using {how}" for name, how in _INDEXES.items())
    run(database_url, "set maintenance_work_mem = '1GB'", *built, "vacuum analyze document_chunks, documents")


def run(database_url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def part_of(shop: Shop, start: int, count: int) -> Iterable[Text]:
    """Some of a shop's documents."""
    return texts(shop.seed + start, count)


def _copy_part(job: tuple[str, Shop, int, int]) -> None:
    database_url, shop, start, count = job
    documents, chunks = io.StringIO(), io.StringIO()
    for number, text in enumerate(part_of(shop, start, count), start=start):
        whole = f"{text.title}\n{text.content}"
        post_id, title, content = (
            f"p{number}",
            text.title.translate(_ESCAPES),
            text.content.translate(_ESCAPES),
        )
        documents.write(
            f"{shop.owner}\t{post_id}\t1\t{text.kind}\t{title}\t{content}\tx\tx\tnow\t1\t{MODEL}\n"
        )
        terms = " ".join(f"'{term}'" for term in document_terms(whole))
        vector = literal(embed(whole))
        chunks.write(
            f"{shop.owner}\t{post_id}\t0\t{text.kind}\t{content}\t{terms}\t{MODEL}\t{vector}\t{number >= COMPARED}\n"
        )
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        _copy(
            cursor,
            "documents (owner, post_id, version, kind, title, content, content_sha256, embedded_sha256,"
            " embedded_at, chunks, model)",
            documents,
        )
        _copy(
            cursor,
            "document_chunks (owner, post_id, chunk, kind, text, bigrams, model, embedding, walked)",
            chunks,
        )
    connection.close()


def _copy(cursor: psycopg2.extensions.cursor, table: str, rows: io.StringIO) -> None:
    rows.seek(0)
    cursor.copy_expert(f"copy {table} from stdin", rows)
