"""Which chunks are in the index of vectors, on a real PostgreSQL; and that search finds those in it and out of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from generation.documents import candidates, walked
from generation.documents.candidates import Holdings, Wanted, by_vector, holdings
from generation.documents.vectors import Vector, literal
from local.standins.embeddings import embed
from shared.db.migrate import upgrade
from shared.settings import DatabaseSettings
from tests.contract.documents.library import Library

QUESTIONS = json.loads((Path(__file__).parents[3] / "bench/search/questions.json").read_text("utf-8"))
LONG = " ".join(f"{number}번 머그는 전자레인지에 넣어도 됩니다." for number in range(150))
# As of an owner with so many chunks that the index is walked, and what keeps PostgreSQL from comparing these few.
WALKED = Holdings(total=1e6, owned=10**6, indexed=0, walked=10**6)
_NO_SORT = "set local enable_sort = off"
# It gives up after a hundred chunks rather than after twenty thousand.
_SHORT = "set local hnsw.max_scan_tuples = 1"

# Chunks of a document, written by code that does not know of `walked`.
_BEFORE = """
    insert into document_chunks (owner, post_id, chunk, kind, text, bigrams, model, embedding)
    select %s, 'p', number, 'faq', '', '', 'm', array_fill(1, array[1536])::vector::halfvec
    from generate_series(%s, %s) as number"""


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> int:
    """An owner's first three chunks stay out of the index."""
    monkeypatch.setattr(walked, "COMPARED", 3)
    return 3


async def flags(library: Library, owner: str = "seller") -> list[tuple[str, int, bool]]:
    """Each chunk of an owner, and whether it is in the index."""
    rows = await library.rows(
        "select post_id, chunk, walked from document_chunks where owner = %s order by post_id, chunk", owner
    )
    return [(row["post_id"], row["chunk"], row["walked"]) for row in rows]


async def nearest(
    library: Library, held: Holdings | None, text: str = "머그", kinds: list[str] | None = None
) -> dict[int, float]:
    """What is found by vector, with these holdings or those there are."""

    def look(cursor: Any) -> dict[int, float]:
        wanted = Wanted("seller", kinds)
        if held is WALKED:
            cursor.execute(f"{_NO_SORT}; {_SHORT}")
        return by_vector(
            cursor, wanted, embed(text), library.embeddings.name, held or holdings(cursor, "seller")
        )

    return await library.database.run(look)


async def fill(library: Library, walked_ones: int, others: int, owner: str = "seller") -> None:
    """Give an owner chunks of a text each, as COPY would: walked ones with odd numbers as long as there are any."""
    texts = [f"머그 {number}호 색상 {number % 7}" for number in range(walked_ones + others)]
    inside = set(range(1, 2 * walked_ones, 2)) if walked_ones < others else set(range(walked_ones))
    await rows_of(library, owner, [(embed(text), number in inside) for number, text in enumerate(texts)])


async def rows_of(library: Library, owner: str, chunks: Sequence[tuple[Vector, bool]]) -> None:
    """Write chunks of one document with these vectors, in the index or not."""

    def write(cursor: Any) -> None:
        cursor.execute("insert into documents (owner, post_id, version) values (%s, 'many', 1)", (owner,))
        for number, (vector, inside) in enumerate(chunks):
            cursor.execute(
                """insert into document_chunks (owner, post_id, chunk, kind, text, bigrams, model, embedding, walked)
                   values (%s, 'many', %s, 'faq', %s, '', %s, %s::halfvec, %s)""",
                (owner, number, f"글 {number}", library.embeddings.name, literal(vector), inside),
            )

    await library.database.run(write)


async def plan(library: Library, statement: str) -> str:
    """How PostgreSQL would find the nearest of the seller's chunks."""
    values = Wanted("seller").values(vector=literal(embed("머그")), model=library.embeddings.name)

    def explain(cursor: Any) -> str:
        cursor.execute(candidates._WALK)
        cursor.execute(_NO_SORT)
        cursor.execute(f"explain {statement}", values)
        return "\n".join(row["QUERY PLAN"] for row in cursor.fetchall())

    return await library.database.run(explain)


