"""Sets of templates as one JSON document: written from one library, checked and read into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from generation.templates import arranging, authoring, categories, set_rows, template_rows
from generation.templates.checked import checked_template
from generation.templates.requests import (
    Id,
    NewCategory,
    NewSet,
    NewTemplate,
    SetChange,
    TemplateChange,
    TemplateId,
)
from generation.templates.seed import SeedReport
from generation.templates.syntax import TemplateSyntaxIssue
from generation.templates.theme import parse_theme
from shared.errors import FieldIssue, FieldsError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

FORMAT = "product-details-templates"
_TEMPLATE = (
    "template_id", "category_id", "block_type", "name", "description", "status", "template_html", "metadata"
)  # fmt: skip
_SET = ("template_set_id", "category_id", "name", "description", "theme", "is_default", "status")


class ExchangedCategory(NewCategory):
    """A category; its id is part of it."""

    category_id: Id


class ExchangedTemplate(NewTemplate):
    """A template; its id is part of it."""

    template_id: TemplateId


class ExchangedSet(NewSet):
    """A set; its id is part of it, tests are not exchanged."""

    template_set_id: Id
    experiment: None = None


class Bundle(BaseModel):
    """The document. Categories come before those they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["product-details-templates"]
    schema_version: Literal[1]
    categories: Annotated[list[ExchangedCategory], Field(max_length=1000)]
    templates: Annotated[list[ExchangedTemplate], Field(max_length=5000)]
    sets: Annotated[list[ExchangedSet], Field(max_length=1000)]


def export(cursor: Cursor, template_set_ids: Sequence[str]) -> dict[str, Any]:
    """These sets (all that are not archived, if none is named) with the templates and categories they need.

    Raises:
        NotFoundError: no such set.
    """
    wanted = list(dict.fromkeys(template_set_ids)) or _all_sets(cursor)
    sets = [set_rows.get(cursor, one) for one in wanted]
    ids = sorted({item["template_id"] for found in sets for item in found["items"]})
    templates = [template_rows.get(cursor, one) for one in ids]
    needed = {one["category_id"] for one in (*sets, *templates)} - {None}
    return {
        "format": FORMAT,
        "schema_version": 1,
        "categories": _categories(cursor, needed),
        "templates": [{name: one[name] for name in _TEMPLATE} for one in templates],
        "sets": [
            {
                **{name: one[name] for name in _SET},
                "template_ids": [item["template_id"] for item in one["items"]],
            }
            for one in sets
        ],
    }


def check(bundle: Bundle) -> None:
    """Check every template's source and metadata, every theme, and that nothing is there twice.

    Raises:
        FieldsError: all that is wrong, by path in the document, templates with line and column.
    """
    issues = [
        *_repeated("categories", "category_id", bundle.categories),
        *_repeated("templates", "template_id", bundle.templates),
        *_repeated("sets", "template_set_id", bundle.sets),
    ]
    for number, template in enumerate(bundle.templates):
        try:
            checked_template(template.template_html, template.metadata)
        except TemplateSyntaxIssue as error:
            where = f"templates.{number}.template_html"
            issues += [
                FieldIssue(where, f"line {found.line}, column {found.column}: {found.message}")
                for found in error.problems
            ]
        except FieldsError as error:
            issues += _below(f"templates.{number}", error)
    for number, one in enumerate(bundle.sets):
        try:
            parse_theme(one.theme)
        except FieldsError as error:
            issues += _below(f"sets.{number}", error)
    if issues:
        raise FieldsError(issues)


def _repeated(where: str, key: str, listed: Sequence[BaseModel]) -> list[FieldIssue]:
    """An issue for each id that stands before: which of the two is meant nobody could tell."""
    seen: set[str] = set()
    issues = []
    for number, one in enumerate(listed):
        identity = getattr(one, key)
        if identity in seen:
            issues.append(FieldIssue(f"{where}.{number}.{key}", f"{identity} is in the document already"))
        seen.add(identity)
    return issues


