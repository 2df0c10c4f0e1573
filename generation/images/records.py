"""The table `images`: whose picture is where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from shared.db.pool import Database
from shared.errors import ConflictError, FieldIssue, FieldsError, NotFoundError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

type Source = Literal["upload", "generated", "drawn"]

_INSERT = """
insert into images (image_id, owner, source, s3_key, content_type, width, height, bytes, sha256, created_at)
values (%(image_id)s, %(owner)s, %(source)s, %(s3_key)s, %(content_type)s, %(width)s, %(height)s, %(bytes)s,
    %(sha256)s, %(created_at)s)
on conflict (image_id) do nothing
"""
_SELECT = """
select image_id, owner, source, s3_key, content_type, width, height, bytes, sha256, created_at
from images where image_id = %(image_id)s
"""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One stored picture; `bytes` is its encoded size, `sha256` that of the encoded content."""

    image_id: UUID
    owner: str
    source: Source
    s3_key: str
    content_type: str
    width: int
    height: int
    bytes: int
    sha256: str
    created_at: datetime


def insert(cursor: Cursor, record: ImageRecord) -> ImageRecord:
    """Store `record`; where its id is stored already, nothing changes. Returns what is stored.

    Raises:
        ConflictError: the id is somebody else's.
    """
    values: dict[str, Any] = {name: getattr(record, name) for name in ImageRecord.__slots__}
    cursor.execute(_INSERT, {**values, "image_id": str(record.image_id)})
    stored = _select(cursor, record.image_id)
    if stored is None or stored.owner != record.owner:
        raise ConflictError("This image id is taken.", code="image_id_taken")
    return stored


def get(cursor: Cursor, image_id: UUID | str, owner: str) -> ImageRecord:
    """The picture `image_id` of `owner`.

    Raises:
        NotFoundError: there is none, or it is somebody else's, or the id is no UUID.
    """
    found = _select(cursor, _uuid(image_id))
    if found is None or found.owner != owner:
        raise _missing()
    return found


def _uuid(image_id: UUID | str) -> UUID:
    try:
        return image_id if isinstance(image_id, UUID) else UUID(image_id)
    except ValueError:
        raise _missing() from None


def _missing() -> NotFoundError:
    return NotFoundError("There is no such image.", code="image_not_found")


def _select(cursor: Cursor, image_id: UUID) -> ImageRecord | None:
    cursor.execute(_SELECT, {"image_id": str(image_id)})
    row: dict[str, Any] | None = cursor.fetchone()
    return None if row is None else ImageRecord(**{**row, "image_id": UUID(str(row["image_id"]))})


async def require_image(database: Database, image_id: UUID, owner: str) -> None:
    """Refuse a request that names a picture its sender does not have.

    Raises:
        FieldsError: `image_id`.
    """
    try:
        await database.run(lambda cursor: get(cursor, image_id, owner))
    except NotFoundError as error:
        raise FieldsError([FieldIssue("image_id", "there is no such image of yours")]) from error
