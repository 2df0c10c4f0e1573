"""Search on a real PostgreSQL: by meaning, by letters, both; the caller's documents alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generation.documents import candidates
from generation.documents.candidates import Wanted, by_letters, by_vector, holdings
from generation.documents.letters import query_terms
from generation.documents.requests import Document, DocumentKind
from generation.documents.retrieval import related_facts
from generation.documents.search import Query, search
from generation.pages.requests import Product
from generation.ports import Meter
from local.standins.embeddings import embed
from shared.errors import PermanentError, TransientError
from tests.contract.documents.library import Library

QUESTIONS = json.loads((Path(__file__).parents[3] / "bench/search/questions.json").read_text("utf-8"))


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
        terms = query_terms(text)
        return await plain(
            lambda cursor: by_letters(cursor, Wanted("seller"), terms, holdings(cursor, "seller"))
        )

    async def meaning(text: str) -> list[str]:
        vector, model = embed(text), shop.embeddings.name
        return await plain(
            lambda cursor: list(
                by_vector(cursor, Wanted("seller"), vector, model, holdings(cursor, "seller"))
            )
        )

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


async def all_in_the_index(shop: Library) -> None:
    """As if the shops had begun with more chunks than are compared one by one."""
    await shop.rows("update document_chunks set walked = true; analyze document_chunks; select 1 as done")


async def test_many_chunks_are_searched_in_bounds(shop: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner with more chunks than are ranked and compared one by one gets the same first answers."""
    await all_in_the_index(shop)
    questions = QUESTIONS["queries"][::5]
    few = [[hit.post_id for hit in await shop.search(question["q"], k=1)] for question in questions]
    monkeypatch.setattr(candidates, "_RANKED", 10)
    monkeypatch.setattr(candidates, "_EXACT", 0)
    many = [[hit.post_id for hit in await shop.search(question["q"], k=1)] for question in questions]
    assert sum(one == other for one, other in zip(few, many, strict=True)) >= 0.9 * len(questions)


async def test_the_way_to_compare_vectors_follows_what_there_is(
    shop: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of an owner's few, the index for many, and all again where the index gives too few of a rare kind."""
    await all_in_the_index(shop)

    def near(kinds: list[str] | None) -> Any:
        def look(cursor: Any) -> tuple[bool, dict[int, float]]:
            held = holdings(cursor, "seller")
            return held.compared, by_vector(
                cursor, Wanted("seller", kinds), embed("머그"), shop.embeddings.name, held
            )

        return shop.database.run(look)

    compared, few = await near(["review"])
    assert compared
    monkeypatch.setattr(candidates, "_RANKED", 10)
    monkeypatch.setattr(candidates, "_EXACT", 0)
    compared, walked = await near(["review"])
    assert not compared
    assert walked == few
    assert len((await near(None))[1]) == candidates.CANDIDATES


async def test_a_sellers_words_about_a_product_are_facts(shop: Library) -> None:
    """FAQ and reviews about the product, by name and source; nothing about other products, nothing of other owners."""
    meter = Meter()
    facts = await related_facts(
        shop.database, shop.embeddings, "seller", Product(name="데일리 텀블러"), meter
    )
    assert meter.usd > 0
    assert ("자주 묻는 질문: 텀블러 세척", QUESTIONS["documents"][0]["content"]) in facts
    assert all("머그" not in name for name, _ in facts)
    assert len(shop.embeddings.calls[-1]) > 1, "the name and what it is compared with, in one call"
    assert (
        await related_facts(shop.database, shop.embeddings, "seller", Product(name="전동 드릴 20V"), Meter())
        == []
    )
    assert (
        await related_facts(shop.database, shop.embeddings, "nobody", Product(name="텀블러"), Meter()) == []
    )


async def test_what_is_about_a_product_is_told_from_the_rest(shop: Library) -> None:
    """Documents that name it otherwise are found too, and none about other products."""
    contents = {document["content"]: document["post_id"] for document in QUESTIONS["documents"]}
    for product, prefix, least in (
        ("스테인리스 텀블러", "tumbler-", 2),
        ("도자기 머그 350ml", "mug-", 2),
        ("울 니트", "knit-", 2),
        ("무선 이어폰", "ear-", 2),
        ("흡착 식판", "plate-", 3),
        ("무화과 캔들", "candle-", 2),
        ("감귤 3kg", "citrus-", 2),
    ):
        facts = await related_facts(shop.database, shop.embeddings, "seller", Product(name=product), Meter())
        found = [contents[text] for _, text in facts]
        assert len(found) >= least, (product, found)
        assert all(post_id.startswith(prefix) for post_id in found), (product, found)


async def test_letters_alone_tell_what_is_about_a_product(shop: Library) -> None:
    """Without the model, what holds the product's name."""
    shop.embeddings.errors = [PermanentError("no", code="quota_exhausted")]
    facts = await related_facts(
        shop.database, shop.embeddings, "seller", Product(name="데일리 텀블러"), Meter()
    )
    assert [name for name, _ in facts] == ["자주 묻는 질문: 텀블러 세척"]
