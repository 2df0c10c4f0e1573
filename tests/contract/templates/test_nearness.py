"""A page that is recommended: compared with the library once, paid for once, and made all the same without."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from generation.pages.pipeline import PagePipeline
from generation.ports import Meter
from generation.tasks.model import TaskKind
from generation.tasks.runner import TaskRunner
from generation.templates.nearness import ProductNearness
from shared.db.pool import Database
from shared.errors import AppError, PermanentError
from tests.contract.pages.kitchen import Kitchen

PRICE = 0.0005


@dataclass
class Embedder:
    """Vectors that put `기본` nearest to every product."""

    error: AppError | None = None
    texts: list[int] = field(default_factory=list)
    name: str = "fake"

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[list[float]]:
        """Unit vectors."""
        self.texts.append(len(texts))
        if self.error:
            raise self.error
        meter.add(usd=PRICE, input_tokens=1)
        return [[1.0, 0.0] if "기본" in text else [0.6, 0.8] for text in texts]


@dataclass
class ComparingKitchen(Kitchen):
    """A kitchen whose pages are compared with the library."""

    embedder: Embedder = field(default_factory=Embedder)

    def runner(self) -> TaskRunner:
        """As any kitchen's, with nearness."""
        nearness = ProductNearness(self.embedder, self.templates)
        pages = PagePipeline(self.text, self.pictures, None, self.templates, self.related, nearness)
        return TaskRunner(
            database=self.database,
            publisher=self.publisher,
            queues=self.queues,
            handlers={TaskKind.PAGE: pages},
            settings=self.settings,
        )


def paid(kitchen: ComparingKitchen, row: dict[str, Any], *, embeddings: int) -> bool:
    """Whether the task cost what its calls did."""
    calls = 0.001 * len(kitchen.text.requests) + 0.04 * len(kitchen.images.prompts)
    return float(row["usd"]) == pytest.approx(calls + PRICE * embeddings)


async def test_a_recommended_page_is_compared_once(library: Database, database: Database) -> None:
    """One call, whose cost is the task's; a second run takes the answer from the store."""
    kitchen = ComparingKitchen(database)
    kitchen.text.errors["plan"] = [PermanentError("no", code="model_refused")]
    task_id = await kitchen.submit()
    assert (await kitchen.run(task_id))["status"] == "failed"
    await kitchen.submitter.retry(task_id, "seller")
    row = await kitchen.run(task_id)

    assert (row["status"], row["percent"], row["warnings"]) == ("completed", 100, [])
    assert len(kitchen.embedder.texts) == 1
    assert kitchen.embedder.texts[0] > len((await kitchen.page(row)).blocks)
    assert paid(kitchen, row, embeddings=1)


async def test_a_page_does_without_the_embedding_model(library: Database, database: Database) -> None:
    """No quota for embeddings: the same blocks, no warning."""
    with_model, without = (
        ComparingKitchen(database, embedder=Embedder(error))
        for error in (None, PermanentError("no quota", code="quota_exhausted"))
    )
    rows = [await kitchen.run(await kitchen.submit()) for kitchen in (with_model, without)]
    assert [(row["status"], row["warnings"]) for row in rows] == [("completed", [])] * 2
    documents = [await with_model.page(row) for row in rows]
    assert [one.template_id for one in documents[0].blocks] == [
        one.template_id for one in documents[1].blocks
    ]
    assert paid(without, rows[1], embeddings=0)


async def test_nothing_is_compared_where_the_seller_chose(library: Database, database: Database) -> None:
    """No call for a set or templates by name."""
    kitchen = ComparingKitchen(database)
    row = await kitchen.run(await kitchen.submit(template_set_id="general-basic"))
    assert row["status"] == "completed"
    assert kitchen.embedder.texts == []
