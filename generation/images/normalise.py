"""Turns whatever was uploaded or drawn into the one kind of picture we keep.

A picture is what Pillow can decode as JPEG, PNG or WebP, whatever its name or media type says. What comes out is
upright, sRGB, at most 2048 pixels a side, encoded anew and without a byte of the metadata (place, camera, owner,
comments) that came in.
"""

from __future__ import annotations

import hashlib
import io
import threading
from typing import TYPE_CHECKING

from generation.images.colours import to_srgb
from generation.images.webp import webp_size
from generation.ports import Photo
from shared.errors import PermanentError

if TYPE_CHECKING:
    from PIL import Image

MAX_EDGE = 2048
MIN_EDGE = 64
MAX_PIXELS = 50_000_000
_JPEG_QUALITY = 88
_OPAQUE = 255
_EXIF_ORIENTATION = 0x0112
# A 50-megapixel PNG takes 250 MB while it is open: however many threads call, two pictures are open at once.
_open_at_once = threading.BoundedSemaphore(2)


def normalise(content: bytes) -> Photo:
    """The picture in `content`, made ours. CPU-bound (up to a second): call it on a thread.

    Raises:
        PermanentError: `photo_not_an_image`, `photo_unreadable` (truncated, broken), `photo_too_large` (pixels),
            `photo_too_small`.
    """
    try:
        with _open_at_once:
            return _encode(_upright(_decode(content)))
    except PermanentError:
        raise
    except (
        Exception
    ) as error:  # Pillow's decoders raise almost anything on hostile input; it is recorded as cause
        raise PermanentError("The picture is damaged.", code="photo_unreadable") from error


def decoded_small(content: bytes) -> tuple[int, int]:
    """Read a JPEG to its end at an eighth of its size, as proof that it is whole; its full size in pixels.

    Raises:
        PermanentError: as `normalise`.
    """
    try:
        with _open_at_once:
            opened = _open(content)
            size = opened.size
            opened.draft(None, (size[0] // 8, size[1] // 8))
            opened.load()
    except PermanentError:
        raise
    except Exception as error:  # as in `normalise`
        raise PermanentError("The picture is damaged.", code="photo_unreadable") from error
    return size


def _decode(content: bytes) -> Image.Image:
    """The first frame, not larger than MAX_EDGE."""
    opened = _open(content)
    size = _fitted(opened.size)
    # JPEG decodes straight to 1/2, 1/4 or 1/8: a 50-megapixel photo never unfolds in full.
    opened.draft(None, size)
    opened.load()
    return opened


def _open(content: bytes) -> Image.Image:
    # Naming the plugins keeps Pillow from importing all forty.
    from PIL import Image, JpegImagePlugin, PngImagePlugin, UnidentifiedImageError, WebPImagePlugin

    formats = [
        plugin.format
        for plugin in (
            JpegImagePlugin.JpegImageFile,
            PngImagePlugin.PngImageFile,
            WebPImagePlugin.WebPImageFile,
        )
    ]
    # Pillow reserves a WebP's whole canvas as it opens it; JPEG and PNG only have their headers read.
    _check_size(webp_size(content))
    try:
        opened = Image.open(io.BytesIO(content), formats=formats)
    except UnidentifiedImageError as error:
        raise PermanentError("That is no JPEG, PNG or WebP picture.", code="photo_not_an_image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    _check_size(opened.size)
    return opened


def _check_size(size: tuple[int, int] | None) -> None:
    if size is None:
        return
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_large()
    if min(_fitted(size)) < MIN_EDGE:
        raise PermanentError(
            f"The picture needs at least {MIN_EDGE} pixels on its shorter side.", code="photo_too_small"
        )


def _too_large() -> PermanentError:
    return PermanentError(
        f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels.", code="photo_too_large"
    )


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, MAX_EDGE / max(size)) if max(size) else 0.0
    return round(size[0] * scale), round(size[1] * scale)


def _upright(decoded: Image.Image) -> Image.Image:
    """RGB or RGBA in sRGB, turned as its EXIF says, small enough."""
    from PIL import Image

    turn = _turn(decoded)
    profile = decoded.info.get("icc_profile")
    image = _without_palette(decoded)
    image.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.LANCZOS)
    image = to_srgb(image, profile)
    return image.transpose(turn) if turn is not None else image


def _turn(image: Image.Image) -> Image.Transpose | None:
    from PIL import Image

    try:
        orientation = image.getexif().get(_EXIF_ORIENTATION)
    except Exception:  # noqa: BLE001  broken EXIF, of which Pillow makes many kinds of errors, spoils no photo
        return None
    turns = {  # CIPA DC-008 (Exif), Orientation
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return turns.get(orientation) if isinstance(orientation, int) else None


def _without_palette(image: Image.Image) -> Image.Image:
    """One of the modes that scale well: L, RGB, RGBA, CMYK."""
    if image.mode in {"L", "RGB", "RGBA", "CMYK"} and "transparency" not in image.info:
        return image
    if image.mode in {"I;16", "I;16B", "I;16L", "I"}:
        # 16-bit grey: convert() alone would cut everything above 255 to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    transparent = image.has_transparency_data
    return image.convert("RGBA" if transparent else "RGB")


def _encode(image: Image.Image) -> Photo:
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (_OPAQUE, _OPAQUE):
        image = image.convert("RGB")
    image.info.clear()  # Pillow would write comments, profiles and EXIF back out of here
    buffer = io.BytesIO()
    if image.mode == "RGBA":
        content_type = "image/png"
        image.save(buffer, "PNG")
    else:
        content_type = "image/jpeg"
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    content = buffer.getvalue()
    return Photo(
        content=content,
        content_type=content_type,
        width=image.width,
        height=image.height,
        sha256=hashlib.sha256(content).hexdigest(),
    )
