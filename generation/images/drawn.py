"""What stands in for a photo we do not have: a calm abstract picture, drawn here, from nothing but the name.

No text (so no fonts), no service on somebody's host, the same picture for the same product every time.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

type Rgb = tuple[int, int, int]

# Each: two of the background, three of the shapes.
_PALETTES: tuple[tuple[str, ...], ...] = (
    ("#f6efe6", "#e8d9c5", "#c9a27e", "#a9b8a0", "#7d8f86"),
    ("#eef3f6", "#d5e1e8", "#8fb0c2", "#d8b79a", "#5f7f92"),
    ("#f7eff0", "#ecd9da", "#cf9aa0", "#b9a7c4", "#8b7391"),
    ("#f1f4ec", "#dde6d0", "#9db584", "#d9c58f", "#6c8560"),
    ("#f3f1f7", "#dfdbea", "#a49cc6", "#e0b3a4", "#6f6894"),
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MIN_COLOURS = 3
_SMOOTHING = 2  # shapes are drawn larger, then reduced: smooth edges
_SHADOW_SCALE = 4  # shadows are blurred away anyway: drawn small, then enlarged
_JPEG_QUALITY = 90
_SHADOW: Rgb = (60, 52, 48)


class _Dice:
    """Numbers that depend on the seed alone."""

    def __init__(self, *seeds: str) -> None:
        self._state = hashlib.sha256("\x1f".join(seeds).encode("utf-8", "replace")).digest()

    def between(self, low: float, high: float) -> float:
        """The next number in [low, high]."""
        self._state = hashlib.sha256(self._state).digest()
        return low + (high - low) * int.from_bytes(self._state[:4], "big") / 0xFFFF_FFFF

    def one_of[T](self, choices: Sequence[T]) -> T:
        """The next choice."""
        return choices[round(self.between(0, len(choices) - 1))]


@dataclass(frozen=True, slots=True)
class _Disc:
    """A circle; centre in parts of width and height, radius in parts of the shorter side, opacity 0-255."""

    x: float
    y: float
    radius: float
    colour: Rgb
    opacity: int


def draw_placeholder(
    name: str,
    category: str = "",
    palette: Sequence[str] | None = None,
    size: tuple[int, int] = (1184, 864),
) -> bytes:
    """A JPEG for a product without a photo.

    Args:
        name: the product's name; with the category the only source of variety.
        category: products of one category share their colours.
        palette: three or more `#rrggbb`, background first; default: one of ours, by category.
        size: (width, height) in pixels.

    Raises:
        ValueError: the palette is not made of three or more `#rrggbb`.
    """
    colours = _colours(palette or _Dice(category).one_of(_PALETTES))
    dice = _Dice(name, category)
    canvas = _background(size, colours[0], colours[1])
    for disc in _discs(dice, colours[2:]):
        canvas = _with_disc(canvas, disc)
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _colours(palette: Sequence[str]) -> list[Rgb]:
    if len(palette) < _MIN_COLOURS or not all(_COLOUR.fullmatch(colour) for colour in palette):
        raise ValueError("a palette is three or more colours written #rrggbb")
    return [(int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)) for colour in palette]


def _background(size: tuple[int, int], upper: Rgb, lower: Rgb) -> Image.Image:
    """Light falling from above onto a plane."""
    from PIL import Image

    fall = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, lower), Image.new("RGB", size, upper), fall)


def _discs(dice: _Dice, colours: Sequence[Rgb]) -> list[_Disc]:
    """A large form off the middle, two or three smaller ones around it."""
    large = _Disc(
        dice.between(0.36, 0.64), dice.between(0.5, 0.62), dice.between(0.26, 0.34), colours[0], 235
    )
    count = round(dice.between(2, 3))
    small = [
        _Disc(
            dice.between(0.1, 0.9),
            dice.between(0.3, 0.85),
            dice.between(0.07, 0.2),
            colours[(n + 1) % len(colours)],
            round(dice.between(130, 215)),
        )
        for n in range(count)
    ]
    return [large, *small]


def _with_disc(canvas: Image.Image, disc: _Disc) -> Image.Image:
    """`canvas` with a soft shadow and, over it, the disc."""
    from PIL import Image, ImageFilter

    unit = min(canvas.size)
    x, y, radius = disc.x * canvas.width, disc.y * canvas.height, disc.radius * unit
    below = _ellipse(
        canvas.size, (x - radius, y - radius * 0.9, x + radius, y + radius * 1.12), 1 / _SHADOW_SCALE
    )
    shadow = below.filter(ImageFilter.GaussianBlur(unit * 0.03 / _SHADOW_SCALE)).resize(canvas.size)
    canvas = Image.composite(Image.new("RGB", canvas.size, _SHADOW), canvas, shadow.point(lambda v: v * 0.27))
    shape = _ellipse(canvas.size, (x - radius, y - radius, x + radius, y + radius), _SMOOTHING)
    mask = shape.resize(canvas.size, Image.Resampling.BOX).point(lambda v: v * disc.opacity / 255)
    return Image.composite(Image.new("RGB", canvas.size, disc.colour), canvas, mask)


def _ellipse(size: tuple[int, int], box: tuple[float, float, float, float], scale: float) -> Image.Image:
    """A white ellipse on black, on a canvas of `size` times `scale`."""
    from PIL import Image, ImageDraw

    mask = Image.new("L", (round(size[0] * scale), round(size[1] * scale)))
    ImageDraw.Draw(mask).ellipse((box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale), fill=255)
    return mask
