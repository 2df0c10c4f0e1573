"""Pictures from a prompt and perhaps a photo; equal requests give equal bytes."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING

from local.standins.images import Picture
from local.standins.pictures.cutout import cut_out
from local.standins.pictures.framed import frame
from local.standins.pictures.mark import stamp
from local.standins.pictures.measure import open_photo
from local.standins.pictures.palette import Palette, mix, palette_for, rng_for
from local.standins.pictures.stage import STAGES, Stage
from local.standins.pictures.still_life import still_life

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 88
_CUT_SIDE = 880
_GRAIN = 5  # grey levels of noise, against banding in the gradients
_GRAIN_TILE = 256
_SHADOW_REDUCED = 4  # shadows are blurred on a copy this much smaller


def draw(picture: Picture, photo: bytes | None) -> bytes:
    """The encoded picture: the photo's product in a scene of the prompt's own, marked as a sample.

    Raises:
        RefusedError: 400, the photo cannot be opened.
    """
    size = (picture.width, picture.height)
    rng = rng_for(picture.prompt, picture.seed, size)
    palette = palette_for(picture.prompt, rng)
    opened = open_photo(photo, max(size)) if photo is not None else None
    product = cut_out(_reduced(opened)) if opened is not None else still_life(palette, rng, min(size))
    if product is None and opened is not None:
        canvas = frame(opened.convert("RGB"), size, palette, rng)
    else:
        canvas = _scene(product, size, palette, rng)  # type: ignore[arg-type]  # a still life is never None
    canvas = _grained(canvas, rng)
    stamp(canvas)
    return _encoded(canvas, picture.output_format)


def _reduced(photo: Image) -> Image:
    """A copy no larger than a product in a scene needs."""
    copy = photo.copy()
    copy.thumbnail((_CUT_SIDE, _CUT_SIDE), reducing_gap=2.0)
    return copy


def _scene(product: Image, size: tuple[int, int], palette: Palette, rng: Random) -> Image:
    stage = rng.choice(STAGES)(size, palette, rng)
    placed = _scaled(product, stage.room)
    if stage.flat:
        placed = _turned(placed, rng.uniform(-14, 14))
    corner = (stage.foot[0] - placed.width // 2, stage.foot[1] - placed.height)
    _cast_shadow(stage, placed, corner, palette)
    stage.picture.paste(placed.convert("RGB"), corner, placed.getchannel("A"))
    return stage.picture


def _scaled(product: Image, room: tuple[int, int]) -> Image:
    from PIL import Image

    share = min(room[0] / product.width, room[1] / product.height)
    size = (max(1, round(product.width * share)), max(1, round(product.height * share)))
    return product.resize(size, Image.Resampling.LANCZOS if share < 1 else Image.Resampling.BICUBIC)


def _turned(product: Image, degrees: float) -> Image:
    from PIL import Image

    return product.rotate(degrees, Image.Resampling.BICUBIC, expand=True)


def _cast_shadow(stage: Stage, product: Image, corner: tuple[int, int], palette: Palette) -> None:
    """A soft shadow away from the light; it is blurred on a reduced copy, which looks the same and is faster."""
    from PIL import Image

    reduced = tuple(max(1, side // _SHADOW_REDUCED) for side in stage.picture.size)
    alpha = product.getchannel("A").resize(tuple(max(1, side // _SHADOW_REDUCED) for side in product.size))
    place = (corner[0] // _SHADOW_REDUCED, corner[1] // _SHADOW_REDUCED)
    paint = _shadow_around if stage.flat else _shadow_below
    mask = paint(Image.new("L", (reduced[0], reduced[1]), 0), alpha, place, stage.light)
    dark = mix(palette.floor_shade, (12, 10, 10), 0.8)
    stage.picture.paste(dark, (0, 0), mask.resize(stage.picture.size, Image.Resampling.BICUBIC))


def _shadow_around(mask: Image, alpha: Image, place: tuple[int, int], light: float) -> Image:
    """Seen from above: the product's own shape, moved a little."""
    from PIL import ImageFilter

    shape = alpha.point(lambda value: value * 120 // 255)
    mask.paste(
        shape, (place[0] - round(alpha.width * 0.05 * light), place[1] + round(alpha.height * 0.05)), shape
    )
    return mask.filter(ImageFilter.GaussianBlur(alpha.width * 0.04))


def _shadow_below(mask: Image, alpha: Image, place: tuple[int, int], light: float) -> Image:
    """Seen from the side: a long shadow on the floor, and a dark line of contact where the product stands."""
    from PIL import Image, ImageChops, ImageDraw, ImageFilter

    foot = alpha.crop((0, round(alpha.height * 0.9), alpha.width, alpha.height)).getbbox()
    if foot is None:
        return mask
    left, right, base = place[0] + foot[0], place[0] + foot[2], place[1] + alpha.height
    width, thick = right - left, max(1.5, (right - left) * 0.05)
    far = width * 0.42 * light
    long = [min(left, left - far), base - thick * 2.2, max(right, right - far), base + thick * 1.4]
    ImageDraw.Draw(mask).ellipse(long, fill=100)
    contact = Image.new("L", mask.size, 0)
    ImageDraw.Draw(contact).ellipse([left, base - thick * 1.1, right, base + thick * 0.7], fill=190)
    soft = mask.filter(ImageFilter.GaussianBlur(max(2.0, width * 0.05)))
    return ImageChops.lighter(soft, contact.filter(ImageFilter.GaussianBlur(thick * 0.8)))


def _grained(canvas: Image, rng: Random) -> Image:
    from PIL import Image, ImageChops

    side = _GRAIN_TILE
    noise = Image.frombytes("L", (side, side), rng.randbytes(side * side)).point(
        lambda value: value * _GRAIN // 255
    )
    sheet = Image.new("L", canvas.size)
    for x in range(0, canvas.width, side):
        for y in range(0, canvas.height, side):
            sheet.paste(noise, (x, y))
    return ImageChops.add(canvas, Image.merge("RGB", (sheet, sheet, sheet)), 1, -(_GRAIN // 2))


def _encoded(canvas: Image, output_format: str) -> bytes:
    buffer = io.BytesIO()
    if output_format == "png":
        canvas.save(buffer, "PNG", compress_level=3)
    else:
        canvas.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
