"""Colours as browsers expect them: sRGB, without a profile to say so."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Real profiles are a few KB (CMYK ones up to 2 MB).
_LARGEST_PROFILE = 4 * 1024 * 1024
_SPACES = {"RGB": "RGB", "RGBA": "RGB", "L": "GRAY", "CMYK": "CMYK"}


def to_srgb(image: Image.Image, profile: object) -> Image.Image:
    """`image` (L, RGB, RGBA or CMYK) as RGB or RGBA in sRGB.

    A usable ICC profile is applied, so that a phone's Display P3 red stays that red; a broken one, or one for
    another colour space, is left aside.
    """
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and 0 < len(profile) <= _LARGEST_PROFILE:
        converted = _converted(image, profile)
        if converted is not None:
            return converted
    return image if image.mode == mode else image.convert(mode)


def _converted(image: Image.Image, profile: bytes) -> Image.Image | None:
    from PIL import Image, ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != _SPACES[image.mode]:
            return None
        opaque = image.convert("RGB") if image.mode == "RGBA" else image
        converted = ImageCms.profileToProfile(
            opaque, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if converted is None:
        return None
    if image.mode != "RGBA":
        return converted
    return Image.merge("RGBA", (*converted.split(), image.getchannel("A")))
