"""Half precision beside single: room on disk, what is found, how long that takes, and how long building the index."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name

from bench.search.corpus import texts
from bench.search.latency import questions
from bench.search.library import Shop
from generation.documents.vectors import Vector
from local.standins.embeddings import embed

TYPES = ("halfvec", "vector")
_AMONG = 10
_SHOP = Shop("precision", 7_000_000, 5000)
_ASKED = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """One type of vector.

    Attributes:
        table, index: megabytes of 10^6 bytes.
        build: seconds.
        search: milliseconds, median, by the index.
        same: which part of the ten nearest in single precision, compared one by one, is found when halves are compared
            one by one.
        found: the same, by the index.
    """

    table: float
    index: float
    build: float
    search: float
    same: float
    found: float


def compare(connection: Connection) -> dict[str, Kept]:
    """Both types with the same texts; the tables are gone afterwards."""
    vectors = [embed(f"{text.title}\n{text.content}") for text in texts(_SHOP.seed, _SHOP.chunks)]
    asked = [embed(text) for text in questions(_SHOP, _ASKED, 0)]
    for name in TYPES:
        _fill(connection, name, vectors)
    truth = [_nearest(connection, "vector", vector, exact=True)[0] for vector in asked]
    found = {name: _measured(connection, name, asked, truth) for name in TYPES}
    with connection, connection.cursor() as cursor:
        cursor.execute(f"drop table {', '.join(_table(name) for name in TYPES)}")
    return found


def _fill(connection: Connection, name: str, vectors: Sequence[Vector]) -> None:
    rows = io.StringIO("".join(f"[{','.join(map(repr, vector))}]\n" for vector in vectors))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"create table {_table(name)} (id bigint generated always as identity, embedding {name}(1536))"
        )
        cursor.copy_expert(f"copy {_table(name)} (embedding) from stdin", rows)


def _measured(connection: Connection, name: str, asked: Sequence[Vector], truth: Sequence[set[int]]) -> Kept:
    exact = [_nearest(connection, name, vector, exact=True)[0] for vector in asked]
    began = time.perf_counter()
    with connection, connection.cursor() as cursor:
        cursor.execute("set local maintenance_work_mem = '1GB'")
        cursor.execute(f"create index on {_table(name)} using hnsw (embedding {name}_cosine_ops)")
    build = time.perf_counter() - began
    for vector in asked:  # once to warm up
        _nearest(connection, name, vector)
    walked = [_nearest(connection, name, vector) for vector in asked]
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_table_size(%(t)s) / 1e6, pg_indexes_size(%(t)s) / 1e6", {"t": _table(name)})
        table, index = cursor.fetchone() or (0, 0)
    return Kept(
        table=float(table),
        index=float(index),
        build=build,
        search=1000 * statistics.median(took for _, took in walked),
        same=_share(exact, truth),
        found=_share([ids for ids, _ in walked], truth),
    )


def _nearest(
    connection: Connection, name: str, vector: Vector, *, exact: bool = False
) -> tuple[set[int], float]:
    """The ids of the nearest, and the seconds it took."""
    text = f"[{','.join(map(repr, vector))}]"
    with connection, connection.cursor() as cursor:
        cursor.execute(f"set local enable_indexscan = {'off' if exact else 'on'}")
        cursor.execute("set local enable_seqscan = " + ("on" if exact else "off"))
        cursor.execute("set local hnsw.ef_search = 100")
        began = time.perf_counter()
        cursor.execute(
            f"select id from {_table(name)} order by embedding <=> %s::{name} limit {_AMONG}",  # noqa: S608  our own words
            (text,),
        )
        ids = {row[0] for row in cursor.fetchall()}
    return ids, time.perf_counter() - began


def _share(found: Sequence[set[int]], truth: Sequence[set[int]]) -> float:
    return statistics.fmean(len(one & other) / _AMONG for one, other in zip(found, truth, strict=True))


def _table(name: str) -> str:
    return f"bench_{name}"
