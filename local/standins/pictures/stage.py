"""Backgrounds for a cut-out product: walls, floors, arches, podiums, window light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from local.standins.pictures.masks import glow, gradient, shape_mask, shifted
from local.standins.pictures.palette import Palette, mix

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw


@dataclass(frozen=True, slots=True)
class Stage:
    """A background, and where the product stands on it.

    Attributes:
        picture: the background in RGB.
        foot: where the product's base goes, in pixels.
        room: the largest width and height of the product, in pixels.
        light: -1 for light from the right (shadow to the left) to 1.
        flat: seen from above: the shadow lies around the product instead of below it.
    """

    picture: Image
    foot: tuple[int, int]
    room: tuple[int, int]
    light: float
    flat: bool = False


def _room(size: tuple[int, int], palette: Palette, horizon: float, rng: Random) -> Image:
    """A wall above a floor, with a soft light on the wall."""
    from PIL import Image, ImageFilter

    width, height = size
    edge = round(height * horizon)
    picture = gradient(size, palette.wall, palette.wall_shade)
    picture.paste(gradient((width, height - edge), palette.floor, palette.floor_shade), (0, edge))
    band = (0, max(0, edge - 10), width, min(height, edge + 10))
    picture.paste(picture.crop(band).filter(ImageFilter.GaussianBlur(2.5)), band[:2])
    light = glow(size, (rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.4)), 0.6, 120)
    picture.paste(Image.new("RGB", size, mix(palette.wall, (255, 255, 255), 0.7)), (0, 0), light)
    return picture


def _spread(rng: Random, low: float, high: float) -> float:
    return rng.uniform(low, high)


def table(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """A plain table before a wall."""
    width, height = size
    horizon = _spread(rng, 0.58, 0.68)
    foot = (round(width * _spread(rng, 0.36, 0.64)), round(height * _spread(rng, 0.83, 0.88)))
    room = (round(width * 0.62), round(height * _spread(rng, 0.56, 0.66)))
    return Stage(_room(size, palette, horizon, rng), foot, room, _spread(rng, -1, 1))


def arch(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """An arch behind the product."""
    width, height = size
    horizon = _spread(rng, 0.68, 0.76)
    picture = _room(size, palette, horizon, rng)
    centre = round(width * _spread(rng, 0.42, 0.58))
    half, top, floor = width * _spread(rng, 0.24, 0.3), height * _spread(rng, 0.12, 0.2), height * horizon

    def paint(draw: ImageDraw, scale: float) -> None:
        box = [(centre - half) * scale, top * scale, (centre + half) * scale, (floor + half) * scale * 1.2]
        draw.rounded_rectangle(box, radius=half * scale, fill=255)

    mask = shape_mask(size, paint)
    mask.paste(0, (0, round(floor), width, height))
    picture.paste(gradient(size, mix(palette.accent, palette.wall, 0.35), palette.accent), (0, 0), mask)
    foot = (centre, round(height * _spread(rng, 0.84, 0.88)))
    return Stage(picture, foot, (round(half * 1.75), round(height * 0.58)), _spread(rng, -1, 1))


def podium(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """A round podium."""
    width, height = size
    picture = _room(size, palette, _spread(rng, 0.6, 0.66), rng)
    centre, top = width * _spread(rng, 0.42, 0.58), height * _spread(rng, 0.72, 0.78)
    across, rise = width * _spread(rng, 0.27, 0.34), height * 0.12
    flatness = 0.2

    def side(draw: ImageDraw, scale: float) -> None:
        left, right, dip = (centre - across) * scale, (centre + across) * scale, across * flatness * scale
        draw.rectangle([left, top * scale, right, (top + rise) * scale], fill=255)
        draw.ellipse([left, (top + rise) * scale - dip, right, (top + rise) * scale + dip], fill=255)

    def lid(draw: ImageDraw, scale: float) -> None:
        dip = across * flatness
        box = [(centre - across) * scale, (top - dip) * scale, (centre + across) * scale, (top + dip) * scale]
        draw.ellipse(box, fill=255)

    _shade(picture, shape_mask(size, side, blur=width * 0.02), (0, round(height * 0.03)), 70, palette)
    shaded = gradient(
        size, mix(palette.accent, (255, 255, 255), 0.25), mix(palette.accent, (0, 0, 0), 0.15), sideways=True
    )
    picture.paste(shaded, (0, 0), shape_mask(size, side))
    picture.paste(mix(palette.accent, (255, 255, 255), 0.45), (0, 0), shape_mask(size, lid))
    return Stage(
        picture,
        (round(centre), round(top + across * 0.06)),
        (round(across * 1.7), round(height * 0.56)),
        _spread(rng, -1, 1),
    )


def _shade(picture: Image, mask: Image, offset: tuple[int, int], strength: int, palette: Palette) -> None:
    moved = shifted(mask, *offset).point(lambda value: value * strength // 255)
    picture.paste(mix(palette.floor_shade, (0, 0, 0), 0.6), (0, 0), moved)


def sun(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """A large disc behind the product, low on the wall."""
    width, height = size
    horizon = _spread(rng, 0.66, 0.74)
    picture = _room(size, palette, horizon, rng)
    centre, radius = width * _spread(rng, 0.3, 0.7), min(size) * _spread(rng, 0.28, 0.36)
    middle = height * _spread(rng, 0.4, 0.5)

    def paint(draw: ImageDraw, scale: float) -> None:
        box = [
            (centre - radius) * scale,
            (middle - radius) * scale,
            (centre + radius) * scale,
            (middle + radius) * scale,
        ]
        draw.ellipse(box, fill=235)

    mask = shape_mask(size, paint)
    mask.paste(0, (0, round(height * horizon), width, height))
    picture.paste(gradient(size, mix(palette.accent, (255, 255, 255), 0.4), palette.accent), (0, 0), mask)
    foot = (round(width * 0.5 + (centre - width * 0.5) * 0.5), round(height * _spread(rng, 0.84, 0.9)))
    return Stage(picture, foot, (round(width * 0.6), round(height * 0.62)), _spread(rng, -1, 1))


def window(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """Light falling through a window across wall and floor."""
    width, height = size
    picture = _room(size, palette, _spread(rng, 0.62, 0.72), rng)
    slant, left = _spread(rng, -0.35, 0.35), width * _spread(rng, 0.05, 0.3)
    pane, gap = width * _spread(rng, 0.16, 0.24), width * 0.035

    def paint(draw: ImageDraw, scale: float) -> None:
        for column in range(3):
            for row in range(2):
                x, y = left + column * (pane + gap), height * (0.02 + 0.45 * row)
                tall, lean = height * 0.41, slant * height
                near, far = lean * y / height, lean * (y + tall) / height
                corners = [
                    (x + near, y),
                    (x + pane + near, y),
                    (x + pane + far, y + tall),
                    (x + far, y + tall),
                ]
                draw.polygon([(a * scale, b * scale) for a, b in corners], fill=150)

    mask = shape_mask(size, paint, blur=width * 0.008)
    picture.paste(mix(palette.wall, (255, 252, 240), 0.85), (0, 0), mask)
    foot = (round(width * _spread(rng, 0.36, 0.64)), round(height * _spread(rng, 0.84, 0.89)))
    return Stage(picture, foot, (round(width * 0.58), round(height * 0.62)), 1.0 if slant > 0 else -1.0)


def steps(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """Two boxes like stairs, the product on one of them."""
    width, height = size
    picture = _room(size, palette, _spread(rng, 0.6, 0.7), rng)
    toward = rng.choice((-1, 1))
    low_x, tall_x = width * (0.5 - 0.1 * toward), width * (0.5 + 0.24 * toward)
    low_top = height * _spread(rng, 0.74, 0.78)
    for number, (x, top, across) in enumerate(((tall_x, height * 0.56, 0.3), (low_x, low_top, 0.44))):
        half = width * across / 2
        _box(
            picture,
            (round(x - half), round(top), round(x + half), round(height * (0.9 + 0.04 * number))),
            palette,
            number,
        )
    return Stage(
        picture,
        (round(low_x), round(low_top + height * 0.014)),
        (round(width * 0.42), round(height * 0.56)),
        -float(toward),
    )


def _box(picture: Image, box: tuple[int, int, int, int], palette: Palette, number: int) -> None:
    left, top, right, bottom = box
    color = mix(palette.accent, palette.wall, 0.2 + 0.4 * number)
    lid = round((bottom - top) * 0.1)
    picture.paste(gradient((right - left, bottom - top), color, mix(color, (0, 0, 0), 0.16)), (left, top))
    picture.paste(mix(color, (255, 255, 255), 0.35), (left, top, right, top + lid))


def split(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """Two fields of colour meeting in a slanted line."""
    width, height = size
    picture = gradient(size, palette.wall, palette.wall_shade, sideways=True)
    upper, lower = width * _spread(rng, 0.35, 0.75), width * _spread(rng, 0.25, 0.65)

    def paint(draw: ImageDraw, scale: float) -> None:
        corners = [(upper, 0), (width, 0), (width, height), (lower, height)]
        draw.polygon([(x * scale, y * scale) for x, y in corners], fill=255)

    mask = shape_mask(size, paint)
    picture.paste(gradient(size, mix(palette.accent, palette.wall, 0.3), palette.accent), (0, 0), mask)
    foot = (round((upper + lower) / 2), round(height * 0.84))
    return Stage(picture, foot, (round(width * 0.56), round(height * 0.66)), _spread(rng, -1, 1))


def above(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """A tabletop seen from above with a round cloth."""
    width, height = size
    picture = gradient(size, palette.floor, palette.floor_shade, sideways=rng.random() < 0.5)  # noqa: PLR2004 - a coin
    centre = (width * _spread(rng, 0.42, 0.58), height * _spread(rng, 0.44, 0.54))
    radius = min(size) * _spread(rng, 0.36, 0.42)
    for share, lighter in ((1.0, 0.55), (0.93, 0.8)):

        def paint(draw: ImageDraw, scale: float, reach: float = radius * share) -> None:
            (x, y) = centre
            draw.ellipse(
                [(x - reach) * scale, (y - reach) * scale, (x + reach) * scale, (y + reach) * scale], fill=255
            )

        picture.paste(mix(palette.accent, palette.wall, lighter), (0, 0), shape_mask(size, paint))
    reach = round(radius * 1.25)
    return Stage(
        picture,
        (round(centre[0]), round(centre[1] + reach / 2)),
        (reach, reach),
        _spread(rng, -1, 1),
        flat=True,
    )


def close(size: tuple[int, int], palette: Palette, rng: Random) -> Stage:
    """Very near, the product running out of the frame at the bottom."""
    from PIL import Image

    width, height = size
    picture = gradient(size, palette.wall, palette.floor_shade)
    light = glow(size, (_spread(rng, 0.2, 0.8), 0.35), 0.7, 190)
    picture.paste(Image.new("RGB", size, mix(palette.wall, (255, 255, 255), 0.6)), (0, 0), light)
    foot = (round(width * _spread(rng, 0.38, 0.62)), round(height * _spread(rng, 1.06, 1.16)))
    return Stage(picture, foot, (round(width * 0.98), round(height * 0.98)), 0.0)


STAGES: tuple[Callable[[tuple[int, int], Palette, Random], Stage], ...] = (
    table, arch, podium, sun, window, steps, split, above, close,
)  # fmt: skip
