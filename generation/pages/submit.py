"""POST /generation/display-list: check what the request refers to, then queue it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from generation.images import records
from generation.pages.requests import PageRequest
from generation.pages.selection import Templates
from generation.tasks.run import Transactions
from shared.errors import FieldIssue, FieldsError, NotFoundError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


async def check_references(
    database: Transactions, templates: Templates, request: PageRequest, owner: str
) -> None:
    """Refuse a request that names an image, template, set or category that is not there.

    Raises:
        FieldsError: each field that names nothing.
    """
    issues: list[FieldIssue] = []
    if request.template_ids:
        try:
            await templates.get(request.template_ids)
        except FieldsError as error:
            issues += error.issues
    if request.template_set_id:
        try:
            await templates.get_set(request.template_set_id)
        except NotFoundError:
            issues.append(FieldIssue("template_set_id", "there is no such template set"))
    if request.category_id:
        known = {category.category_id for category in await templates.categories()}
        if request.category_id not in known:
            issues.append(FieldIssue("category_id", f"must be one of: {', '.join(sorted(known))}"))
    if request.image_id and not await _has_image(database, request.image_id, owner):
        issues.append(FieldIssue("image_id", "there is no such image of yours"))
    if issues:
        raise FieldsError(issues)


async def _has_image(database: Transactions, image_id: UUID, owner: str) -> bool:
    def look(cursor: Cursor) -> bool:
        try:
            records.get(cursor, image_id, owner)
        except NotFoundError:
            return False
        return True

    return await database.run(look)
