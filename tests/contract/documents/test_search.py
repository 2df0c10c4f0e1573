"""Search on a real PostgreSQL: by meaning, by letters, both; the caller's documents alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generation.documents import candidates
from generation.documents.candidates import Wanted, by_letters, by_vector
from generation.documents.letters import query_terms
from generation.documents.requests import Document, DocumentKind
from generation.documents.retrieval import related_facts
from generation.documents.search import Query, search
from generation.pages.requests import Product
from local.standins.embeddings import embed
from shared.errors import PermanentError, TransientError
from tests.contract.documents.library import Library

QUESTIONS = json.loads((Path(__file__).parent / "data" / "questions.json").read_text("utf-8"))


@pytest.fixture
async def shop(library: Library) -> Library:
    """A shop with the documents of the evaluation set, and another's with the same words."""
    for document in QUESTIONS["documents"]:
        row = await library.documents.submit("seller", Document.model_validate(document))
        await library.run(row["task_id"])
    await library.keep("other", "텀블러 식기세척기 머그 전자레인지 배송 교환 환불", "another")
    return library


async def recall(shop: Library, found: Callable[[str], Any]) -> float:
    """Of the questions, how many have their document among the first five."""
    hits = [question["post_id"] in await found(question["q"]) for question in QUESTIONS["queries"]]
    return sum(hits) / len(hits)


async def test_recall_of_a_hundred_questions(shop: Library) -> None:
    """Nine of ten find their document among the first five, and both ways together are no worse than each alone."""

    async def fused(text: str) -> list[str]:
        return [hit.post_id for hit in await shop.search(text, k=5)]

    async def plain(rank: Callable[[Any], list[int]]) -> list[str]:
        def work(cursor: Any) -> list[str]:
            cursor.execute(
                """select post_id from unnest(%s) with ordinality as hits (chunk_id, place)
                   join document_chunks using (chunk_id) order by place limit 5""",
                (rank(cursor),),
            )
            return [row["post_id"] for row in cursor.fetchall()]

        return await shop.database.run(work)

    async def letters(text: str) -> list[str]:
        return await plain(lambda cursor: by_letters(cursor, Wanted("seller"), query_terms(text)))

    async def meaning(text: str) -> list[str]:
        vector, model = embed(text), shop.embeddings.name
        return await plain(lambda cursor: list(by_vector(cursor, Wanted("seller"), vector, model)))

    both = await recall(shop, fused)
    alone = {"letters": await recall(shop, letters), "meaning": await recall(shop, meaning)}
    assert len(QUESTIONS["queries"]) == 100
    assert both >= 0.9, (both, alone)
    assert both >= max(alone.values()) - 0.02, (both, alone)


async def test_spaces_do_not_matter(shop: Library) -> None:
    """Korean is found however it is spaced."""
    for text in ("개봉후사용기한", "개봉 후 사용 기한", "개봉후 사용기한은"):
        assert (await shop.search(text, k=1))[0].post_id == "cream-expire"


async def test_a_hit_shows_where(shop: Library) -> None:
    """Score, kind, title, and the letters that were found."""
    [hit] = await shop.search("머그 전자레인지", k=1)
    assert (hit.post_id, hit.kind, hit.title, hit.chunk) == (
        "mug-micro",
        DocumentKind.FAQ,
        "머그 전자레인지",
        0,
    )
    assert 0.9 < hit.score <= 1
    assert [hit.text[start:end] for start, end in hit.highlights][:2] == ["머그", "전자레인지"]


async def test_filters(shop: Library) -> None:
    """By kind and by document; k bounds the answer."""
    reviews = await shop.search("머그 손잡이", kinds=(DocumentKind.REVIEW,), k=3)
    assert reviews[0].post_id == "mug-r1"
    assert {hit.kind for hit in reviews} == {DocumentKind.REVIEW}
    assert {hit.post_id for hit in await shop.search("머그", post_id="mug-gift")} == {"mug-gift"}
    assert len(await shop.search("머그", k=4)) == 4


async def test_others_documents_are_never_found(shop: Library) -> None:
    """Whatever is asked, and by whom."""
    assert all(hit.post_id != "other" for hit in await shop.search("텀블러 식기세척기 배송", k=50))
    assert {hit.post_id for hit in await shop.search("텀블러", "another", k=50)} == {"other"}
    assert await shop.search("텀블러", "nobody") == []


@pytest.mark.parametrize(
    "error", [TransientError("busy", code="rate_limited"), PermanentError("no", code="quota_exhausted")]
)
async def test_without_the_model_letters_alone_answer(shop: Library, error: Any) -> None:
    """Search outlives the AI service, and says so."""
    shop.embeddings.errors = [error] * 2
    found = await search(shop.database, shop.embeddings, "seller", Query("텀블러 식기세척기"))
    assert found.degraded
    assert found.hits[0].post_id == "tumbler-wash"
    assert found.hits[0].similarity is None


@pytest.mark.parametrize(
    "text", ["'", "\\", "a' | 'b", "👍", ":*", "%", "!!!", "가", "the", " x ", "('", "가" * 500]
)
async def test_odd_queries_are_answered(shop: Library, text: str) -> None:
    """Whatever is asked is a question, never syntax."""
    assert isinstance(await shop.search(text), list)


async def test_many_chunks_are_searched_in_bounds(shop: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner with more chunks than are ranked one by one gets the same first answers."""
    await shop.rows("analyze document_chunks; select 1 as done")
    questions = QUESTIONS["queries"][::5]
    few = [[hit.post_id for hit in await shop.search(question["q"], k=1)] for question in questions]
    monkeypatch.setattr(candidates, "_RANKED", 10)
    many = [[hit.post_id for hit in await shop.search(question["q"], k=1)] for question in questions]
    assert sum(one == other for one, other in zip(few, many, strict=True)) >= 0.9 * len(questions)


async def test_a_sellers_words_about_a_product_are_facts(shop: Library) -> None:
    """FAQ and reviews about the product, by name and source; nothing about other products, nothing of other owners."""
    facts = await related_facts(shop.database, shop.embeddings, "seller", Product(name="데일리 텀블러"))
    assert ("자주 묻는 질문: 텀블러 세척", QUESTIONS["documents"][0]["content"]) in facts
    assert all("머그" not in name for name, _ in facts)
    assert await related_facts(shop.database, shop.embeddings, "seller", Product(name="전동 드릴 20V")) == []
    assert await related_facts(shop.database, shop.embeddings, "nobody", Product(name="텀블러")) == []
