"""A search while its documents change: each statement of it sees the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from generation.documents import repository
from generation.documents.requests import DocumentKind
from generation.documents.retrieval import related_facts
from generation.documents.search import Query, search
from generation.pages.requests import Product
from generation.ports import Meter
from shared.times import now
from tests.contract.documents.library import Library


class Interrupted:
    """A database on which something happens before a search's last statement: that which fetches the texts."""

    def __init__(self, library: Library, meanwhile: Callable[[Any], None]) -> None:
        self._library = library
        self._meanwhile = meanwhile

    async def run[T](self, work: Callable[[Any], T], **options: Any) -> T:
        """See Database."""
        return await self._library.database.run(lambda cursor: work(Slow(cursor, self._happen)), **options)

    def _happen(self) -> None:
        self._library.database.run_sync(self._meanwhile)


class Slow:
    """A cursor that lets something else come first."""

    def __init__(self, cursor: Any, happen: Callable[[], None]) -> None:
        self._cursor = cursor
        self._happen = happen

    def execute(self, sql: str, values: Any = None) -> None:
        if "join documents" in sql:
            self._other_connection()
        self._cursor.execute(sql, values)

    def _other_connection(self) -> None:
        thread = threading.Thread(target=self._happen)
        thread.start()
        thread.join(10)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def deletion(cursor: Any) -> None:
    """By the document's owner, once."""
    cursor.execute("select 1 from documents where post_id = '1' and deleted_at is null")
    if cursor.fetchone():
        repository.delete(cursor, "seller", "1", now())


async def test_a_document_deleted_meanwhile(library: Library) -> None:
    """The search that had begun still finds it whole, the next one does not."""
    await library.keep("1", "배송은 이틀 걸립니다.")
    await library.keep("2", "배송은 사흘 걸립니다.")
    database = Interrupted(library, deletion)
    found = await search(database, library.embeddings, "seller", Query("배송"))
    assert {hit.post_id for hit in found.hits} == {"1", "2"}
    assert {hit.post_id for hit in await library.search("배송")} == {"2"}


async def test_a_page_made_meanwhile(library: Library) -> None:
    """The facts of a page are those of one moment too."""
    await library.keep("1", "데일리 머그는 오븐에 넣을 수 없습니다.", kind=DocumentKind.FAQ)
    database = Interrupted(library, deletion)
    product = Product.model_validate({"name": "데일리 머그"})
    facts = await related_facts(database, library.embeddings, "seller", product, Meter())
    assert [value for _, value in facts] == ["데일리 머그는 오븐에 넣을 수 없습니다."]
