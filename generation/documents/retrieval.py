"""What a seller's own documents say about a product, as facts a page may use: its FAQ and its customers' words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from generation.documents import repository
from generation.documents.embedding import EmbeddingModel
from generation.documents.requests import DocumentKind
from generation.documents.search import Hit, Query, query_vector, ranked
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
# A search always finds something. About this product is what holds most letters of its name, or is near in meaning;
# rather too little than the words of another product's customers.
_COVERED = 0.6
_SIMILAR = 0.5


class Product(Protocol):
    """What of generation/pages/requests.Product is needed here."""

    @property
    def name(self) -> str:
        """What it is called."""


async def related_facts(
    database: Transactions, embeddings: EmbeddingModel, owner: str, product: Product
) -> list[tuple[str, str]]:
    """(name, value) pairs such as ("자주 묻는 질문: 배송", "..."), best first by kind: FAQ, reviews, other documents.

    Empty when the owner has no documents about the product; without any documents nothing is asked or paid for.
    Without the embedding model, letters alone decide.

    Raises:
        UnavailableError: PostgreSQL is away.
    """
    if not await database.run(lambda cursor: repository.has_any(cursor, owner)):
        return []
    name = product.name[:_LONGEST_QUERY]
    vector = await query_vector(embeddings, name)

    def look(cursor: Cursor) -> list[Hit]:
        found: list[Hit] = []
        for kind, most in _MOST_OF_A_KIND.items():
            hits = ranked(cursor, owner, Query(name, k=2 * most, kinds=(kind,)), vector, embeddings.name)
            found += [hit for hit in hits if is_about(hit)][:most]
        return found

    hits = await database.run(look)
    return [(f"{_NAMES[hit.kind]}: {hit.title}", hit.text[:_LONGEST_FACT]) for hit in hits]


def is_about(hit: Hit) -> bool:
    """Whether a hit is about what was looked for, rather than just the nearest there is."""
    return hit.coverage >= _COVERED or (hit.similarity or 0.0) >= _SIMILAR
