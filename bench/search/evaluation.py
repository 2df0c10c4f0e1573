"""What search finds: a hundred questions about fifty documents of a shop, each with the document that answers it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name
from psycopg2.extras import RealDictCursor as Cursor

from bench.search.library import MODEL
from generation.documents import repository
from generation.documents.candidates import Wanted, by_letters, by_vector, holdings
from generation.documents.chunking import chunks
from generation.documents.letters import query_terms
from generation.documents.repository import Source
from generation.documents.requests import Document
from generation.documents.search import Query, ranked
from generation.documents.vectors import halves, packed
from local.standins.embeddings import embed

QUESTIONS: dict[str, Any] = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))
OWNER = "evaluation"
_AMONG = 5

type Finder = Callable[[Cursor, str], Sequence[str]]


def take_in(connection: Connection) -> None:
    """Store the documents of the set as an embedding task does."""
    with connection, connection.cursor(cursor_factory=Cursor) as cursor:
        for given in QUESTIONS["documents"]:
            document = Document.model_validate(given)
            digest = document.sha256(MODEL)
            repository.locked(cursor, OWNER, document.post_id)
            repository.store(cursor, OWNER, document, version=1, sha256=digest, task_id=None)
            pieces = chunks(document.content)
            source = Source(document.post_id, document.kind, document.title, document.content, 1)
            vectors = halves(packed([embed(f"{document.title}\n{piece}") for piece in pieces]))
            repository.replace_chunks(
                cursor, OWNER, source, digest, texts=pieces, vectors=vectors, model=MODEL
            )
        cursor.execute("analyze document_chunks")


def recall(connection: Connection, find: Finder) -> float:
    """Of the questions, how many have their document among the first five."""
    found = 0
    for question in QUESTIONS["queries"]:
        with connection, connection.cursor(cursor_factory=Cursor) as cursor:
            found += question["post_id"] in find(cursor, question["q"])
    return found / len(QUESTIONS["queries"])


def fused(cursor: Cursor, text: str) -> list[str]:
    """The documents GET /search answers with."""
    return [hit.post_id for hit in ranked(cursor, OWNER, Query(text, _AMONG), embed(text), MODEL)]


def letters_alone(cursor: Cursor, text: str) -> list[str]:
    """The documents that hold the most letters of the question."""
    held = holdings(cursor, OWNER)
    return _documents(cursor, by_letters(cursor, Wanted(OWNER), query_terms(text), held))


def vectors_alone(cursor: Cursor, text: str) -> list[str]:
    """The documents nearest to the question."""
    held = holdings(cursor, OWNER)
    return _documents(cursor, list(by_vector(cursor, Wanted(OWNER), embed(text), MODEL, held)))


def _documents(cursor: Cursor, keys: list[int]) -> list[str]:
    cursor.execute(
        """select post_id from unnest(%s) with ordinality as hits (chunk_id, place)
           join document_chunks using (chunk_id) order by place limit %s""",
        (keys, _AMONG),
    )
    return [row["post_id"] for row in cursor.fetchall()]
