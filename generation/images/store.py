"""Keeps a picture: the object first, then the row, so that a row never names what cannot be read."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

from generation.images.normalise import normalise
from generation.images.records import ImageRecord, Source, insert
from generation.ports import AssetStore, Downloader, Photo
from shared.db.pool import Database
from shared.errors import (
    FieldIssue,
    FieldsError,
    InvalidError,
    PermanentError,
    TooLargeError,
    UnsupportedError,
)
from shared.times import now

_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"}
_HASH_CHARACTERS = 16


def key_for(photo: Photo, *, owner: str, image_id: UUID) -> str:
    """`images/{owner's hash}/{image_id}-{content's hash}.jpg`: says nothing about the owner, never changes content."""
    who = hashlib.sha256(owner.encode()).hexdigest()[:_HASH_CHARACTERS]
    extension = _EXTENSIONS[photo.content_type]
    return f"images/{who}/{image_id}-{photo.sha256[:_HASH_CHARACTERS]}.{extension}"


async def keep(
    photo: Photo, *, owner: str, source: Source, image_id: UUID, db: Database, assets: AssetStore
) -> ImageRecord:
    """Store `photo` as `image_id`; the same id again gives what was stored first.

    Raises:
        UnavailableError: the asset store or the database is away; nothing is lost by repeating the call.
        PermanentError: `asset_rejected`.
        ConflictError: the id is somebody else's.
    """
    record = ImageRecord(
        image_id=image_id,
        owner=owner,
        source=source,
        s3_key=key_for(photo, owner=owner, image_id=image_id),
        content_type=photo.content_type,
        width=photo.width,
        height=photo.height,
        bytes=len(photo.content),
        sha256=photo.sha256,
        created_at=now(),
    )
    await assets.put(record.s3_key, photo.content, photo.content_type)
    return await db.run(lambda cursor: insert(cursor, record))


async def take_upload(
    content: bytes, *, owner: str, image_id: UUID, db: Database, assets: AssetStore
) -> ImageRecord:
    """Check, normalise and keep what somebody uploaded.

    Raises:
        TooLargeError, UnsupportedError, FieldsError: the picture is not one we take; `code` is `normalise`'s.
        UnavailableError, PermanentError, ConflictError: as `keep`.
    """
    try:
        photo = await asyncio.to_thread(normalise, content)
    except PermanentError as error:
        raise as_invalid(error, "file") from error
    return await keep(photo, owner=owner, source="upload", image_id=image_id, db=db, assets=assets)


async def take_url(
    url: str, *, owner: str, image_id: UUID, downloader: Downloader, db: Database, assets: AssetStore
) -> ImageRecord:
    """Fetch, check, normalise and keep the picture behind a URL.

    Raises:
        TooLargeError, UnsupportedError, FieldsError: the URL or its picture is not one we take.
        TransientError: `photo_unreachable`.
        UnavailableError, PermanentError, ConflictError: as `keep`.
    """
    try:
        photo = await asyncio.to_thread(normalise, await downloader.fetch(url))
    except PermanentError as error:
        raise as_invalid(error, "image_url") from error
    return await keep(photo, owner=owner, source="upload", image_id=image_id, db=db, assets=assets)


def as_invalid(error: PermanentError, field: str) -> InvalidError:
    """The 4xx answer for a picture that was refused; keeps the code."""
    if error.code == "photo_too_large":
        return TooLargeError(error.message, code=error.code)
    if error.code == "photo_not_an_image":
        return UnsupportedError(error.message, code=error.code)
    invalid = FieldsError([FieldIssue(loc=field, msg=error.message)])
    invalid.code = error.code
    return invalid
