"""Writing template sets: their items in order, one default for each category, tests of two sets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from generation.templates import experiment_rows, set_rows
from generation.templates.authoring import require_category
from generation.templates.checked import MARK
from generation.templates.requests import NewSet, SetChange
from generation.templates.theme import parse_theme
from shared.db.pool import as_json
from shared.errors import ConflictError, FieldIssue, FieldsError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

LIBRARY_LOCK = 7_404_002  # any constant of our own: writers of sets and the seed take turns
_INSERT = """
    insert into template_sets (template_set_id, category_id, name, description, theme, is_default, status)
    values (%(template_set_id)s, %(category_id)s, %(name)s, %(description)s, %(theme)s, %(is_default)s, %(status)s)
    on conflict (template_set_id) do nothing returning version
"""
# A theme that stays keeps the seed's mark: to be the default, or not, is no edit.
_UPDATE = """
    update template_sets set category_id = %(category_id)s, name = %(name)s, description = %(description)s,
        theme = case when theme - %(mark)s = %(theme)s::jsonb then theme else %(theme)s::jsonb end,
        is_default = %(is_default)s, status = %(status)s, version = version + 1, updated_at = now()
    where template_set_id = %(template_set_id)s
"""
_IN_USE = """
    select 1 where exists (select from page_origins where template_set_id = %(id)s)
        or exists (select from template_experiments
            where variant_set_id = %(id)s or (template_set_id = %(id)s and stopped_at is null))
        or exists (select from tasks where status in ('queued', 'running') and kind = 'page'
            and request ->> 'template_set_id' = %(id)s)
