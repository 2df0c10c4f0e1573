"""Pictures an image model made: proven to be whole and kept as they are, without their metadata.

A photo from outside is encoded anew (normalise.py). What the model sends has just been encoded, and encoding it a
second time costs six times the CPU of reading it, and quality. Anything out of the ordinary goes to `normalise`.
"""

from __future__ import annotations

import hashlib

from generation.images.normalise import MAX_EDGE, decoded_small, normalise
from generation.ports import Photo

# Marker codes of ITU T.81, table B.1.
_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN, _COMMENT, _APP1, _APP15 = 0xDA, 0xFE, 0xE1, 0xEF
_ADOBE = 0xEE  # APP14 changes what the colours mean
_MARKER = 0xFF


def keep_as_made(content: bytes) -> Photo:
    """The picture with its pixels untouched; CPU-bound (milliseconds): call it on a thread.

    Raises:
        PermanentError: as `normalise`.
    """
    plain = _without_metadata(content)
    if plain is None:
        return normalise(content)
    size = decoded_small(plain)
    if max(size) > MAX_EDGE:
        return normalise(content)
    return Photo(
        content=plain,
        content_type="image/jpeg",
        width=size[0],
        height=size[1],
        sha256=hashlib.sha256(plain).hexdigest(),
    )


def _without_metadata(content: bytes) -> bytes | None:
    """A JPEG without its APP1-APP15 and comment segments; None for what is not a plain JPEG.

    Plain is: nothing after its end, no colour profile, no Adobe transform, no EXIF (which may turn it).
    """
    if not (content.startswith(_START) and content.endswith(_END)):
        return None
    kept, at = [_START], 2
    while at + 4 <= len(content) and content[at] == _MARKER:
        marker, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == _SCAN:
            return b"".join([*kept, content[at:]])
        if marker == _ADOBE or content[at + 4 : end].startswith((b"ICC_PROFILE", b"Exif")):
            return None
        if marker != _COMMENT and not _APP1 <= marker <= _APP15:
            kept.append(content[at:end])
        at = end
    return None
