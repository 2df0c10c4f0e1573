"""What templates and sets are used for: pages made of them, and what sellers did with those pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.templates.models import Origin
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

WINDOW_DAYS = 90
LIKED = 4  # of 5

# A page counts once, whatever was said of it how often.
_OUTCOMES = """
    count(*) as pages,
    count(*) filter (where pages.version = 1) as kept,
    count(*) filter (where pages.version > 1) as edited,
    count(*) filter (where said.exported) as exported,
    count(said.rating) as rated,
    count(*) filter (where said.liked) as liked,
    round(avg(said.rating), 2)::float as rating
"""
_SAID = f"""
    join pages using (page_id)
    left join lateral (
        select bool_or(exported) as exported, bool_or(rating >= {LIKED}) as liked, avg(rating) as rating
        from page_feedback where page_feedback.page_id = pages.page_id
    ) said on true
"""  # noqa: S608  our own constant


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Pages made of a template, and how many of them were exported or rated well."""

    pages: int
    good: int


def record_page(
    cursor: Cursor, page_id: UUID, blocks: Sequence[tuple[str, int]], origin: Origin | None = None
) -> None:
    """Note what a new page was made of, in the transaction that stores it.

    Args:
        cursor: in that transaction, after the page's row.
        page_id: the page.
        blocks: (template_id, template_version) of each.
        origin: the set and the side of a test; None when the seller chose templates one by one.

    What was deleted meanwhile is left out: the page matters more than its count.
    """
    origin = origin or Origin()
    cursor.execute(
        """insert into page_origins (page_id, template_set_id, experiment_id, variant)
        values (%(page)s, (select template_set_id from template_sets where template_set_id = %(set)s for key share),
            (select experiment_id from template_experiments where experiment_id = %(test)s for key share), %(side)s)
        on conflict (page_id) do nothing""",
        {
            "page": str(page_id),
            "set": origin.template_set_id,
            "test": origin.experiment_id,
            "side": origin.variant,
        },
    )
    versions = dict(blocks)
    cursor.execute(
        """insert into template_uses (template_id, page_id, template_version)
        select there.template_id, %(page)s, used.version
        from (select template_id from templates where template_id = any(%(ids)s::text[]) for key share) there
            join unnest(%(ids)s::text[], %(versions)s::integer[]) as used (template_id, version) using (template_id)
        on conflict do nothing""",
        {"page": str(page_id), "ids": list(versions), "versions": list(versions.values())},
    )


def track_records(cursor: Cursor) -> dict[str, TrackRecord]:
    """Every template's record over the last `WINDOW_DAYS` days."""
    cursor.execute(
        f"""select template_id, count(*) as pages,
            count(*) filter (where said.exported or said.liked) as good
        from template_uses {_SAID} where template_uses.created_at > now() - make_interval(days => {WINDOW_DAYS})
        group by template_id"""  # noqa: S608  our own constants
    )
    return {row["template_id"]: TrackRecord(row["pages"], row["good"]) for row in cursor.fetchall()}


def of_template(cursor: Cursor, template_id: str) -> dict[str, Any]:
    """Pages by version, outcomes, the sets that hold it, the last use."""
    cursor.execute(
        f"select {_OUTCOMES}, max(template_uses.created_at) as last_used_at"  # noqa: S608  our own constants
        f" from template_uses {_SAID} where template_id = %s",
        (template_id,),
    )
    totals = _totals(cursor.fetchone())
    cursor.execute(
        """select template_version as version, count(*) as pages from template_uses
        where template_id = %s group by template_version order by template_version desc""",
        (template_id,),
    )
    versions = [dict(row) for row in cursor.fetchall()]
    cursor.execute(
        """select s.template_set_id, s.name, s.status, s.is_default
        from template_set_items i join template_sets s using (template_set_id)
        where i.template_id = %s order by s.template_set_id""",
        (template_id,),
    )
    return {**totals, "versions": versions, "sets": [dict(row) for row in cursor.fetchall()]}


def of_set(cursor: Cursor, template_set_id: str) -> dict[str, Any]:
    """Outcomes and the last use."""
    cursor.execute(
        f"select {_OUTCOMES}, max(page_origins.created_at) as last_used_at"  # noqa: S608  our own constants
        f" from page_origins {_SAID} where template_set_id = %s",
        (template_set_id,),
    )
    return _totals(cursor.fetchone())


def of_experiment(cursor: Cursor, experiment_id: int) -> dict[str, dict[str, Any]]:
    """Outcomes by side, `a` and `b`; zeros for a side without pages."""
    cursor.execute(
        f"""select sides.variant, {_OUTCOMES.replace("count(*)", "count(pages.page_id)")}
        from (values ('a'), ('b')) as sides (variant)
            left join (page_origins {_SAID}) on page_origins.variant = sides.variant
                and page_origins.experiment_id = %s
        group by sides.variant order by sides.variant""",  # noqa: S608  our own constants
        (experiment_id,),
    )
    return {
        row["variant"]: {name: row[name] for name in row if name != "variant"} for row in cursor.fetchall()
    }


def _totals(row: Any) -> dict[str, Any]:
    last = row["last_used_at"]
    outcomes = {name: value for name, value in row.items() if name not in {"pages", "last_used_at"}}
    return {
        "pages": row["pages"],
        "last_used_at": rfc3339(last) if last else None,
        "outcomes": outcomes,
    }