"""


def create(cursor: Cursor, new: NewSet) -> dict[str, Any]:
    """Store a set; what GET answers.

    Raises:
        FieldsError: unknown category, templates or variant, a theme that is none, a default that is not active.
        ConflictError: `id_taken`.
    """
    _take_turn(cursor)
    set_id = new.template_set_id or f"set-{secrets.token_hex(4)}"
    content = new.model_dump(exclude={"items", "template_ids", "experiment"}) | {"template_set_id": set_id}
    _check(cursor, content)
    _make_room(cursor, content)
    cursor.execute(_INSERT, {**content, "theme": as_json(content["theme"])})
    if cursor.fetchone() is None:
        raise ConflictError(f"There is a template set {set_id} already.", code="id_taken")
    _place(cursor, set_id, new.ordered() or [], listed=new.items is None)
    if new.experiment:
        experiment_rows.start(cursor, set_id, new.experiment)
    return set_rows.get(cursor, set_id)


def change(cursor: Cursor, template_set_id: str, asked: SetChange) -> dict[str, Any]:
    """Store a changed set; what GET answers.

    What was not given, or given as null, stays, but for the category and the test: null makes the set one for every
    category, and ends the test.

    Raises:
        FieldsError: as `create`. NotFoundError: no such set.
        ConflictError: `stale_version`: somebody was faster; `default_needed`: it is the set for everything else.
    """
    _take_turn(cursor)
    current = set_rows.get(cursor, template_set_id)
    if current["version"] != asked.version:
        raise ConflictError(f"The set is at version {current['version']} by now.", code="stale_version")
    content = _merged(current, asked)
    _check(cursor, content)
    _keep_general(current, content)
    _make_room(cursor, content)
    cursor.execute(_UPDATE, {**content, "theme": as_json(content["theme"]), "mark": MARK})
    items = asked.ordered()
    if items is not None:
        _place(cursor, template_set_id, items, listed=asked.items is None)
    _carry_on_testing(cursor, current, content, asked)
    return set_rows.get(cursor, template_set_id)


def remove(cursor: Cursor, template_set_id: str) -> dict[str, Any] | None:
    """Delete a set nothing uses: None. One that a page or a test uses is archived: what GET answers.

    Raises:
        NotFoundError: no such set. ConflictError: `default_needed`.
    """
    _take_turn(cursor)
    current = set_rows.get(cursor, template_set_id)
    archived = {**current, "status": "archived", "is_default": False}
    _keep_general(current, archived)
    cursor.execute(_IN_USE, {"id": template_set_id})
    if cursor.fetchone() is None:
        cursor.execute("delete from template_sets where template_set_id = %s", (template_set_id,))
        return None
    experiment_rows.end_all(cursor, template_set_id)
    if current["status"] != "archived":
        cursor.execute(_UPDATE, {**archived, "theme": as_json(current["theme"]), "mark": MARK})
    return set_rows.get(cursor, template_set_id)


def _take_turn(cursor: Cursor) -> None:
    cursor.execute("select pg_advisory_xact_lock(%s)", (LIBRARY_LOCK,))


def _merged(current: dict[str, Any], asked: SetChange) -> dict[str, Any]:
    given = asked.model_dump(exclude={"version", "items", "template_ids", "experiment"}, exclude_unset=True)
    return {
        **current,
        **{name: value for name, value in given.items() if value is not None or name == "category_id"},
    }


def _check(cursor: Cursor, content: dict[str, Any]) -> None:
    content["theme"] = parse_theme(content["theme"]).as_json()
    require_category(cursor, content["category_id"])
    if content["is_default"] and content["status"] != "active":
        raise FieldsError([FieldIssue("is_default", "only an active set can be the default")])


def _keep_general(current: dict[str, Any], content: dict[str, Any]) -> None:
    """Pages of a product no category fits, or of a category without a default, are made of the general default."""
    is_general = current["is_default"] and current["category_id"] is None
    if is_general and not (content["is_default"] and content["category_id"] is None):
        raise ConflictError(
            "This is the default for everything else: make another set that default first.",
            code="default_needed",
        )


def _make_room(cursor: Cursor, content: dict[str, Any]) -> None:
    if content["is_default"]:
        cursor.execute(
            """update template_sets set is_default = false, version = version + 1, updated_at = now()
            where is_default and category_id is not distinct from %s and template_set_id <> %s""",
            (content["category_id"], content["template_set_id"]),
        )


def _place(cursor: Cursor, template_set_id: str, items: Sequence[tuple[int, str]], *, listed: bool) -> None:
    # The lock keeps a template from being deleted between this look and the insert.
    wanted = [template_id for _, template_id in items]
    cursor.execute("select template_id from templates where template_id = any(%s) for key share", (wanted,))
    there = {row["template_id"] for row in cursor.fetchall()}
    if issues := _item_issues(items, there, listed=listed):
        raise FieldsError(issues)
    cursor.execute("delete from template_set_items where template_set_id = %s", (template_set_id,))
    for display_order, template_id in items:
        cursor.execute(
            "insert into template_set_items (template_set_id, display_order, template_id) values (%s, %s, %s)",
            (template_set_id, display_order, template_id),
        )


def _item_issues(items: Sequence[tuple[int, str]], there: set[str], *, listed: bool) -> list[FieldIssue]:
    """What is wrong with items, by the path they were given under: `template_ids` if `listed`."""
    issues = []
    seen: set[str] = set()
    orders: set[int] = set()
    for number, (display_order, template_id) in enumerate(items):
        where = f"template_ids.{number}" if listed else f"items.{number}.template_id"
        if template_id not in there:
            issues.append(FieldIssue(where, f"there is no template {template_id}"))
        if template_id in seen:
            issues.append(FieldIssue(where, "is in the set already"))
        if display_order in orders:
            issues.append(FieldIssue(f"items.{number}.display_order", "is another item's"))
        seen.add(template_id)
        orders.add(display_order)
    return issues


def _carry_on_testing(
    cursor: Cursor, current: dict[str, Any], content: dict[str, Any], asked: SetChange
) -> None:
    set_id = current["template_set_id"]
    if content["status"] == "archived":
        experiment_rows.end_all(cursor, set_id)
    elif "experiment" in asked.model_fields_set and asked.experiment is None:
        experiment_rows.stop(cursor, set_id)
    before = [item["template_id"] for item in current["items"]]
    items = asked.ordered()
    same_items = items is None or [template_id for _, template_id in sorted(items)] == before
    if not same_items or content["theme"] != parse_theme(current["theme"]).as_json():
        experiment_rows.begin_anew(cursor, set_id)
    if asked.experiment and content["status"] != "archived":
        experiment_rows.start(cursor, set_id, asked.experiment)
