"""How near the library is to a product: one call at most, kept vectors, and never an error."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from generation.ports import Meter
from generation.templates.library_files import read_library
from generation.templates.models import Template, TemplateSet
from generation.templates.nearness import NOTHING_KNOWN, ProductNearness, shares
from shared.errors import AppError, PermanentError, TransientError

LIBRARY = read_library()
PRODUCT = "무향 수분 크림. 화장품. 피부에 얇게 스며드는 젤 크림"


@dataclass
class Letters:
    """An embedding model that counts letters: the same text, the same vector."""

    error: AppError | None = None
    hangs: bool = False
    calls: list[list[str]] = field(default_factory=list)
    name: str = "letters"

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[list[float]]:
        """Unit vectors."""
        self.calls.append(list(texts))
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        meter.add(usd=0.001, input_tokens=len(texts))
        return [self._vector(text) for text in texts]

    @staticmethod
    def _vector(text: str) -> list[float]:
        counts = [0.0] * 64
        for letter in text:
            counts[ord(letter) % 64] += 1
        length = sum(count * count for count in counts) ** 0.5
        return [count / length for count in counts]


class Shelf:
    """The seed library as the repository gives it."""

    async def active(self, category_id: str | None) -> list[Template]:
        """Those of a category and those of all."""
        return [one for one in LIBRARY.templates if one.category_id in {None, category_id}]

    async def active_sets(self) -> list[TemplateSet]:
        """Every set."""
        return list(LIBRARY.sets)


async def test_everything_described_is_compared_in_one_call() -> None:
    """The first page of a worker pays for the library's descriptions, every other one for its own text."""
    model, meter = Letters(), Meter()
    compare = ProductNearness(model, Shelf())
    first = await compare("beauty", PRODUCT, meter)
    again = await compare("beauty", PRODUCT, meter)

    assert first == again
    assert set(first.sets) == {one.template_set_id for one in LIBRARY.sets}
    assert set(first.templates) == {one.template_id for one in await Shelf().active("beauty")}
    assert all(-1.0001 <= cosine <= 1.0001 for cosine in first.templates.values())
    assert [len(texts) for texts in model.calls] == [
        1 + len({*model.calls[0][1:]}),
        1,
    ]
    assert meter.usd == pytest.approx(0.002)


@pytest.mark.parametrize(
    "model",
    [
        Letters(error=TransientError("away", code="model_unreachable")),
        Letters(error=PermanentError("no quota", code="quota_exhausted")),
        Letters(hangs=True),
    ],
    ids=["away", "no quota", "hanging"],
)
async def test_without_the_model_there_is_no_nearness(model: Letters) -> None:
    """One call, no error, no waiting beyond the limit; the page is recommended without."""
    compare = ProductNearness(model, Shelf(), time_limit=0.05)
    async with asyncio.timeout(5):
        assert await compare(None, PRODUCT, Meter()) == NOTHING_KNOWN
    assert len(model.calls) == 1


async def test_a_page_that_is_cancelled_is_not_held_up() -> None:
    """Cancelling goes through."""
    compare = ProductNearness(Letters(hangs=True), Shelf(), time_limit=60)
    running = asyncio.create_task(compare(None, PRODUCT, Meter()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_long_text_is_cut() -> None:
    """What a seller pastes may be long; a call is not."""
    model = Letters()
    await ProductNearness(model, Shelf())(None, "가" * 20_000, Meter())
    assert len(model.calls[0][0]) == 1_000


def test_shares_are_relative() -> None:
    """The nearest is 1, the farthest 0, whatever the model's scale; nothing where they are alike or unknown."""
    assert shares({"a": 0.8, "b": 0.7, "c": 0.75}, "abc") == pytest.approx({"a": 1, "b": 0, "c": 0.5})
    assert shares({"a": 0.8, "b": 0.79}, "ab") == {}
    assert shares({"a": 0.8}, "a") == {}
    assert shares({"a": 0.8, "b": 0.1}, "abc") == {}