async def test_a_small_owners_chunks_are_not_in_the_index(library: Library) -> None:
    """They are found all the same, and comparing finds them."""
    await library.keep("mug", LONG)
    await library.keep("wash", "텀블러는 식기세척기에 넣어도 됩니다.")
    assert len(await flags(library)) > 3
    assert not any(inside for _, _, inside in await flags(library))
    assert (await library.search("텀블러 식기세척기", k=1))[0].post_id == "wash"
    held = await library.database.run(lambda cursor: holdings(cursor, "seller"))
    assert (held.compared, held.walked, held.owned) == (True, 0, len(await flags(library)))


async def test_chunks_past_the_limit_are_in_the_index(library: Library, three: int) -> None:
    """Within one document and from one to the next; another owner begins at nothing."""
    await library.keep("a", "머그는 전자레인지에 넣어도 됩니다.")
    await library.keep("b", LONG)
    await library.keep("c", "텀블러는 식기세척기에 넣어도 됩니다.")
    await library.keep("d", "다른 사람의 글입니다.", "another")
    found = await flags(library)
    assert [inside for _, _, inside in found] == [False] * three + [True] * (len(found) - three)
    assert len(found) > three + 1
    assert await flags(library, "another") == [("d", 0, False)]


async def test_deletion_makes_room(library: Library, three: int) -> None:
    """Of a document, and of what a document was before it was replaced; what is in the index stays there."""
    for post_id in ("a", "b", "c", "d"):
        await library.keep(post_id, f"{post_id} 머그는 전자레인지에 넣어도 됩니다.")
    assert [inside for _, _, inside in await flags(library)] == [False, False, False, True]
    await library.keep("b", "b 머그는 이제 넣으면 안 됩니다.")
    assert (await flags(library))[1] == ("b", 0, False)
    await library.rows("delete from document_chunks where post_id = 'a' returning 1")
    await library.keep("e", "e 텀블러는 식기세척기에 넣어도 됩니다.")
    await library.keep("f", "f 텀블러는 식기세척기에 넣어도 됩니다.")
    assert [inside for _, _, inside in await flags(library)] == [False, False, True, False, True]
    assert len([inside for _, _, inside in await flags(library) if not inside]) == three


async def test_both_kinds_are_found_in_one_search(library: Library) -> None:
    """Where the index is walked, chunks in it and out of it come merged, nearest first, as comparing all gives them."""
    await fill(library, 70, 80)
    compared = await nearest(library, None)
    walked_and_others = await nearest(library, WALKED)
    assert list(walked_and_others) == list(compared)
    assert walked_and_others == pytest.approx(compared)
    inside = {
        row["chunk_id"] for row in await library.rows("select chunk_id from document_chunks where walked")
    }
    assert 10 < len(inside.intersection(walked_and_others)) < 40


async def test_code_of_before_says_nothing_and_is_found(library: Library, three: int) -> None:
    """A chunk written without the flag is in the index; with both kinds in any order each finds its way."""
    await library.keep("a", "머그는 전자레인지에 넣어도 됩니다.")
    await library.rows(
        """insert into document_chunks (owner, post_id, chunk, kind, text, bigrams, model, embedding)
           select owner, post_id, number, kind, text, bigrams, model, embedding
           from document_chunks, generate_series(1, 60) as number returning 1"""
    )
    await library.keep("b", "텀블러는 식기세척기에 넣어도 됩니다.")
    found = await flags(library)
    assert [inside for _, _, inside in found] == [False] + [True] * 60 + [False]
    assert found[-1][0] == "b"
    for held in (None, WALKED):
        assert len(await nearest(library, held, "머그 전자레인지")) == candidates.CANDIDATES
        first = next(iter(await nearest(library, held, "텀블러 식기세척기")))
        assert await library.rows("select post_id from document_chunks where chunk_id = %s", first) == [
            {"post_id": "b"}
        ]


