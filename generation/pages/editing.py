"""Editing a stored page: read what the edit refers to, change the document, store a new version."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from generation.images.pictures import KeptImage, Pictures
from generation.pages import repository
from generation.pages.document import PageDocument
from generation.pages.edits import PageEdit, edited
from generation.tasks.run import Transactions
from generation.templates.models import Template
from shared.errors import ConflictError, NotFoundError

type TemplateVersion = Callable[[str, int], Awaitable[Template]]


async def edit_page(
    database: Transactions,
    template_version: TemplateVersion,
    pictures: Pictures,
    page_id: UUID,
    owner: str,
    edit: PageEdit,
) -> dict[str, Any]:
    """The page after the edit, as GET answers it.

    Raises:
        NotFoundError: no such page, or somebody else's.
        FieldsError: see `edited`. ConflictError: the base version is not the current one.
    """
    stored = await database.run(lambda cursor: repository.get(cursor, page_id, owner))
    if stored["version"] != edit.base_version:
        raise ConflictError(f"The page is at version {stored['version']} by now.", code="stale_version")
    document = repository.document_of(stored)
    changed = edited(
        document,
        edit,
        await templates_of(document, template_version),
        await _pictures(pictures, edit.picture_ids(), owner),
    )

    def store(cursor: Any) -> dict[str, Any]:
        repository.add_version(cursor, page_id, owner, edit.base_version, changed, "edited")
        return repository.get(cursor, page_id, owner)

    return await database.run(store)


async def templates_of(
    document: PageDocument, template_version: TemplateVersion
) -> dict[tuple[str, int], Template]:
    """Every template version the document was made with."""
    keys = {(block.template_id, block.template_version) for block in document.blocks}
    return {key: await template_version(*key) for key in sorted(keys)}


async def _pictures(pictures: Pictures, image_ids: set[UUID], owner: str) -> dict[UUID, KeptImage]:
    found = {}
    for image_id in image_ids:
        try:
            found[image_id] = await pictures.uploaded(image_id, owner)
        except NotFoundError:
            continue  # `edited` names the field
    return found
