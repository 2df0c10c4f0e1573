"""Reads the template library from PostgreSQL.

A page is made of templates that hardly ever change, so what was read stays fresh for a moment (`fresh_for`): a
lookup is then a dictionary access. Versions never change and are kept, compiled, for the life of the process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.templates import usage
from generation.templates.checked import without_mark
from generation.templates.experiments import assigned_side
from generation.templates.models import Category, Experiment, Origin, Template, TemplateSet
from generation.templates.theme import parse_theme
from generation.templates.usage import TrackRecord
from shared.db.pool import Database
from shared.errors import FieldIssue, FieldsError, NotFoundError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_CURRENT = """
    select template_id, category_id, block_type, name, description, version, template_html, metadata
    from templates
"""
_VERSION = """
    select t.template_id, t.category_id, t.block_type, t.name, t.description,
           v.version, v.template_html, v.metadata
    from template_versions v join templates t using (template_id)
    where v.template_id = %s and v.version = %s
"""
_SET = """
    select s.template_set_id, s.category_id, s.name, s.description, s.theme, s.is_default,
           array(select i.template_id from template_set_items i join templates t using (template_id)
                 where i.template_set_id = s.template_set_id and t.status = 'active'
                 order by i.display_order) as template_ids,
           x.experiment_id, x.variant_set_id, x.share
    from template_sets s left join template_experiments x
        on x.template_set_id = s.template_set_id and x.stopped_at is null
    where """
_MAX_VERSIONS = 2_000
_RECORDS_FRESH_FOR = 300.0  # counted over many pages, and no one page changes them much


class TemplateRepository:
    """The library as the pipeline reads it.

    Args:
        db: where it is stored.
        fresh_for: seconds for which an answer may be given again without asking the database.
        clock: monotonic seconds.
    """

    def __init__(
        self, db: Database, *, fresh_for: float = 2.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._db = db
        self._fresh_for = fresh_for
        self._clock = clock
        self._versions: dict[tuple[str, int], Template] = {}
        self._answers: dict[tuple[str, object], tuple[float, Any]] = {}

    async def active(self, category_id: str | None) -> list[Template]:
        """Templates offered for a category: its own and those for all (every one if None), by type and id."""
        return list(
            await self._fresh(("active", category_id), lambda cursor: self._read_active(cursor, category_id))
        )

    async def get(self, template_ids: Sequence[str]) -> list[Template]:
        """The active templates of these ids, in this order.

        Raises:
            FieldsError: some do not exist or are not active; each is named.
        """
        asked = tuple(template_ids)
        found: dict[str, Template] = await self._fresh(
            ("get", asked), lambda cursor: self._read_ids(cursor, asked)
        )
        missing = [
            FieldIssue(f"template_ids.{n}", f"there is no active template {wanted}")
            for n, wanted in enumerate(asked)
            if wanted not in found
        ]
        if missing:
            self._answers.pop(("get", asked), None)
            raise FieldsError(missing)
        return [found[wanted] for wanted in asked]

    async def get_version(self, template_id: str, version: int) -> Template:
        """One version, as pages made with it need it, whatever has become of the template since.

        Raises:
            NotFoundError: no such version.
        """
        known = self._versions.get((template_id, version))
        if known:
            return known
        rows = await self._db.run(lambda cursor: _rows(cursor, _VERSION, (template_id, version)))
        if not rows:
            raise NotFoundError(f"there is no version {version} of template {template_id}")
        return self._template(rows[0])

    async def get_set(self, template_set_id: str) -> TemplateSet:
        """An active set, with those of its templates that are active.

        Raises:
            NotFoundError: no such set.
        """
        found = await self._set("s.status = 'active' and s.template_set_id = %s", template_set_id)
        if found is None:
            raise NotFoundError(f"there is no template set {template_set_id}")
        return found

    async def default_set(self, category_id: str | None) -> TemplateSet:
        """The set a page of this category is made of; the general one if the category has none.

        Raises:
            NotFoundError: the library is empty.
        """
        default = "s.status = 'active' and s.is_default and s.category_id"
        found = await self._set(f"{default} = %s", category_id) if category_id else None
        if found is None or not found.template_ids:
            found = await self._set(f"{default} is not distinct from %s", None)
        if found is None:
            raise NotFoundError("there is no default template set: run python -m generation.templates.seed")
        return found

    async def active_sets(self) -> list[TemplateSet]:
        """Every active set, by id."""
        query = f"{_SET} s.status = 'active' order by s.template_set_id"
        rows = await self._fresh(("active_sets", None), lambda cursor: _rows(cursor, query, ()))
        return [_template_set(row) for row in rows]

    async def assigned(self, chosen: TemplateSet, page_id: UUID) -> tuple[TemplateSet, Origin]:
        """The set a page is made of when `chosen` was chosen: another one for some pages while a test runs on it.

        Ask once for a page and keep the answer: a test may end before the page is finished.
        """
        test = chosen.experiment
        if test is None:
            return chosen, Origin(chosen.template_set_id)
        variant = await self._set("s.status <> 'archived' and s.template_set_id = %s", test.variant_set_id)
        if variant is None or not variant.template_ids:
            return chosen, Origin(chosen.template_set_id)
        side = assigned_side(test, page_id)
        shown = variant if side == "b" else chosen
        return shown, Origin(shown.template_set_id, test.experiment_id, side)

    async def track_records(self) -> dict[str, TrackRecord]:
        """What sellers did with pages made of each template, in the last `usage.WINDOW_DAYS` days, by template."""
        records: dict[str, TrackRecord] = await self._fresh(
            ("track_records", None), usage.track_records, fresh_for=_RECORDS_FRESH_FOR
        )
        return records

    async def categories(self) -> list[Category]:
        """All categories in display order."""
        query = "select category_id, name, parent_id, display_order from categories order by display_order, category_id"
        rows = await self._fresh(("categories", None), lambda cursor: _rows(cursor, query, ()))
        return [Category(**row) for row in rows]

    def forget(self) -> None:
        """Ask the database next time: call it after writing to the library."""
        self._answers.clear()

    async def _fresh[T](
        self, key: tuple[str, object], read: Callable[[Cursor], T], fresh_for: float | None = None
    ) -> T:
        now = self._clock()
        known = self._answers.get(key)
        if known and known[0] > now:
            answer: T = known[1]
            return answer
        answer = await self._db.run(read)
        if len(self._answers) > _MAX_VERSIONS:
            self._answers.clear()
        if answer:  # what is not there may come any moment
            self._answers[key] = (now + (self._fresh_for if fresh_for is None else fresh_for), answer)
        return answer

    async def _set(self, condition: str, value: str | None) -> TemplateSet | None:
        query = f"{_SET} {condition} order by s.template_set_id limit 1"
        rows = await self._fresh((condition, value), lambda cursor: _rows(cursor, query, (value,)))
        return _template_set(rows[0]) if rows else None

    def _read_active(self, cursor: Cursor, category_id: str | None) -> list[Template]:
        query = f"""{_CURRENT} where status = 'active'
            and (%s::text is null or category_id is null or category_id = %s) order by block_type, template_id"""
        return [self._template(row) for row in _rows(cursor, query, (category_id, category_id))]

    def _read_ids(self, cursor: Cursor, template_ids: tuple[str, ...]) -> dict[str, Template]:
        query = f"{_CURRENT} where status = 'active' and template_id = any(%s)"
        rows = _rows(cursor, query, (list(template_ids),))
        return {row["template_id"]: self._template(row) for row in rows}

    def _template(self, row: dict[str, Any]) -> Template:
        """The row as a template; one that was compiled before keeps its compilation."""
        fresh = Template(**row)
        key = (fresh.template_id, fresh.version)
        known = self._versions.get(key)
        if known == fresh:
            return known
        if len(self._versions) >= _MAX_VERSIONS:
            self._versions.clear()
        self._versions[key] = fresh
        return fresh


def _rows(cursor: Cursor, query: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    cursor.execute(query, values)
    return [dict(row) for row in cursor.fetchall()]


def _template_set(row: dict[str, Any]) -> TemplateSet:
    columns = dict(row)
    experiment_id, variant, share = (
        columns.pop(name) for name in ("experiment_id", "variant_set_id", "share")
    )
    return TemplateSet(
        **{
            **columns,
            "theme": parse_theme(without_mark(row["theme"])),
            "template_ids": tuple(row["template_ids"]),
            "experiment": Experiment(experiment_id, variant, share / 100) if experiment_id else None,
        }
    )
