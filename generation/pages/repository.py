"""Pages and their versions in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from generation.pages.document import PageDocument
from generation.pages.edits import Feedback
from generation.tasks.model import Lease
from generation.tasks.run import Outcome
from generation.templates.models import Origin
from generation.templates.usage import record_page
from shared.db.pool import as_json
from shared.errors import ConflictError, NotFoundError, PermanentError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


def page_id_of(task_id: UUID) -> UUID:
    """The page a task makes; known before it is made, so that a test of templates can assign it a side."""
    return uuid5(task_id, "page")


def first_version(lease: Lease, document: PageDocument, origin: Origin) -> Outcome:
    """Version 1 of the task's page, to be stored in the transaction that completes the task.

    `origin` is what the page is made from, for the templates' figures.
    """
    page_id = page_id_of(lease.task_id)

    def write(cursor: Cursor) -> None:
        cursor.execute(
            "insert into pages (page_id, owner, task_id, title, version) values (%s, %s, %s, %s, 1)",
            (str(page_id), lease.owner, str(lease.task_id), document.title),
        )
        cursor.execute(
            "insert into page_versions (page_id, version, document, reason) values (%s, 1, %s, 'generated')",
            (str(page_id), as_json(document.model_dump(mode="json"))),
        )
        used = [(block.template_id, block.template_version) for block in document.blocks]
        record_page(cursor, page_id, used, origin)

    html_url = f"/api/generation/pages/{page_id}/html"
    return Outcome({"page_id": str(page_id), "version": 1, "html_url": html_url}, write)


def get(cursor: Cursor, page_id: UUID, owner: str, version: int | None = None) -> dict[str, Any]:
    """The owner's page in its current version (or another), as GET /generation/pages/{id} answers it.

    Raises:
        NotFoundError: no such page or version, or somebody else's.
    """
    cursor.execute(
        """select pages.*, v.version, v.document from pages join page_versions v using (page_id)
           where page_id = %s and owner = %s and v.version = coalesce(%s, pages.version)""",
        (str(page_id), owner, version),
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such page.")
    return {**_summary(row), **row["document"]}


def document_of(stored: dict[str, Any]) -> PageDocument:
    """The document in what `get` gave."""
    return PageDocument.model_validate({name: stored[name] for name in PageDocument.model_fields})


def add_version(
    cursor: Cursor, page_id: UUID, owner: str, base_version: int, document: PageDocument, reason: str
) -> int:
    """Store `document` as the version after `base_version`; its number.

    Raises:
        NotFoundError: no such page, or somebody else's.
        ConflictError: `base_version` is not the current one: somebody was faster.
    """
    cursor.execute(
        """update pages set version = version + 1, title = %s, updated_at = now()
           where page_id = %s and owner = %s and version = %s returning version""",
        (document.title, str(page_id), owner, base_version),
    )
    row = cursor.fetchone()
    if row is None:
        current = get(cursor, page_id, owner)["version"]
        raise ConflictError(f"The page is at version {current} by now.", code="stale_version")
    cursor.execute(
        "insert into page_versions (page_id, version, document, reason) values (%s, %s, %s, %s)",
        (str(page_id), row["version"], as_json(document.model_dump(mode="json")), reason),
    )
    return int(row["version"])


def replace_block(
    cursor: Cursor, page_id: UUID, owner: str, block_id: str, slots: dict[str, Any], facts: list[str]
) -> int:
    """Give one block new copy on whatever version is current, so that no edit made meanwhile is lost.

    Raises:
        NotFoundError: no such page, or somebody else's.
        PermanentError: `block_gone`: the block was removed meanwhile.
    """
    cursor.execute("select 1 from pages where page_id = %s for update", (str(page_id),))
    stored = get(cursor, page_id, owner)
    document = document_of(stored)
    if block_id not in {block.block_id for block in document.blocks}:
        raise PermanentError("the block was removed meanwhile", code="block_gone")
    blocks = [
        block.with_copy(slots, document.facts, facts) if block.block_id == block_id else block
        for block in document.blocks
    ]
    changed = document.model_copy(update={"blocks": blocks})
    return add_version(cursor, page_id, owner, stored["version"], changed, f"regenerated {block_id}")


def roll_back(cursor: Cursor, page_id: UUID, owner: str, version: int) -> int:
    """Store an earlier version's document as the newest version; its number.

    Raises:
        NotFoundError: no such page or version, or somebody else's.
    """
    cursor.execute("select version from pages where page_id = %s for update", (str(page_id),))
    document = document_of(get(cursor, page_id, owner, version))
    current = get(cursor, page_id, owner)["version"]
    return add_version(cursor, page_id, owner, current, document, f"rolled back to {version}")


def add_feedback(cursor: Cursor, page_id: UUID, owner: str, feedback: Feedback) -> None:
    """Keep what the seller says of the current version.

    Raises:
        NotFoundError: no such page, or somebody else's.
    """
    version = get(cursor, page_id, owner)["version"]
    cursor.execute(
        "insert into page_feedback (page_id, version, rating, comment, exported) values (%s, %s, %s, %s, %s)",
        (str(page_id), version, feedback.rating, feedback.comment, feedback.exported),
    )


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
