"""What a seller's own documents say about a product, as facts a page may use: its FAQ and its customers' words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from generation.documents import repository
from generation.documents.background import UNLIKE_NAMES, backgrounds
from generation.documents.embedding import EmbeddingModel
from generation.documents.letters import query_terms
from generation.documents.measures import contradict
from generation.documents.requests import DocumentKind
from generation.documents.search import Hit, Query, query_vectors, ranked, see_one_moment
from generation.ports import Meter
from generation.tasks.run import Transactions

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_NAMES = {
    DocumentKind.FAQ: "자주 묻는 질문",
    DocumentKind.REVIEW: "고객 후기",
    DocumentKind.POST: "판매자 문서",
}
_MOST_OF_A_KIND = {DocumentKind.FAQ: 6, DocumentKind.REVIEW: 6, DocumentKind.POST: 3}
_LONGEST_FACT = 500
_LONGEST_QUERY = 500
# A search always finds something. About this product is what holds most letters of its name, or is nearer to it than to
# names of other things; rather too little than the words of another product's customers.
_COVERED = 0.6
# With the stand-in's vectors, 21 names of products and 50 documents of 10 products, this finds 35 pairs of 103, one of
# them wrong (0.10: 41 and four, 0.08: 48 and eleven). With text-embedding-3-small, unlike texts at 0.1 to 0.3 and like
# ones at 0.3 to 0.6, it asks for 0.3 to 0.4.
_NEARER = 0.12


class Product(Protocol):
    """What of generation/pages/requests.Product is needed here."""

    @property
    def name(self) -> str:
        """What it is called."""


async def related_facts(
    database: Transactions,
    embeddings: EmbeddingModel,
    owner: str,
    product: Product,
    meter: Meter,
) -> list[tuple[str, str]]:
    """(name, value) pairs such as ("자주 묻는 질문: 배송", "..."), best first by kind: FAQ, reviews, other documents.

    Empty when the owner has no documents about the product; without any documents nothing is asked or paid for.
    Without the embedding model, letters alone decide. `meter` takes the call's cost.

    Raises:
        UnavailableError: PostgreSQL is away.
    """
    if not await database.run(lambda cursor: repository.has_any(cursor, owner)):
        return []
    name = product.name[:_LONGEST_QUERY]
    vectors = await query_vectors(embeddings, [name, *UNLIKE_NAMES], meter)

    def look(cursor: Cursor) -> list[Hit]:
        see_one_moment(cursor)
        vector, found = vectors[0] if vectors else None, list[Hit]()
        for kind, most in _MOST_OF_A_KIND.items():
            hits = ranked(cursor, owner, Query(name, k=2 * most, kinds=(kind,)), vector, embeddings.name)
            usual = backgrounds(cursor, [hit.key for hit in hits], vectors[1:])
            found += [hit for hit in hits if _fits(hit, name, usual.get(hit.key))][:most]
        return found

    hits = await database.run(look)
    return [(f"{_NAMES[hit.kind]}: {hit.title}", hit.text[:_LONGEST_FACT]) for hit in hits]


def _fits(hit: Hit, name: str, background: float | None) -> bool:
    """Whether a hit is about the product of a name, and not about the next larger one."""
    if all(len(term) == 1 for term in query_terms(name)):
        hit = replace(hit, coverage=0.0)  # one letter is in every other text
    return is_about(hit, background) and not contradict(name, hit.title)


def is_about(hit: Hit, background: float | None) -> bool:
    """Whether a hit is about what was looked for, rather than just the nearest there is.

    Args:
        hit: what was found.
        background: how near it is to what it has nothing to do with (background.py); None: not known.
    """
    if hit.coverage >= _COVERED:
        return True
    return hit.similarity is not None and background is not None and hit.similarity - background >= _NEARER
