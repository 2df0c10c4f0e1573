"""How long a search takes: its part in the database, and the whole call of the API."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name
from psycopg2.extras import RealDictCursor

from bench.errors import BenchError
from bench.search.corpus import question
from bench.search.library import MODEL, Shop, part_of
from generation.documents.candidates import Wanted, by_vector, holdings
from generation.documents.search import Query, ranked
from generation.documents.vectors import literal
from local.standins.embeddings import embed


@dataclass(frozen=True, slots=True)
class Times:
    """Of some searches, in milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Their median and 95th percentile."""
        return cls(1000 * statistics.median(seconds), 1000 * statistics.quantiles(seconds, n=20)[-1])


def questions(shop: Shop, count: int, seed: int) -> list[str]:
    """What customers of a shop ask; each round asks something else, so that nothing is in a cache by then."""
    source = random.Random(f"{shop.owner} {seed}")
    documents = list(part_of(shop, 0, min(shop.chunks, 2500)))
    return [question(source, source.choice(documents)) for _ in range(count)]


def in_database(connection: Connection, shop: Shop, asked: Sequence[str]) -> Times:
    """Everything GET /search does in PostgreSQL, and the scoring of what comes back."""

    def search(text: str) -> float:
        vector = embed(text)
        began = time.perf_counter()
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            ranked(cursor, shop.owner, Query(text), vector, MODEL)
        return time.perf_counter() - began

    return Times.of([search(text) for text in asked])


def by_api(functions_url: str, tokens: Callable[[str], str], shop: Shop, asked: Sequence[str]) -> Times:
    """GET /api/search from the first byte sent to the last received, on one connection, one after the other.

    Raises:
        BenchError: it answers anything but 200 with hits.
    """
    address = urlsplit(functions_url).netloc
    headers = {"Authorization": f"Bearer {tokens(shop.owner)}"}
    connection = http.client.HTTPConnection(address, timeout=30)

    def search(text: str) -> float:
        began = time.perf_counter()
        connection.request("GET", f"/api/search?q={quote(text)}&k=10", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != http.HTTPStatus.OK or not json.loads(body):
            raise BenchError(f"search answered {answer.status}: {body[:300]!r}")
        if answer.getheader("Search-Degraded"):
            raise BenchError("search did without the embedding model")
        return took

    try:
        return Times.of([search(text) for text in asked])
    finally:
        connection.close()


def agreement(connection: Connection, shop: Shop, asked: Sequence[str], among: int = 10) -> float:
    """Which part of the truly nearest chunks is found, where the index is walked."""
    shares = []
    for text in asked:
        vector = embed(text)
        with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            held = holdings(cursor, shop.owner)
            found = list(by_vector(cursor, Wanted(shop.owner), vector, MODEL, held))[:among]
            cursor.execute(
                """select chunk_id from (select chunk_id, embedding <=> %s::halfvec as distance
                       from document_chunks where owner = %s offset 0) as compared
                   order by distance limit %s""",
                (literal(vector), shop.owner, among),
            )
            nearest = {row["chunk_id"] for row in cursor.fetchall()}
            shares.append(len(nearest.intersection(found)) / among)
    return statistics.fmean(shares)
