"""Busy photographs, from which nothing can be cut out: cropped, tinted and framed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from local.standins.pictures.masks import glow, gradient, shape_mask, shifted
from local.standins.pictures.palette import Palette, mix

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Size = tuple[int, int]


def frame(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    """The photo as a picture of its own: one of five ways of framing it."""
    return rng.choice(_FRAMES)(photo, size, palette, rng)


def _crop(photo: Image, size: Size, rng: Random, zoom: float) -> Image:
    """A part of the photo with the proportions of `size`, near its middle, `zoom` times enlarged."""
    from PIL import Image

    share = min(photo.width / size[0], photo.height / size[1]) / zoom
    width, height = size[0] * share, size[1] * share
    left = (photo.width - width) * rng.uniform(0.3, 0.7)
    top = (photo.height - height) * rng.uniform(0.3, 0.7)
    return photo.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))


def _tinted(photo: Image, palette: Palette, share: float) -> Image:
    from PIL import Image, ImageChops, ImageEnhance

    solid = Image.new("RGB", photo.size, palette.accent)
    toned = Image.blend(photo, ImageChops.soft_light(photo, solid), share)
    return ImageEnhance.Contrast(toned).enhance(1.04)


def _full(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    """The whole frame, with light from one side and darker edges."""
    from PIL import Image, ImageChops

    picture = _tinted(_crop(photo, size, rng, rng.uniform(1.0, 1.25)), palette, 0.55)
    edges = ImageChops.invert(glow(size, (0.5, 0.5), 0.85, 255)).point(lambda value: value * 110 // 255)
    picture.paste(mix(palette.floor_shade, (0, 0, 0), 0.75), (0, 0), edges)
    light = glow(size, (rng.choice((0.1, 0.9)), 0.1), 0.7, 80)
    picture.paste(Image.new("RGB", size, palette.wall), (0, 0), light)
    return picture


def _on_wall(
    photo: Image, size: Size, palette: Palette, rng: Random, paint: Callable[[ImageDraw, float], None]
) -> Image:
    """The photo seen through a shape on a coloured wall, with a shadow."""
    from PIL import Image, ImageFilter

    wall = gradient(size, palette.wall, palette.wall_shade, sideways=rng.random() < 0.5)  # noqa: PLR2004 - a coin
    mask = shape_mask(size, paint)
    reduced = mask.resize((size[0] // 4, size[1] // 4)).filter(ImageFilter.GaussianBlur(min(size) * 0.006))
    shadow = shifted(reduced.resize(size, Image.Resampling.BICUBIC), 0, round(size[1] * 0.015))
    wall.paste(
        mix(palette.floor_shade, (0, 0, 0), 0.6), (0, 0), shadow.point(lambda value: value * 120 // 255)
    )
    wall.paste(_tinted(_crop(photo, size, rng, rng.uniform(1.0, 1.2)), palette, 0.4), (0, 0), mask)
    return wall


def _card(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    width, height = size
    margin = min(size) * rng.uniform(0.09, 0.14)

    def paint(draw: ImageDraw, scale: float) -> None:
        box = [margin * scale, margin * scale, (width - margin) * scale, (height - margin) * scale]
        draw.rounded_rectangle(box, radius=margin * 0.3 * scale, fill=255)

    return _on_wall(photo, size, palette, rng, paint)


def _round(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    width, height = size
    radius = min(size) * rng.uniform(0.4, 0.44)
    x, y = width * rng.uniform(0.47, 0.53), height * rng.uniform(0.47, 0.53)

    def paint(draw: ImageDraw, scale: float) -> None:
        box = [(x - radius) * scale, (y - radius) * scale, (x + radius) * scale, (y + radius) * scale]
        draw.ellipse(box, fill=255)

    return _on_wall(photo, size, palette, rng, paint)


def _arched(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    width, height = size
    half = min(size) * rng.uniform(0.36, 0.42)

    def paint(draw: ImageDraw, scale: float) -> None:
        box = [
            (width / 2 - half) * scale,
            height * 0.08 * scale,
            (width / 2 + half) * scale,
            height * 1.4 * scale,
        ]
        draw.rounded_rectangle(box, radius=half * scale, fill=255)

    return _on_wall(photo, size, palette, rng, paint)


def _pair(photo: Image, size: Size, palette: Palette, rng: Random) -> Image:
    """The photo beside an enlarged part of itself."""
    width, height = size
    gap = round(min(size) * 0.018)
    wide = round(width * rng.uniform(0.56, 0.64))
    picture = gradient(size, palette.wall, palette.wall_shade)
    main, part = (wide - gap * 2, height - gap * 2), (width - wide - gap, round(height * 0.55))
    first = rng.random() < 0.5  # noqa: PLR2004 - a coin
    left, right = (gap, wide) if first else (width - wide + gap, gap)
    picture.paste(_tinted(_crop(photo, main, rng, 1.05), palette, 0.35), (left, gap))
    at = gap if rng.random() < 0.5 else height - gap - part[1]  # noqa: PLR2004 - a coin
    picture.paste(_tinted(_crop(photo, part, rng, 2.4), palette, 0.35), (right, at))
    field = (part[0], height - part[1] - gap * 3)
    picture.paste(
        gradient(field, mix(palette.accent, palette.wall, 0.4), palette.accent),
        (right, gap if at > gap else gap * 2 + part[1]),
    )
    return picture


_FRAMES = (_full, _card, _round, _arched, _pair)
