"""Writing templates: every save is a version, none is lost while something uses it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from generation.templates import template_rows
from generation.templates.checked import MARK
from generation.templates.requests import NewTemplate, TemplateChange
from shared.db.pool import as_json
from shared.errors import ConflictError, FieldIssue, FieldsError, NotFoundError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_INSERT = """
    insert into templates (template_id, category_id, block_type, name, description, status, version,
        template_html, metadata, provenance)
    values (%(template_id)s, %(category_id)s, %(block_type)s, %(name)s, %(description)s, %(status)s, 1,
        %(template_html)s, %(metadata)s, %(provenance)s)
    on conflict (template_id) do nothing returning version
"""
# Of a library template whose status alone is changed the seed's mark stays: nobody has edited it.
_UPDATE = """
    update templates set category_id = %(category_id)s, block_type = %(block_type)s, name = %(name)s,
        description = %(description)s, status = %(status)s, template_html = %(template_html)s,
        metadata = case when metadata - %(mark)s = %(metadata)s::jsonb
                and (category_id, block_type, name, description, template_html) is not distinct from
                    (%(category_id)s, %(block_type)s, %(name)s, %(description)s, %(template_html)s)
            then metadata else %(metadata)s::jsonb end,
        version = version + 1, updated_at = now()
    where template_id = %(template_id)s and version = %(version)s returning version
"""
# A page that is being made, or may be tried again, uses what its request names and what was chosen for it, though the
# page itself does not tell yet; one that is just choosing may choose this. Drafts are not chosen.
_IN_USE = """
    select exists (select from template_set_items where template_id = %(id)s)
        or exists (select from template_uses where template_id = %(id)s)
        or exists (select from tasks where status in ('queued', 'running') and kind = 'page'
            and (request -> 'template_ids')::jsonb ? %(id)s)
        or exists (select from tasks join task_steps using (task_id)
            where status <> 'completed' and kind = 'page' and step_key = 'templates'
                and jsonb_path_exists(
                    (task_steps.result #> '{value,templates}')::jsonb, '$[*][0] ? (@ == $id)', %(named)s::jsonb))
        or exists (select from templates, tasks where template_id = %(id)s and templates.status <> 'draft'
            and tasks.status = 'running' and kind = 'page'
            and not exists (select from task_steps
                where task_steps.task_id = tasks.task_id and step_key = 'templates')) as used
"""


def create(cursor: Cursor, new: NewTemplate, saved_by: str, *, provenance: str = "editor") -> dict[str, Any]:
    """Store a template whose source was checked; what GET answers.

    Raises:
        FieldsError: there is no such category. ConflictError: `id_taken`.
    """
    template_id = new.template_id or f"{new.block_type}-{secrets.token_hex(4)}"
    require_category(cursor, new.category_id)
    values = {**new.model_dump(), "template_id": template_id, "provenance": provenance}
    cursor.execute(_INSERT, {**values, "metadata": as_json(new.metadata)})
    if cursor.fetchone() is None:
        raise ConflictError(f"There is a template {template_id} already.", code="id_taken")
    _keep_version(cursor, template_id, saved_by, "created")
    return template_rows.get(cursor, template_id)


def merged(current: dict[str, Any], change: TemplateChange) -> dict[str, Any]:
    """The columns of `current` after `change`: what was not given, or given as null, stays.

    But null is a category (every one), and no metadata.

    Raises:
        ConflictError: `stale_version`: the change was made on another version than `current`.
    """
    if change.version != current["version"]:
        raise _stale(current["version"])
    given = {name: getattr(change, name) for name in change.model_fields_set - {"version"}}
    if "metadata" in given:
        given["metadata"] = given["metadata"] or {}
    return {
        **current,
        **{name: value for name, value in given.items() if value is not None or name == "category_id"},
        "version": change.version,
    }


def change(cursor: Cursor, content: dict[str, Any], saved_by: str, reason: str = "saved") -> dict[str, Any]:
    """Store `content` (see `merged`) as the version after `content["version"]`; what GET answers.

    Raises:
        FieldsError: there is no such category.
        NotFoundError: no such template. ConflictError: `stale_version`: somebody was faster.
    """
    require_category(cursor, content["category_id"])
    cursor.execute(_UPDATE, {**content, "metadata": as_json(content["metadata"]), "mark": MARK})
    if cursor.fetchone() is None:
        current = template_rows.get(cursor, content["template_id"])["version"]
        raise _stale(current)
    _keep_version(cursor, content["template_id"], saved_by, reason)
    return template_rows.get(cursor, content["template_id"])


def roll_back(cursor: Cursor, template_id: str, version: int, saved_by: str) -> dict[str, Any]:
    """Store an earlier version's source and metadata as the newest; what GET answers.

    Raises:
        NotFoundError: no such template or version.
    """
    _lock(cursor, template_id)
    # As stored, so that a return to the library's own content is seen as such by its seed.
    cursor.execute(
        """update templates t set template_html = v.template_html, metadata = v.metadata, version = t.version + 1,
            updated_at = now()
        from template_versions v
        where t.template_id = %(id)s and v.template_id = %(id)s and v.version = %(version)s returning t.version""",
        {"id": template_id, "version": version},
    )
    if cursor.fetchone() is None:
        raise NotFoundError(f"There is no version {version} of this template.")
    _keep_version(cursor, template_id, saved_by, f"rolled back to {version}")
    return template_rows.get(cursor, template_id)


def remove(cursor: Cursor, template_id: str, saved_by: str) -> dict[str, Any] | None:
    """Delete a template nothing uses: None. One that a set or a page uses is archived: what GET answers.

    Raises:
        NotFoundError: no such template.
    """
    _lock(cursor, template_id)
    cursor.execute(_IN_USE, {"id": template_id, "named": as_json({"id": template_id})})
    if not _row(cursor)["used"]:
        cursor.execute("delete from templates where template_id = %s", (template_id,))
        return None
    cursor.execute(
        """update templates set status = 'archived', version = version + 1, updated_at = now()
        where template_id = %s and status <> 'archived' returning version""",
        (template_id,),
    )
    if cursor.fetchone() is not None:
        _keep_version(cursor, template_id, saved_by, "archived")
    return template_rows.get(cursor, template_id)


def require_category(cursor: Cursor, category_id: str | None) -> None:
    """Raise FieldsError unless the category exists; None is every category."""
    cursor.execute("select 1 from categories where category_id = %s", (category_id,))
    if category_id is not None and cursor.fetchone() is None:
        raise FieldsError([FieldIssue("category_id", f"there is no category {category_id}")])


def _stale(version: int) -> ConflictError:
    return ConflictError(f"The template is at version {version} by now.", code="stale_version")


def _lock(cursor: Cursor, template_id: str) -> None:
    cursor.execute("select 1 from templates where template_id = %s for update", (template_id,))
    if cursor.fetchone() is None:
        raise NotFoundError("There is no such template.")


def _keep_version(cursor: Cursor, template_id: str, saved_by: str, reason: str) -> None:
    cursor.execute(
        """insert into template_versions (template_id, version, template_html, metadata, saved_by, reason)
        select template_id, version, template_html, metadata, %s, %s from templates where template_id = %s""",
        (saved_by, reason, template_id),
    )


def _row(cursor: Cursor) -> dict[str, Any]:
    row = cursor.fetchone()
    if row is None:
        raise TypeError("the query always answers one row")
    return dict(row)
