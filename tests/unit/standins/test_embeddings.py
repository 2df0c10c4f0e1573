from __future__ import annotations

import math
import time

import pytest

from local.standins.embeddings import answer_embeddings, embed
from local.standins.wire import RefusedError

NEAR = ("물에 빨아 부드럽게 한 리넨 셔츠입니다", "리넨 셔츠는 물에 빨아 부드럽게 했습니다")
FAR = "The charger takes twenty volts"


def _cosine(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(embed(one), embed(other), strict=True))


def test_vectors_have_unit_length_and_repeat() -> None:
    """1536 floats, the same each time; fewer on request."""
    vector = embed("커피")
    assert len(vector) == 1536
    assert math.isclose(sum(value * value for value in vector), 1, abs_tol=1e-5)
    assert vector == embed("커피")
    assert len(embed("커피", 256)) == 256


def test_like_texts_are_near_and_unlike_ones_far() -> None:
    """Shared words show as a high cosine."""
    assert _cosine(*NEAR) > 0.45
    assert abs(_cosine(NEAR[0], FAR)) < 0.12


def test_embedding_is_fast_enough() -> None:
    """2,500 characters in some milliseconds (7 on a quiet machine)."""
    text = "상품을 고르기 전에 궁금한 것을 차례대로 적었습니다. " * 90
    best = min(_seconds(text[:2500]) for _ in range(5))
    assert best < 0.05


def _seconds(text: str) -> float:
    started = time.perf_counter()
    embed(text)
    return time.perf_counter() - started


@pytest.mark.parametrize(
    "change",
    [
        {"input": ""},
        {"input": []},
        {"input": ["a", ""]},
        {"input": ["a"] * 2049},
        {"input": "가" * 20000},
        {"input": None},
        {"input": [None]},
        {"dimensions": 0},
        {"dimensions": 4000},
        {"model": "text-embedding-ada-002", "dimensions": 5},
        {"model": None},
        {"encoding_format": "hex"},
    ],
)
async def test_bad_embedding_requests_are_refused(change: dict[str, object]) -> None:
    """As the real endpoint does, with 400."""
    body = {"model": "text-embedding-3-small", "input": "a"} | change
    with pytest.raises(RefusedError) as caught:
        await answer_embeddings(None, body, None)  # type: ignore[arg-type]  # the request is not looked at
    assert caught.value.status == 400