def read_in(cursor: Cursor, bundle: Bundle, saved_by: str) -> SeedReport:
    """Bring the library to what a checked bundle says, in the caller's transaction.

    What is there and different gets a new version; what is the same stays; nothing is deleted. A set becomes its
    category's default only where there is none.

    Raises:
        FieldsError: something refers to what is neither in the bundle nor in the library.
    """
    report = SeedReport()
    known = {row["category_id"] for row in categories.listing(cursor, 2**31 - 1, None)}
    for number, category in enumerate(bundle.categories):
        if category.category_id not in known:
            with _Place(f"categories.{number}"):
                categories.create(cursor, category)
            report.added.append(category.category_id)
    for number, template in enumerate(bundle.templates):
        with _Place(f"templates.{number}"):
            report.note(template.template_id, _read_template(cursor, template, saved_by))
    for number, one in enumerate(bundle.sets):
        with _Place(f"sets.{number}"):
            report.note(one.template_set_id, _read_set(cursor, one))
    return report


def _read_template(cursor: Cursor, new: ExchangedTemplate, saved_by: str) -> str | None:
    try:
        current = template_rows.get(cursor, new.template_id)
    except NotFoundError:
        authoring.create(cursor, new, saved_by, provenance="import")
        return "added"
    content = new.model_dump()
    if all(current[name] == content[name] for name in _TEMPLATE):
        return None
    change = TemplateChange(version=current["version"], **{name: content[name] for name in _TEMPLATE[1:]})
    authoring.change(cursor, authoring.merged(current, change), saved_by, "imported")
    return "updated"


def _read_set(cursor: Cursor, new: ExchangedSet) -> str | None:
    new = new.model_copy(update={"is_default": new.is_default and not _has_default(cursor, new)})
    try:
        current = set_rows.get(cursor, new.template_set_id)
    except NotFoundError:
        arranging.create(cursor, new)
        return "added"
    content = new.model_dump(include=set(_SET)) | {"theme": parse_theme(new.theme).as_json()}
    content["is_default"] = current["is_default"] or content["is_default"]
    ids = [template_id for _, template_id in sorted(new.ordered() or [])]
    unchanged = all(current[name] == content[name] for name in _SET)
    if unchanged and [item["template_id"] for item in current["items"]] == ids:
        return None
    asked = SetChange(
        version=current["version"], template_ids=ids, **{name: content[name] for name in _SET[1:]}
    )
    arranging.change(cursor, new.template_set_id, asked)
    return "updated"


def _has_default(cursor: Cursor, new: ExchangedSet) -> bool:
    cursor.execute(
        """select 1 from template_sets
        where is_default and category_id is not distinct from %s and template_set_id <> %s""",
        (new.category_id, new.template_set_id),
    )
    return cursor.fetchone() is not None


def _all_sets(cursor: Cursor) -> list[str]:
    cursor.execute("select template_set_id from template_sets where status <> 'archived' order by 1")
    return [row["template_set_id"] for row in cursor.fetchall()]


def _categories(cursor: Cursor, needed: set[str]) -> list[dict[str, Any]]:
    """The categories of these ids and those above them, parents first."""
    rows: Mapping[str, dict[str, Any]] = {
        row["category_id"]: {name: value for name, value in row.items() if name != "created_at"}
        for row in categories.listing(cursor, 2**31 - 1, None)
    }
    listed: dict[str, dict[str, Any]] = {}

    def add(category_id: str) -> None:
        parent = rows[category_id]["parent_id"]
        if parent is not None and parent not in listed:
            add(parent)
        listed.setdefault(category_id, rows[category_id])

    for category_id in sorted(needed):
        add(category_id)
    return list(listed.values())


def _below(where: str, error: FieldsError) -> list[FieldIssue]:
    return [FieldIssue(f"{where}.{issue.loc}", issue.msg) for issue in error.issues]


class _Place:
    """Errors in here name where in the document they came from."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FieldsError):
            raise FieldsError(_below(self._where, error)) from error
        if isinstance(error, InvalidError):
            raise FieldsError([FieldIssue(self._where, error.message)]) from error
