"""Pages and their versions in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from generation.pages.document import PageDocument
from generation.tasks.model import Lease
from generation.tasks.run import Outcome
from shared.db.pool import as_json
from shared.errors import NotFoundError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def first_version(lease: Lease, document: PageDocument) -> Outcome:
    """Version 1 of the task's page, to be stored in the transaction that completes the task."""
    page_id = uuid5(lease.task_id, "page")

    def write(cursor: Cursor) -> None:
        cursor.execute(
            "insert into pages (page_id, owner, task_id, title, version) values (%s, %s, %s, %s, 1)",
            (str(page_id), lease.owner, str(lease.task_id), document.title),
        )
        cursor.execute(
            "insert into page_versions (page_id, version, document, reason) values (%s, 1, %s, 'generated')",
            (str(page_id), as_json(document.model_dump(mode="json"))),
        )

    html_url = f"/api/generation/pages/{page_id}/html"
    return Outcome({"page_id": str(page_id), "version": 1, "html_url": html_url}, write)


def get(cursor: Cursor, page_id: UUID, owner: str) -> dict[str, Any]:
    """The owner's page in its current version, as GET /generation/pages/{id} answers it.

    Raises:
        NotFoundError: no such page, or somebody else's.
    """
    cursor.execute(
        """select pages.*, page_versions.document from pages join page_versions using (page_id, version)
           where page_id = %s and owner = %s""",
        (str(page_id), owner),
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such page.")
    return {**_summary(row), **row["document"]}


def listing(cursor: Cursor, owner: str, limit: int, before: tuple[str, str] | None) -> list[dict[str, Any]]:
    """The owner's pages without their documents, newest first; `before` is the last one's (created_at, page_id)."""
    created_at, page_id = before or ("infinity", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    cursor.execute(
        """select * from pages where owner = %s and (created_at, page_id) < (%s::timestamptz, %s::uuid)
           order by created_at desc, page_id desc limit %s""",
        (owner, created_at, page_id, limit),
    )
    return [_summary(row) for row in cursor.fetchall()]


def versions(cursor: Cursor, page_id: UUID, owner: str) -> list[dict[str, Any]]:
    """Every version of the owner's page, newest first: number, reason, time.

    Raises:
        NotFoundError: as `get`.
    """
    get(cursor, page_id, owner)
    cursor.execute(
        "select version, reason, created_at from page_versions where page_id = %s order by version desc",
        (str(page_id),),
    )
    return [dict(row) | {"created_at": rfc3339(row["created_at"])} for row in cursor.fetchall()]


def _summary(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "page_id": str(row["page_id"]),
        "task_id": str(row["task_id"]),
        "title": row["title"],
        "version": row["version"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
    }
