"""A drawn vase, for requests that bring no photo."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from local.standins.pictures.masks import gradient, shape_mask
from local.standins.pictures.palette import Palette, mix

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw


def still_life(palette: Palette, rng: Random, side: int) -> Image:
    """A vase in the palette's accent, in RGBA."""
    width, height = round(side * rng.uniform(0.34, 0.5)), round(side * rng.uniform(0.5, 0.66))
    neck, shoulder = rng.uniform(0.16, 0.26), rng.uniform(0.3, 0.45)

    def paint(draw: ImageDraw, scale: float) -> None:
        middle, reach = width * scale / 2, width * scale
        draw.ellipse([0, height * shoulder * 0.55 * scale, reach, height * 0.995 * scale], fill=255)
        draw.rectangle(
            [middle - reach * neck, height * 0.04 * scale, middle + reach * neck, height * shoulder * scale],
            fill=255,
        )
        lip = [middle - reach * (neck + 0.04), 0, middle + reach * (neck + 0.04), height * 0.07 * scale]
        draw.rounded_rectangle(lip, radius=height * 0.03 * scale, fill=255)
        draw.rectangle(
            [middle - reach * 0.26, height * 0.93 * scale, middle + reach * 0.26, height * scale], fill=255
        )

    bright, dark = mix(palette.accent, (255, 255, 255), 0.4), mix(palette.accent, (0, 0, 0), 0.35)
    vase = gradient((width, height), bright, dark, sideways=True).convert("RGBA")
    vase.putalpha(shape_mask((width, height), paint))
    return vase
