"""Gradients, glows and smooth-edged shapes that scenes are put together from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from local.standins.pictures.palette import Color

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_SUPERSAMPLE = 2


def gradient(size: tuple[int, int], top: Color, bottom: Color, *, sideways: bool = False) -> Image:
    """A smooth gradient from `top` to `bottom` (or from left to right)."""
    from PIL import Image

    ramp = Image.linear_gradient("L")
    ramp = ramp.transpose(Image.Transpose.ROTATE_90) if sideways else ramp
    mask = ramp.resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def glow(size: tuple[int, int], centre: tuple[float, float], reach: float, strength: int) -> Image:
    """A mask (L) that is `strength` at `centre` (shares of the size) and fades to 0 at `reach` of the longer side."""
    from PIL import Image

    # Pillow's radial gradient is 181 in the middle of its edges: start from there, or the square would show.
    disc = Image.radial_gradient("L").point(lambda value: max(0, 180 - value) * strength // 180)
    across = max(2, round(max(size) * reach * 2))
    mask = Image.new("L", size, 0)
    corner = (round(centre[0] * size[0] - across / 2), round(centre[1] * size[1] - across / 2))
    mask.paste(disc.resize((across, across), Image.Resampling.BICUBIC), corner)
    return mask


def shape_mask(size: tuple[int, int], paint: Callable[[ImageDraw, float], None], blur: float = 0.0) -> Image:
    """A mask with smooth edges: `paint(draw, scale)` draws it in white at `scale` times the size."""
    from PIL import Image, ImageDraw, ImageFilter

    large = Image.new("L", (size[0] * _SUPERSAMPLE, size[1] * _SUPERSAMPLE), 0)
    paint(ImageDraw.Draw(large), float(_SUPERSAMPLE))
    mask = large.resize(size, Image.Resampling.BOX)
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask


def shifted(mask: Image, right: int, down: int) -> Image:
    """The mask moved, black where it came from."""
    from PIL import Image

    moved = Image.new("L", mask.size, 0)
    moved.paste(mask, (right, down))
    return moved
