"""Pictures of the model are kept as made: pixels untouched, metadata gone, broken ones refused."""

import io
from typing import Any

import pytest
from PIL import Image

from generation.images.generated import keep_as_made
from generation.images.normalise import MAX_EDGE
from shared.errors import PermanentError


def encoded(size: tuple[int, int] = (640, 480), kind: str = "JPEG", **options: Any) -> bytes:
    """A picture with some structure."""
    buffer = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_pixels_are_untouched() -> None:
    """A plain JPEG comes back byte for byte."""
    content = encoded()
    photo = keep_as_made(content)
    assert photo.content == content
    assert (photo.width, photo.height, photo.content_type) == (640, 480, "image/jpeg")


def test_comments_and_xmp_are_taken_out() -> None:
    """The scan stays the same; what stood beside it is gone."""
    content = encoded(comment=b"who made me", xmp=b"<x:xmpmeta>where</x:xmpmeta>")
    photo = keep_as_made(content)
    assert b"who made me" not in photo.content
    assert b"xmpmeta" not in photo.content
    assert Image.open(io.BytesIO(photo.content)).tobytes() == Image.open(io.BytesIO(content)).tobytes()


def test_exif_is_applied_and_gone() -> None:
    """A turned picture goes the long way."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = keep_as_made(encoded(exif=exif))
    assert (photo.width, photo.height) == (480, 640)
    assert b"Exif" not in photo.content


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_are_encoded_anew(kind: str) -> None:
    """Everything out of the ordinary is normalised."""
    assert keep_as_made(encoded(kind=kind)).content_type == "image/jpeg"


def test_too_large_ones_are_made_smaller() -> None:
    """No longer edge than a seller's photo may have."""
    photo = keep_as_made(encoded((MAX_EDGE + 200, 400)))
    assert photo.width == MAX_EDGE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00\xff\xd9",
        encoded()[:2000],
        b"<html>not a picture</html>",
    ],
)
def test_broken_ones_are_refused(content: bytes) -> None:
    """Cut, empty, or something else."""
    with pytest.raises(PermanentError):
        keep_as_made(content)