async def test_all_are_compared_where_the_walk_finds_too_few(library: Library) -> None:
    """A walk that gives up among others' chunks leaves nothing out, and nothing is found twice."""
    await fill(library, 300, 0, "another")
    texts = [f"텀블러 {number}호 뚜껑" for number in range(70)]
    await rows_of(library, "seller", [(embed(text), number < 40) for number, text in enumerate(texts)])
    compared = await nearest(library, None)
    assert await nearest(library, WALKED) == compared
    assert len(compared) == candidates.CANDIDATES
    assert await nearest(library, WALKED, kinds=["post"]) == {}


async def test_the_index_is_walked_for_what_is_in_it_alone(library: Library) -> None:
    """The partial index gives the nearest of those in it; the others are compared, and without the walk all are."""
    await fill(library, 300, 100)
    await library.rows("analyze document_chunks; select 1 as done")
    walk = await plan(library, candidates._BY_INDEX)
    assert walk.count("Index Scan using document_chunks_walked") == 1
    assert "document_chunks_unwalked" in walk
    assert "document_chunks_walked" not in await plan(library, candidates._BY_COMPARISON)


async def test_the_way_follows_what_is_in_the_index(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not how many chunks there are: an owner of many outside the index is compared, whatever others have in it."""
    monkeypatch.setattr(candidates, "_RANKED", 10)
    monkeypatch.setattr(candidates, "_EXACT", 5)
    await fill(library, 60, 40)
    await fill(library, 10, 90, "another")
    await library.rows("analyze document_chunks; select 1 as done")

    def look(cursor: Any) -> list[Holdings]:
        return [holdings(cursor, owner) for owner in ("seller", "another", "nobody")]

    seller, another, nobody = await library.database.run(look)
    assert (seller.indexed, seller.total) == (70, 200)
    assert (seller.compared, another.compared, nobody.compared) == (False, True, True)
    assert (another.walked, nobody.owned, nobody.walked) == (10, 0, 0)


async def test_recall_does_not_depend_on_what_is_in_the_index(
    library: Library, three: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hundred questions' documents are found as well when all but three are in it, and it is walked."""
    monkeypatch.setattr(candidates, "CANDIDATES", 10)
    for document in QUESTIONS["documents"]:
        await library.keep(**document)
    everything = [list(await nearest(library, None, question["q"]))[:5] for question in QUESTIONS["queries"]]
    by_walk = [list(await nearest(library, WALKED, question["q"]))[:5] for question in QUESTIONS["queries"]]
    assert sum(not inside for _, _, inside in await flags(library)) == three
    same = sum(len(set(one) & set(other)) for one, other in zip(everything, by_walk, strict=True))
    assert same >= 0.98 * sum(len(keys) for keys in everything)


def test_the_migration_sorts_what_is_there_and_can_be_run_again(
    library: Library, postgres: DatabaseSettings
) -> None:
    """Of each owner's chunks those past a thousand go into the index, as does what code of before writes meanwhile."""
    connection = psycopg2.connect(postgres.url.get_secret_value())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select version_num from alembic_version")
        [newest] = cursor.fetchone() or ("",)
        cursor.execute("alter table document_chunks drop column walked")
        cursor.execute(
            "insert into documents (owner, post_id, version) values ('large', 'p', 1), ('small', 'p', 1)"
        )
        for owner, count in (("large", 1003), ("small", 2)):
            cursor.execute(_BEFORE, (owner, 1, count))
        for _ in range(2):
            cursor.execute("update alembic_version set version_num = '0006'")
            upgrade(postgres, "0007")
        cursor.execute(_BEFORE, ("small", 3, 3))
        cursor.execute("update alembic_version set version_num = %s", (newest,))
        cursor.execute("select owner, walked, count(*) from document_chunks group by 1, 2 order by 1, 2")
        counted = [("large", False, 1000), ("large", True, 3), ("small", False, 2), ("small", True, 1)]
        assert cursor.fetchall() == counted
        cursor.execute(
            """select relname, indisvalid from pg_index join pg_class on pg_class.oid = indexrelid
               where relname = any(%s) order by relname""",
            (["document_chunks_walked", "document_chunks_unwalked", "document_chunks_by_embedding"],),
        )
        assert cursor.fetchall() == [("document_chunks_unwalked", True), ("document_chunks_walked", True)]
    connection.close()
