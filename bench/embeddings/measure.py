"""Documents a second of one worker, beside what the model's latency alone would allow."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from bench.embeddings.ideal import Intake, intake, least_seconds
from bench.embeddings.load import Embedded, Load, embed_all
from bench.embeddings.stack import bench_stack
from bench.machine import installed_versions
from bench.result import Bar, Measurement, Result, Table
from bench.spread import Spread

IDEAL_BAR = Bar("at least", 0.9)

# A seller's questions, reviews and posts come by the hundred; a long guide is rare. A call takes a second with a batch
# of texts, a quarter to a half with one. The bar is held against the first, where the calls are what takes time.
LOADS = (
    Load("questions and reviews, 1 s a call", 256, 1, 1.0),
    Load("posts, 1 s a call", 128, 10, 1.0),
    Load("guides, 1 s a call", 32, 90, 1.0),
    Load("questions and reviews, 0.5 s a call", 256, 1, 0.5),
    Load("questions and reviews, 0.25 s a call", 256, 1, 0.25),
)
_PACKAGES = ("azure-functions-runtime", "psycopg2-binary", "openai", "aiohttp", "azure-eventhub")


def run(*, runs: int = 7) -> Result:
    """Give the worker each load `runs` times, after one that warms it up.

    Raises:
        BenchError: the stack does not come up, or documents are not embedded.
    """
    with bench_stack() as stack:
        embed_all(stack, LOADS[0], -1)
        made = {load.name: list[Embedded]() for load in LOADS}
        for number in range(runs):
            for load in LOADS:
                made[load.name].append(embed_all(stack, load, number))
    return result_of(made, intake())


def result_of(made: Mapping[str, Sequence[Embedded]], how: Intake) -> Result:
    """The share of the ideal, by load; the bar is held against the first."""
    first = LOADS[0]
    measurements = (
        Measurement(
            f"documents a second: {first.name}",
            "1/s",
            Spread.of(first.count / each.seconds for each in made[first.name]),
            Spread.of([first.count / ideal_seconds(first, how)]),
        ),
        *(
            Measurement(
                f"share of the ideal: {load.name}",
                "",
                Spread.of(ideal_seconds(load, how) / each.seconds for each in made[load.name]),
                bar=IDEAL_BAR if load is first else None,
            )
            for load in LOADS
        ),
        Measurement(
            f"worker's CPU for a document: {first.name}",
            "ms",
            Spread.of(1000 * each.cpu / first.count for each in made[first.name]),
        ),
    )
    return Result(
        "embeddings", "latency alone", measurements, (loads_table(made, how),), installed_versions(_PACKAGES)
    )


def ideal_seconds(load: Load, how: Intake) -> float:
    """Of a load whose documents each take one call: a hundred and twenty-eight chunks go into one."""
    return least_seconds([load.latency] * load.count, how)


def loads_table(made: Mapping[str, Sequence[Embedded]], how: Intake) -> Table:
    """What each load was, medians."""
    rows = []
    for load in LOADS:
        runs = made[load.name]
        texts = [sum(each.calls) / load.count for each in runs]
        calls = [len(each.calls) / load.count for each in runs]
        rows.append(
            (
                load.name,
                str(load.count),
                f"{statistics.median(texts):.1f}",
                f"{statistics.median(calls):.2f}",
                f"{load.count / statistics.median(each.seconds for each in runs):.1f}",
                f"{load.count / ideal_seconds(load, how):.1f}",
                f"{1000 * statistics.median(each.cpu for each in runs) / load.count:.1f}",
                f"{statistics.median(sum(each.calls) / each.seconds for each in runs):.0f}",
            )
        )
    columns = (
        "documents",
        "sent",
        "chunks each",
        "calls each",
        "1/s",
        "ideal 1/s",
        "CPU ms each",
        "chunks/s",
    )
    at_once = how.batch + how.threshold
    title = f"{how.batch} messages at once, at most {at_once} in hand"
    return Table(title, columns, tuple(rows))
