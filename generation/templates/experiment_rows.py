"""A/B tests of template sets in PostgreSQL: at most one runs on a set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from generation.templates.requests import ExperimentWish
from shared.errors import FieldIssue, FieldsError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_COLUMNS = "experiment_id, template_set_id, variant_set_id, share, goal, started_at, stopped_at"


def running(cursor: Cursor, template_set_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The tests that run, by the set they run on."""
    cursor.execute(
        f"""select {_COLUMNS} from template_experiments
        where template_set_id = any(%s) and stopped_at is null""",  # noqa: S608  our own columns
        (list(template_set_ids),),
    )
    return {row["template_set_id"]: _view(row) for row in cursor.fetchall()}


def of_sets(cursor: Cursor, template_set_ids: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Tests in which any of these sets is either side, newest first."""
    cursor.execute(
        f"""select {_COLUMNS} from template_experiments
        where template_set_id = any(%(ids)s) or variant_set_id = any(%(ids)s)
        order by experiment_id desc limit %(limit)s""",  # noqa: S608  our own columns
        {"ids": list(template_set_ids), "limit": limit},
    )
    return [{"template_set_id": row["template_set_id"], **_view(row)} for row in cursor.fetchall()]


def start(cursor: Cursor, template_set_id: str, wish: ExperimentWish) -> None:
    """Have this test run on the set; one that is just this goes on, another is stopped.

    Raises:
        FieldsError: the variant does not exist, is archived, or is the set itself.
    """
    current = running(cursor, [template_set_id]).get(template_set_id)
    asked = {"variant_set_id": wish.variant_set_id, "share": round(wish.share, 2), "goal": wish.goal}
    if current and asked == {name: current[name] for name in asked}:
        return
    _require_variant(cursor, template_set_id, wish.variant_set_id)
    stop(cursor, template_set_id)
    _insert(cursor, template_set_id, wish.variant_set_id, round(wish.share * 100), wish.goal)


def stop(cursor: Cursor, template_set_id: str) -> None:
    """End the test that runs on the set; its figures stay."""
    cursor.execute(
        "update template_experiments set stopped_at = now() where template_set_id = %s and stopped_at is null",
        (template_set_id,),
    )


def end_all(cursor: Cursor, template_set_id: str) -> None:
    """End every test in which the set is either side."""
    cursor.execute(
        """update template_experiments set stopped_at = now()
        where (template_set_id = %(id)s or variant_set_id = %(id)s) and stopped_at is null""",
        {"id": template_set_id},
    )


def begin_anew(cursor: Cursor, template_set_id: str) -> None:
    """End the tests in which the set is either side and start them over: what is compared has changed."""
    cursor.execute(
        """update template_experiments set stopped_at = now()
        where (template_set_id = %(id)s or variant_set_id = %(id)s) and stopped_at is null
        returning template_set_id, variant_set_id, share, goal""",
        {"id": template_set_id},
    )
    for row in cursor.fetchall():
        _insert(cursor, row["template_set_id"], row["variant_set_id"], row["share"], row["goal"])


def _insert(cursor: Cursor, template_set_id: str, variant_set_id: str, percent: int, goal: str) -> None:
    cursor.execute(
        "insert into template_experiments (template_set_id, variant_set_id, share, goal) values (%s, %s, %s, %s)",
        (template_set_id, variant_set_id, percent, goal),
    )


def _require_variant(cursor: Cursor, template_set_id: str, variant_set_id: str) -> None:
    if variant_set_id == template_set_id:
        raise FieldsError([FieldIssue("experiment.variant_set_id", "must be another set")])
    cursor.execute(
        "select 1 from template_sets where template_set_id = %s and status <> 'archived'", (variant_set_id,)
    )
    if cursor.fetchone() is None:
        raise FieldsError([FieldIssue("experiment.variant_set_id", f"there is no set {variant_set_id}")])


def _view(row: Any) -> dict[str, Any]:
    stopped = row["stopped_at"]
    return {
        "experiment_id": row["experiment_id"],
        "variant_set_id": row["variant_set_id"],
        "share": row["share"] / 100,
        "goal": row["goal"],
        "started_at": rfc3339(row["started_at"]),
        "stopped_at": rfc3339(stopped) if stopped else None,
    }
