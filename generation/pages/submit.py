"""POST /generation/display-list: check what the request refers to, then queue it."""

from __future__ import annotations

from generation.images.records import require_image
from generation.pages.requests import PageRequest
from generation.pages.selection import Templates
from shared.db.pool import Database
from shared.errors import FieldIssue, FieldsError, NotFoundError


async def check_references(
    database: Database, templates: Templates, request: PageRequest, owner: str
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
    if request.image_id:
        try:
            await require_image(database, request.image_id, owner)
        except FieldsError as error:
            issues += error.issues
    if issues:
        raise FieldsError(issues)
