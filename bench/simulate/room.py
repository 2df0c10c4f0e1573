"""The room that a page takes in PostgreSQL, counted on many copies of those that were made.

Twenty pages leave the first block of most tables and indexes half empty: alone they would seem to take twice as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812  a class under a lower-case name

_COPIES = 50
_KEYS = """
create temp table copies as
select task_id, page_id, gen_random_uuid() as new_task, gen_random_uuid() as new_page
from tasks join pages using (task_id) cross join generate_series(1, %s)
"""
# Of each table: what is new in a copy, and which rows are copied; every other column is taken over.
_TABLES: Mapping[str, tuple[Mapping[str, str], str]] = {
    "tasks": ({"task_id": "new_task"}, "join copies using (task_id)"),
    "task_steps": ({"task_id": "new_task"}, "join copies using (task_id)"),
    "pages": ({"page_id": "new_page", "task_id": "new_task"}, "join copies using (page_id)"),
    "page_versions": ({"page_id": "new_page"}, "join copies using (page_id)"),
    "page_origins": ({"page_id": "new_page"}, "join copies using (page_id)"),
    "template_uses": ({"page_id": "new_page"}, "join copies using (page_id)"),
    "images": ({"image_id": "gen_random_uuid()"}, f"cross join generate_series(1, {_COPIES})"),
    "outbox": (
        {"id": "default", "stream": "new_task::text", "event_id": "gen_random_uuid()"},
        "join copies on stream = task_id::text",
    ),
}
_COLUMNS = """
select string_agg(column_name, ', ') as names from information_schema.columns
where table_name = %s and column_name <> all(%s)
"""
_SIZES = """
select (select sum(pg_total_relation_size(name::regclass)) from unnest(%s) as name) as row_bytes,
    pg_total_relation_size('task_steps') as step_bytes, pg_total_relation_size('outbox') as outbox_bytes
"""
# What a step takes beside its result, index and row's header: some hundred bytes.
_PURGED_SHARE = """
select sum(pg_column_size(result) + 100) filter (where step_key <> 'plan')::float8 / sum(pg_column_size(result) + 100)
from task_steps
"""


def of_a_page(cursor: Cursor, pages: int) -> dict[str, float]:
    """A page's bytes with indexes and TOAST: `row_bytes`; the part of them that is purged; the outbox apart.

    Args:
        cursor: of a connection that commits each statement; the database is full of copies afterwards.
        pages: how many there are, all finished and published.

    Raises:
        BenchError: there are none.
    """
    cursor.execute("vacuum")
    before = _sizes(cursor)
    cursor.execute(_KEYS, (_COPIES,))
    for table, (new, rows) in _TABLES.items():
        _copy(cursor, table, new, rows)
    cursor.execute("vacuum")
    grown = {name: (value - before[name]) / (_COPIES * pages) for name, value in _sizes(cursor).items()}
    return {**grown, "step_bytes": grown["step_bytes"] * float(_one(cursor, _PURGED_SHARE)[0])}


def _copy(cursor: Cursor, table: str, new: Mapping[str, str], rows: str) -> None:
    names = _one(cursor, _COLUMNS, (table, list(new)))[0]
    made = {name: value for name, value in new.items() if value != "default"}
    cursor.execute(
        f"insert into {table} ({', '.join(made)}, {names})"  # noqa: S608  our own names
        f" select {', '.join(made.values())}, {names} from {table} {rows}"
    )


def _sizes(cursor: Cursor) -> dict[str, float]:
    rows = _one(cursor, _SIZES, ([name for name in _TABLES if name != "outbox"],))
    return dict(zip(("row_bytes", "step_bytes", "outbox_bytes"), map(float, rows), strict=True))


def _one(cursor: Cursor, query: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    cursor.execute(query, values)
    row = cursor.fetchone()
    if row is None or row[0] is None:
        raise BenchError("there is no page whose room could be counted")
    return row
