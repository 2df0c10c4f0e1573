"""`python -m generation.templates.seed`: put the seed library into the database of DATABASE_URL.

Running it again changes nothing; after an update of the library it adds a new version of what changed. What an
administrator has edited meanwhile is theirs and stays as it is. Each row remembers, under `library_sha256`, the
content it was given, which is how the three cases are told apart.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generation.templates.arranging import LIBRARY_LOCK
from generation.templates.checked import MARK
from generation.templates.library_files import Library, read_library
from generation.templates.models import Template, TemplateSet
from shared.db.pool import as_json

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


@dataclass(slots=True)
class SeedReport:
    """Ids by what happened to them: new, updated to a new version, kept because somebody edited them."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def note(self, identity: str, outcome: str | None) -> None:
        """Record an outcome: `added`, `updated`, `kept`, or None for unchanged."""
        if outcome:
            getattr(self, outcome).append(identity)


def seed(cursor: Cursor, library: Library) -> SeedReport:
    """Bring the tables to the library's content, in the caller's transaction (`db.run`)."""
    cursor.execute("select pg_advisory_xact_lock(%s)", (LIBRARY_LOCK,))
    report = SeedReport()
    for category in library.categories:
        cursor.execute(
            """insert into categories (category_id, name, parent_id, display_order) values (%s, %s, %s, %s)
            on conflict (category_id) do nothing""",
            (category.category_id, category.name, category.parent_id, category.display_order),
        )
    for template in library.templates:
        report.note(template.template_id, _seed_template(cursor, template))
    for template_set in library.sets:
        report.note(template_set.template_set_id, _seed_set(cursor, template_set))
    return report


def _seed_template(cursor: Cursor, template: Template) -> str | None:
    cursor.execute(
        """select category_id, block_type, name, description, version, template_html, metadata
        from templates where template_id = %s for update""",
        (template.template_id,),
    )
    row = cursor.fetchone()
    content = _template_content(vars(template))
    outcome = _outcome(content, _template_content(row) if row else None, row["metadata"] if row else None)
    if outcome in {"added", "updated"}:
        version = row["version"] + 1 if row else 1
        _write_template(cursor, template, version, {**template.metadata, MARK: _sha256(content)})
    return outcome


def _template_content(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("category_id", "block_type", "name", "description", "template_html")
    metadata = {key: value for key, value in row["metadata"].items() if key != MARK}
    return {**{key: row[key] for key in keys}, "metadata": metadata}


def _write_template(cursor: Cursor, template: Template, version: int, metadata: dict[str, Any]) -> None:
    values = {**vars(template), "version": version, "metadata": as_json(metadata)}
    cursor.execute(
        """insert into templates
            (template_id, category_id, block_type, name, description, version, template_html, metadata, provenance)
        values (%(template_id)s, %(category_id)s, %(block_type)s, %(name)s, %(description)s, %(version)s,
            %(template_html)s, %(metadata)s, 'library')
        on conflict (template_id) do update set
            category_id = excluded.category_id, block_type = excluded.block_type, name = excluded.name,
            description = excluded.description, version = excluded.version,
            template_html = excluded.template_html, metadata = excluded.metadata, updated_at = now()""",
        values,
    )
    cursor.execute(
        """insert into template_versions (template_id, version, template_html, metadata)
        values (%(template_id)s, %(version)s, %(template_html)s, %(metadata)s)""",
        values,
    )


def _seed_set(cursor: Cursor, template_set: TemplateSet) -> str | None:
    stored = _stored_set(cursor, template_set.template_set_id)
    content = _set_content(template_set)
    current = {key: value for key, value in stored.items() if key != "mark"} if stored else None
    outcome = _outcome(content, current, {MARK: stored["mark"]} if stored else None)
    if outcome in {"added", "updated"}:
        _write_set(cursor, template_set, content)
    return outcome


def _set_content(template_set: TemplateSet) -> dict[str, Any]:
    return {
        "category_id": template_set.category_id,
        "name": template_set.name,
        "description": template_set.description,
        "theme": template_set.theme.as_json(),
        "template_ids": list(template_set.template_ids),
    }


def _stored_set(cursor: Cursor, template_set_id: str) -> dict[str, Any] | None:
    cursor.execute(
        """select category_id, name, description, theme - %(mark)s as theme, theme->>%(mark)s as mark,
            array(select template_id from template_set_items i where i.template_set_id = s.template_set_id
                  order by display_order) as template_ids
        from template_sets s where template_set_id = %(id)s for update""",
        {"mark": MARK, "id": template_set_id},
    )
    row = cursor.fetchone()
    return dict(row) if row else None


def _write_set(cursor: Cursor, template_set: TemplateSet, content: dict[str, Any]) -> None:
    theme = as_json({**content["theme"], MARK: _sha256(content)})
    # A default chosen by an administrator stays the default.
    cursor.execute(
        """insert into template_sets (template_set_id, category_id, name, description, theme, is_default)
        values (%(template_set_id)s, %(category_id)s, %(name)s, %(description)s, %(theme)s,
            %(is_default)s and not exists (select from template_sets
                where is_default and category_id is not distinct from %(category_id)s))
        on conflict (template_set_id) do update set category_id = excluded.category_id, name = excluded.name,
            description = excluded.description, theme = excluded.theme,
            version = template_sets.version + 1, updated_at = now()""",
        {
            **content,
            "theme": theme,
            "template_set_id": template_set.template_set_id,
            "is_default": template_set.is_default,
        },
    )
    cursor.execute(
        "delete from template_set_items where template_set_id = %s", (template_set.template_set_id,)
    )
    for order, template_id in enumerate(template_set.template_ids):
        cursor.execute(
            "insert into template_set_items (template_set_id, display_order, template_id) values (%s, %s, %s)",
            (template_set.template_set_id, order, template_id),
        )


def _outcome(wanted: Any, stored: Any, marked: Mapping[str, Any] | None) -> str | None:
    if stored is None:
        return "added"
    mark = (marked or {}).get(MARK)
    # An import brings the library's own content without its mark.
    if mark == _sha256(wanted) or stored == wanted:
        return None
    return "updated" if mark == _sha256(stored) else "kept"


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def main() -> None:
    """Run the command."""
    from shared.db.connect import connector
    from shared.db.pool import Database
    from shared.settings import DatabaseSettings

    library = read_library()
    report = Database(connector(DatabaseSettings()), size=1).run_sync(lambda cursor: seed(cursor, library))
    sys.stdout.write(
        f"added {len(report.added)}, updated {len(report.updated)}, kept {len(report.kept)} edited"
        f" ({', '.join(report.kept) or 'none'})\n"
    )


if __name__ == "__main__":
    main()
