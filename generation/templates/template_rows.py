"""Templates and their versions as the API reads them from PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generation.templates.checked import without_mark
from generation.templates.listing import Filters
from shared.errors import NotFoundError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_SUMMARY = """t.template_id, t.category_id, t.block_type, t.name, t.description, t.status, t.version, t.provenance,
    t.created_at, t.updated_at"""
_ONE = f"""select {_SUMMARY}, v.version, v.template_html, v.metadata
    from templates t join template_versions v using (template_id)
    where t.template_id = %s and v.version = coalesce(%s, t.version)"""  # noqa: S608  our own columns
_SEARCHED = "lower(t.template_id || ' ' || t.block_type || ' ' || t.name || ' ' || t.description)"


def get(cursor: Cursor, template_id: str, version: int | None = None) -> dict[str, Any]:
    """A template with source and metadata; an earlier `version` differs in these alone.

    Raises:
        NotFoundError: no such template or version.
    """
    cursor.execute(_ONE, (template_id, version))
    row = cursor.fetchone()
    if row is None:
        of_it = "" if version is None else f", or no version {version} of it"
        raise NotFoundError(f"There is no such template{of_it}.")
    return {**_timed(row), "metadata": without_mark(row["metadata"])}


def listing(cursor: Cursor, filters: Filters, limit: int, after: list[Any] | None) -> list[dict[str, Any]]:
    """Templates without source and metadata, by id; `after` is the last one's id."""
    conditions, values = _conditions(filters)
    query = f"""select {_SUMMARY} from templates t
        where t.template_id > %(after)s and {" and ".join(conditions)}
        order by t.template_id limit %(limit)s"""  # noqa: S608  our own conditions
    cursor.execute(query, {**values, "after": after[0] if after else "", "limit": limit})
    return [_timed(row) for row in cursor.fetchall()]


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    conditions = ["t.status = any(%(statuses)s)"]
    values: dict[str, Any] = {"statuses": list(filters.statuses)}
    if filters.category_id:
        general = " or t.category_id is null" if filters.with_general else ""
        conditions.append(f"(t.category_id = %(category_id)s{general})")
        values["category_id"] = filters.category_id
    if filters.block_type:
        conditions.append("t.block_type = %(block_type)s")
        values["block_type"] = filters.block_type
    for number, word in enumerate(filters.words):
        # The index knows letters and pairs; only the text itself says whether they stand together.
        conditions.append(f"t.grams @> letter_grams(%(word{number})s)")
        conditions.append(f"strpos({_SEARCHED}, lower(%(word{number})s)) > 0")
        values[f"word{number}"] = word
    return conditions, values


def versions(cursor: Cursor, template_id: str, limit: int, before: list[Any] | None) -> list[dict[str, Any]]:
    """Every save of a template, newest first; `before` is the last one's number.

    Raises:
        NotFoundError: no such template.
    """
    get(cursor, template_id)
    cursor.execute(
        """select version, reason, saved_by, created_at from template_versions
        where template_id = %s and version < %s order by version desc limit %s""",
        (template_id, before[0] if before else 2**31 - 1, limit),
    )
    return [_timed(row) for row in cursor.fetchall()]


def _timed(row: Any) -> dict[str, Any]:
    return {name: rfc3339(value) if name.endswith("_at") and value else value for name, value in row.items()}
