"""What the tests of the template library share: its content, and how to take it away."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from generation.templates.library_files import read_library
from generation.templates.models import Origin
from generation.templates.usage import record_page
from shared.db.pool import Database

LIBRARY = read_library()


async def clear(database: Database) -> None:
    """Empty the library's tables."""
    await database.run(
        lambda cursor: cursor.execute(
            """truncate template_set_items, template_sets, template_versions, templates, categories,
            template_experiments, page_origins, template_uses cascade"""
        )
    )


async def explained(database: Database, query: str, values: Any) -> str:
    """PostgreSQL's plan for a query, as text."""

    def work(cursor: Any) -> str:
        cursor.execute(f"explain {query}", values)
        return "\n".join(row["QUERY PLAN"] for row in cursor.fetchall())

    return await database.run(work)


async def finished_page(
    database: Database,
    blocks: list[tuple[str, int]],
    origin: Origin | None = None,
    *,
    version: int = 1,
    feedback: tuple[dict[str, Any], ...] = (),
    page_id: UUID | None = None,
) -> UUID:
    """A page made of these templates, at this version by now, with what was said of it."""
    page_id, task_id = page_id or uuid4(), uuid4()

    def work(cursor: Any) -> None:
        cursor.execute(
            """insert into tasks (task_id, kind, owner, request, request_sha256, status)
            values (%s, 'page', 'seller', '{}', '', 'completed')""",
            (str(task_id),),
        )
        cursor.execute(
            "insert into pages (page_id, owner, task_id, title, version) values (%s, 'seller', %s, '머그', %s)",
            (str(page_id), str(task_id), version),
        )
        record_page(cursor, page_id, blocks, origin)
        for said in feedback:
            cursor.execute(
                "insert into page_feedback (page_id, version, rating, exported) values (%s, %s, %s, %s)",
                (str(page_id), version, said.get("rating"), said.get("exported")),
            )

    await database.run(work)
    return page_id
