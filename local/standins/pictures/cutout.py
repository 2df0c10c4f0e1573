"""Cutting a product out of a plain backdrop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.standins.pictures.measure import border_pixels, is_plain, median_color
from local.standins.pictures.outline import outlined

if TYPE_CHECKING:
    from PIL.Image import Image

_SMALL = 144  # side of the copy on which the outside is flooded
_SOLID = 40
_NEAR_CORNER = 40
_LEAST, _MOST = 0.02, 0.9  # shares of the picture that a cut-out product may fill
_RAMP = (22, 58)  # differences from the backdrop that are none and full
_CHROMA_RAMP = (5, 12)
_SHADOW_FLOOR = 62  # darker than any shadow on a backdrop
_SAME = 9
_COLORED_SHARE = 0.7


def cut_out(photo: Image) -> Image | None:
    """The product alone in RGBA, cropped; None if the photo has no plain backdrop to cut it from.

    Args:
        photo: RGBA; one with real transparency is taken as cut out already.
    """
    lowest, _ = photo.getchannel("A").getextrema()
    if isinstance(lowest, int | float) and lowest < _SOLID:
        return _cropped(photo)
    border = border_pixels(photo)
    if not is_plain(border):
        return None
    product = photo.copy()
    product.putalpha(_alpha(photo.convert("RGB"), median_color(border)))
    return _cropped(product)


def _alpha(photo: Image, middle: tuple[int, int, int]) -> Image:
    """How far each pixel belongs to the product.

    A product with colours of its own is told from its grey shadow by colour, and the backdrop seen through it
    (a handle) is left out. A grey or white one is told by its edges, which shadows lack.
    """
    from PIL import Image, ImageChops, ImageFilter

    backdrop = _backdrop(photo, middle)
    soft = _ramp(_largest(ImageChops.difference(photo, backdrop)), *_RAMP)
    dark = _ramp(ImageChops.invert(photo.convert("L")), 255 - _SHADOW_FLOOR, 275 - _SHADOW_FLOOR)
    own = ImageChops.lighter(_ramp(_chroma(photo, backdrop), *_CHROMA_RAMP), dark)
    inside = _enclosed(own).resize(photo.size, Image.Resampling.BICUBIC)
    alone = ImageChops.lighter(own, ImageChops.multiply(inside, _not_backdrop(photo, backdrop)))
    if _mass(alone) < _COLORED_SHARE * _mass(soft):
        outer, inner = outlined(photo)
        alone = ImageChops.darker(outer, ImageChops.lighter(soft, inner))
    return alone.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.7))


def _ramp(values: Image, low: int, high: int) -> Image:
    """0 up to `low`, 255 from `high`, smooth between."""
    from PIL import ImageFilter

    smooth = values.filter(ImageFilter.GaussianBlur(1.0))
    return smooth.point(lambda value: max(0, min(255, (value - low) * 255 // (high - low))))


def _largest(picture: Image) -> Image:
    from PIL import ImageChops

    red, green, blue = picture.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _chroma(photo: Image, backdrop: Image) -> Image:
    """How far the colour alone, whatever its brightness, is from the backdrop's."""
    from PIL import ImageChops

    _, blue, red = ImageChops.difference(photo.convert("YCbCr"), backdrop.convert("YCbCr")).split()
    return ImageChops.lighter(blue, red)


def _not_backdrop(photo: Image, backdrop: Image) -> Image:
    """Black in patches that are the very backdrop, white elsewhere."""
    from PIL import Image, ImageChops, ImageFilter

    small = (photo.width // 2 or 1, photo.height // 2 or 1)
    difference = _largest(ImageChops.difference(photo, backdrop)).resize(small, Image.Resampling.BOX)
    other = difference.point(lambda value: 255 if value > _SAME else 0)
    patches = other.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(1))
    return patches.resize(photo.size, Image.Resampling.BILINEAR)


def _mass(mask: Image) -> int:
    return sum(value * count for value, count in enumerate(mask.histogram()))


def _backdrop(photo: Image, middle: tuple[int, int, int]) -> Image:
    """The backdrop without the product: a gradient between the four corners, where they are like the border."""
    from PIL import Image

    small = photo.resize((32, 32), Image.Resampling.BOX)
    corners = Image.new("RGB", (2, 2), middle)
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        color = small.getpixel((x * 31, y * 31))
        if (
            isinstance(color, tuple)
            and max(abs(a - b) for a, b in zip(color, middle, strict=True)) <= _NEAR_CORNER
        ):
            corners.putpixel((x, y), color)
    return corners.resize(photo.size, Image.Resampling.BILINEAR)


def _enclosed(soft: Image) -> Image:
    """What cannot be reached from the edge without crossing the product, a little shrunk; a small mask."""
    from PIL import Image, ImageDraw, ImageFilter

    small = soft.resize((_SMALL, _SMALL), Image.Resampling.BOX)
    solid = small.point(lambda value: 255 if value > _SOLID else 0).filter(ImageFilter.MaxFilter(3))
    framed = Image.new("L", (_SMALL + 2, _SMALL + 2), 0)
    framed.paste(solid, (1, 1))
    ImageDraw.floodfill(framed, (0, 0), 128)
    inner = framed.crop((1, 1, _SMALL + 1, _SMALL + 1)).point(lambda value: 0 if value == 128 else 255)  # noqa: PLR2004 - the flood's colour
    return inner.filter(ImageFilter.MinFilter(7))


def _cropped(product: Image) -> Image | None:
    alpha = product.getchannel("A")
    box = alpha.point(lambda value: 255 if value > _SOLID else 0).getbbox()
    if box is None:
        return None
    share = sum(alpha.histogram()[_SOLID:]) / (product.width * product.height)
    return product.crop(box) if _LEAST <= share <= _MOST else None
