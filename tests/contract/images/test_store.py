"""Rows in a real PostgreSQL, objects in a fake that holds them."""

import io
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from generation.images.normalise import normalise
from generation.images.records import get
from generation.images.store import keep, key_for, take_upload, take_url
from generation.ports import Photo
from shared.db.pool import Database
from shared.errors import (
    AppError,
    ConflictError,
    FieldsError,
    NotFoundError,
    PermanentError,
    TooLargeError,
    TransientError,
    UnavailableError,
    UnsupportedError,
)


class Bucket:
    """An AssetStore in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store, unless away."""
        if self.away:
            raise UnavailableError("away")
        self.objects[key] = content

    async def read(self, key: str) -> bytes:
        """What is there."""
        return self.objects[key]

    def url(self, key: str) -> str:
        """Some address."""
        return f"https://bucket/{key}"

    async def readable(self, key: str) -> bool:
        """Whether it is there."""
        return key in self.objects

    async def ping(self) -> float:
        """At once."""
        return 0.0


class Web:
    """A Downloader that holds pictures, or errors."""

    def __init__(self, **pages: Any) -> None:
        self.pages = pages

    async def fetch(self, url: str) -> bytes:
        """What is there."""
        found: bytes | AppError = self.pages[url]
        if isinstance(found, AppError):
            raise found
        return found


def picture(size: tuple[int, int] = (200, 100), mode: str = "RGB") -> bytes:
    """A PNG."""
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def photo() -> Photo:
    """A normalised photo."""
    return normalise(picture())


async def count(database: Database) -> int:
    """How many rows there are."""

    def work(cursor: Any) -> int:
        cursor.execute("select count(*) as n from images")
        found: int = cursor.fetchone()["n"]
        return found

    return await database.run(work)


async def test_kept_photo_is_found_again(database: Database, photo: Photo) -> None:
    """Object and row agree, and the key tells nothing about the owner."""
    bucket, image_id = Bucket(), uuid4()
    record = await keep(
        photo, owner="kim@shop", source="upload", image_id=image_id, db=database, assets=bucket
    )
    assert bucket.objects == {record.s3_key: photo.content}
    assert await database.run(lambda cursor: get(cursor, image_id, "kim@shop")) == record
    assert await database.run(lambda cursor: get(cursor, str(image_id), "kim@shop")) == record
    assert (record.width, record.height, record.bytes) == (200, 100, len(photo.content))
    assert "kim" not in record.s3_key
    assert record.s3_key.endswith(f"/{image_id}-{photo.sha256[:16]}.jpg")


async def test_keeping_again_changes_nothing(database: Database, photo: Photo) -> None:
    """A repeated step gives the first record."""
    bucket, image_id = Bucket(), uuid4()
    arguments: Any = {
        "owner": "u",
        "source": "generated",
        "image_id": image_id,
        "db": database,
        "assets": bucket,
    }
    first = await keep(photo, **arguments)
    assert await keep(photo, **arguments) == first
    other = normalise(picture((300, 300)))
    assert await keep(other, **arguments) == first
    assert await count(database) == 1


async def test_somebody_elses_id_is_refused(database: Database, photo: Photo) -> None:
    """An id belongs to whoever came first."""
    bucket, image_id = Bucket(), uuid4()
    await keep(photo, owner="a", source="upload", image_id=image_id, db=database, assets=bucket)
    with pytest.raises(ConflictError):
        await keep(photo, owner="b", source="upload", image_id=image_id, db=database, assets=bucket)


async def test_no_row_without_an_object(database: Database, photo: Photo) -> None:
    """While the store is away nothing is recorded."""
    bucket = Bucket()
    bucket.away = True
    with pytest.raises(UnavailableError):
        await keep(photo, owner="a", source="upload", image_id=uuid4(), db=database, assets=bucket)
    assert await count(database) == 0


@pytest.mark.parametrize("image_id", ["", "no-uuid", "b1e91c78-8e68-44a8-b8dd-d1fbf3a6b620", UUID(int=0)])
async def test_unknown_image_is_not_found(database: Database, image_id: UUID | str) -> None:
    """No such id, no id at all."""
    with pytest.raises(NotFoundError):
        await database.run(lambda cursor: get(cursor, image_id, "a"))


async def test_other_peoples_images_are_not_found(database: Database, photo: Photo) -> None:
    """As if it did not exist."""
    image_id = uuid4()
    await keep(photo, owner="a", source="drawn", image_id=image_id, db=database, assets=Bucket())
    with pytest.raises(NotFoundError):
        await database.run(lambda cursor: get(cursor, image_id, "b"))


def test_transparent_pictures_are_png(photo: Photo) -> None:
    """The key's ending is the content's type."""
    assert key_for(replace(photo, content_type="image/png"), owner="a", image_id=uuid4()).endswith(".png")


@pytest.mark.parametrize(
    ("content", "error", "code"),
    [
        (b"GIF89a", UnsupportedError, "photo_not_an_image"),
        (picture((10, 10)), FieldsError, "photo_too_small"),
        (picture()[:-30], FieldsError, "photo_unreadable"),
    ],
)
async def test_bad_upload_is_the_senders_mistake(
    database: Database, content: bytes, error: type[AppError], code: str
) -> None:
    """What was uploaded and is no good photo is a 4xx."""
    with pytest.raises(error) as caught:
        await take_upload(content, owner="a", image_id=uuid4(), db=database, assets=Bucket())
    assert caught.value.code == code


async def test_upload_is_kept_normalised(database: Database) -> None:
    """What is stored is ours, not what came."""
    bucket = Bucket()
    record = await take_upload(picture(), owner="a", image_id=uuid4(), db=database, assets=bucket)
    assert record.source == "upload"
    assert bucket.objects[record.s3_key].startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("found", "error", "code"),
    [
        (PermanentError("no", code="photo_url_forbidden"), FieldsError, "photo_url_forbidden"),
        (PermanentError("no", code="photo_not_found"), FieldsError, "photo_not_found"),
        (PermanentError("no", code="photo_too_large"), TooLargeError, "photo_too_large"),
        (b"<html>", UnsupportedError, "photo_not_an_image"),
        (TransientError("no", code="photo_unreachable"), TransientError, "photo_unreachable"),
    ],
)
async def test_bad_url_is_the_senders_mistake(
    database: Database, found: bytes | AppError, error: type[AppError], code: str
) -> None:
    """A URL that leads nowhere good is a 4xx; one that is away for now is not."""
    with pytest.raises(error) as caught:
        await take_url(
            "u", owner="a", image_id=uuid4(), downloader=Web(u=found), db=database, assets=Bucket()
        )
    assert caught.value.code == code


async def test_picture_behind_a_url_is_kept(database: Database) -> None:
    """Fetched, normalised, stored."""
    bucket = Bucket()
    record = await take_url(
        "u", owner="a", image_id=uuid4(), downloader=Web(u=picture()), db=database, assets=bucket
    )
    assert list(bucket.objects) == [record.s3_key]
