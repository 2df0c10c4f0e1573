"""Template sets as the API reads them from PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generation.templates import experiment_rows
from generation.templates.checked import without_mark
from generation.templates.listing import Filters
from shared.errors import NotFoundError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_COLUMNS = """s.template_set_id, s.category_id, s.name, s.description, s.theme, s.is_default, s.status, s.version,
    s.created_at, s.updated_at"""
_ITEMS = """
    select i.template_set_id, i.display_order, i.template_id, t.block_type, t.name, t.status
    from template_set_items i join templates t using (template_id)
    where i.template_set_id = any(%s) order by i.template_set_id, i.display_order
"""


def get(cursor: Cursor, template_set_id: str) -> dict[str, Any]:
    """A set with its items in order and the test that runs, if one does.

    Raises:
        NotFoundError: no such set.
    """
    cursor.execute(
        f"select {_COLUMNS} from template_sets s where s.template_set_id = %s",  # noqa: S608  our own columns
        (template_set_id,),
    )
    row = cursor.fetchone()
    if row is None:
        raise NotFoundError("There is no such template set.")
    return _views(cursor, [row])[0]


def listing(cursor: Cursor, filters: Filters, limit: int, after: list[Any] | None) -> list[dict[str, Any]]:
    """Sets as `get` gives them, by id; `after` is the last one's id."""
    category = "and s.category_id = %(category_id)s" if filters.category_id else ""
    cursor.execute(
        f"""select {_COLUMNS} from template_sets s
        where s.template_set_id > %(after)s and s.status = any(%(statuses)s) {category}
        order by s.template_set_id limit %(limit)s""",  # noqa: S608  our own columns and conditions
        {
            "after": after[0] if after else "",
            "statuses": list(filters.statuses),
            "category_id": filters.category_id,
            "limit": limit,
        },
    )
    return _views(cursor, list(cursor.fetchall()))


def _views(cursor: Cursor, rows: list[Any]) -> list[dict[str, Any]]:
    ids = [row["template_set_id"] for row in rows]
    cursor.execute(_ITEMS, (ids,))
    items: dict[str, list[dict[str, Any]]] = {one: [] for one in ids}
    for found in cursor.fetchall():
        items[found["template_set_id"]].append(
            {name: value for name, value in found.items() if name != "template_set_id"}
        )
    running = experiment_rows.running(cursor, ids)
    return [
        {
            **row,
            "theme": without_mark(row["theme"]),
            "items": items[row["template_set_id"]],
            "experiment": running.get(row["template_set_id"]),
            "created_at": rfc3339(row["created_at"]),
            "updated_at": rfc3339(row["updated_at"]),
        }
        for row in rows
    ]
