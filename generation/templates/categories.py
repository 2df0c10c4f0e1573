"""Categories in PostgreSQL."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from generation.templates.requests import NewCategory
from shared.errors import ConflictError, FieldIssue, FieldsError, NotFoundError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_COLUMNS = "category_id, name, parent_id, display_order, created_at"


def create(cursor: Cursor, new: NewCategory) -> dict[str, Any]:
    """Store a category; what lists answer of it.

    Raises:
        FieldsError: no such parent. ConflictError: `id_taken`.
    """
    if new.parent_id is not None and not _exists(cursor, new.parent_id):
        raise FieldsError([FieldIssue("parent_id", f"there is no category {new.parent_id}")])
    category_id = new.category_id or f"category-{secrets.token_hex(4)}"
    cursor.execute(
        f"""insert into categories (category_id, name, parent_id, display_order) values (%s, %s, %s, %s)
        on conflict (category_id) do nothing returning {_COLUMNS}""",  # noqa: S608  our own columns
        (category_id, new.name, new.parent_id, new.display_order),
    )
    row = cursor.fetchone()
    if row is None:
        raise ConflictError(f"There is a category {category_id} already.", code="id_taken")
    return _view(row)


def listing(cursor: Cursor, limit: int, after: list[Any] | None) -> list[dict[str, Any]]:
    """Categories in display order; `after` is the last one's (display_order, category_id)."""
    display_order, category_id = after or (-1, "")
    cursor.execute(
        f"""select {_COLUMNS} from categories where (display_order, category_id) > (%s, %s)
        order by display_order, category_id limit %s""",  # noqa: S608  our own columns
        (display_order, category_id, limit),
    )
    return [_view(row) for row in cursor.fetchall()]


def require(cursor: Cursor, category_id: str) -> None:
    """Raise NotFoundError unless the category exists."""
    if not _exists(cursor, category_id):
        raise NotFoundError("There is no such category.")


def _exists(cursor: Cursor, category_id: str) -> bool:
    cursor.execute("select 1 from categories where category_id = %s", (category_id,))
    return cursor.fetchone() is not None


def _view(row: Any) -> dict[str, Any]:
    return {**row, "created_at": rfc3339(row["created_at"])}
