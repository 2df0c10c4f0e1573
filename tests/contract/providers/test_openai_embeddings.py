"""OpenAIEmbeddings on the real openai SDK against the stand-ins: vectors as they are, faults as errors of ours."""

import base64
import math
from array import array
from collections.abc import AsyncIterator
from typing import Any

import pytest

from generation.documents.vectors import DIMENSIONS
from generation.ports import Meter
from generation.providers.openai_embeddings import OpenAIEmbeddings, vectors_of
from local.standins.embeddings import embed
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ModelSettings


def settings(url: str, **changes: Any) -> ModelSettings:
    """Both services at the stand-ins."""
    base = {
        "openai_api_key": "k",
        "openai_base_url": f"{url}/v1",
        "together_api_key": "k",
        "text_timeout": 10,
    }
    return ModelSettings(**{**base, **changes})


@pytest.fixture
async def embeddings(stand_ins: Any) -> AsyncIterator[OpenAIEmbeddings]:
    """The adapter at the stand-ins."""
    adapter = OpenAIEmbeddings(settings(stand_ins.url), DIMENSIONS)
    yield adapter
    await adapter.close()


async def test_vectors_come_in_order_and_are_metered(embeddings: OpenAIEmbeddings, stand_ins: Any) -> None:
    """One call for all texts; unit vectors; tokens and price."""
    meter, texts = Meter(), ["배송은 이틀 걸립니다.", "전자레인지", "wool knit"]
    vectors = await embeddings.embed(texts, meter)
    for text, vector in zip(texts, vectors, strict=True):
        assert vector == pytest.approx(embed(text), abs=1e-6)
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)
    assert (meter.input_tokens > 0, meter.usd > 0, meter.output_tokens) == (True, True, 0)
    assert [entry["endpoint"] for entry in stand_ins.log()] == ["embeddings"]


async def test_a_model_with_longer_vectors_is_asked_to_shorten(stand_ins: Any) -> None:
    """Every model fits the one column."""
    adapter = OpenAIEmbeddings(settings(stand_ins.url, embedding_model="text-embedding-3-large"), DIMENSIONS)
    [vector] = await adapter.embed(["글"], Meter())
    assert (len(vector), adapter.name) == (DIMENSIONS, "text-embedding-3-large")
    await adapter.close()


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429;retry-after=7", TransientError, "rate_limited"),
        ("quota", PermanentError, "quota_exhausted"),
        ("500", TransientError, "model_unavailable"),
        ("503", TransientError, "model_unavailable"),
        ("drop", TransientError, "model_unreachable"),
        ("html502", TransientError, "model_unavailable"),
    ],
)
async def test_faults(
    embeddings: OpenAIEmbeddings, stand_ins: Any, fault: str, kind: type, code: str
) -> None:
    """Each ends as the right error of ours."""
    stand_ins.control(faults=[{"endpoint": "embeddings", "fault": fault}])
    with pytest.raises(AppError) as caught:
        await embeddings.embed(["글"], Meter())
    assert (type(caught.value), caught.value.code) == (kind, code)
    if "7" in fault:
        assert isinstance(caught.value, TransientError)
        assert caught.value.retry_after == 7


async def test_a_slow_answer_is_not_waited_for(stand_ins: Any) -> None:
    """The total time-out is ours."""
    adapter = OpenAIEmbeddings(settings(stand_ins.url, text_timeout=0.3), DIMENSIONS)
    stand_ins.control(latency={"embeddings": 5})
    with pytest.raises(TransientError, match="in time"):
        await adapter.embed(["글"], Meter())
    await adapter.close()


def encoded(vector: list[float]) -> str:
    """As the API sends it."""
    return base64.b64encode(array("f", vector).tobytes()).decode()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [{"index": 0, "embedding": encoded([1, 0])}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 0, "embedding": encoded([1, 0])}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1, "embedding": encoded([1])}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1, "embedding": encoded([0, 0])}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1, "embedding": encoded([math.nan, 0])}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1, "embedding": "%%%"}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1, "embedding": ["a", "b"]}],
        [{"index": 0, "embedding": encoded([1, 0])}, {"index": 1}],
    ],
)
def test_nonsense_is_refused(data: Any) -> None:
    """Too few, twice the same, too short, zero, not numbers: never a wrong vector."""
    with pytest.raises(TransientError) as caught:
        vectors_of({"data": data}, 2, 2)
    assert caught.value.code == "answer_off_schema"


def test_order_and_plain_numbers_are_read() -> None:
    """By index, not by place; a compatible server may answer plain numbers."""
    data = [{"index": 1, "embedding": [0, 2.0]}, {"index": 0, "embedding": encoded([3, 0])}]
    assert [list(vector) for vector in vectors_of({"data": data}, 2, 2)] == [[1, 0], [0, 1]]
