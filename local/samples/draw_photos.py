"""Drawing the photo of our sample product: a stoneware mug on a plain backdrop.

No photograph ships with the repository; `python -m local.samples.draw_photos FOLDER` draws it wherever it is wanted.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 1200
MUG = "mug.jpg"
_LARGE = 2
_BACKDROP, _BACKDROP_LOW = (240, 237, 232), (229, 224, 217)
_CLAY, _GLAZE, _INNER = (176, 98, 66), (214, 138, 100), (120, 62, 42)
_LEFT, _RIGHT, _TOP, _BOTTOM = 320, 760, 380, 880  # the mug's body in a picture of 1200
_MOUTH = 74  # half the height of its mouth's ellipse


def ensure_photos(folder: Path) -> None:
    """Draw the sample photos that are missing in `folder`; a second run changes nothing.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MUG
    if path.exists():
        return
    draft = folder / f".{MUG}.{os.getpid()}"
    draw_mug().save(draft, "JPEG", quality=92)
    draft.replace(path)


def draw_mug() -> Image:
    """The mug, 1200 x 1200, in RGB; the same pixels every time."""
    photo = _gradient((SIDE, SIDE), _BACKDROP, _BACKDROP_LOW)
    _shadow(photo)
    _handle(photo)
    _paste(photo, _clay(_cylinder_light()), _body_mask())
    _glaze(photo)
    _mouth(photo)
    return photo


def _gradient(size: tuple[int, int], top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image:
    from PIL import Image

    mask = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def _mask(paint: object, blur: float = 0.0) -> Image:
    from PIL import Image, ImageDraw, ImageFilter

    large = Image.new("L", (SIDE * _LARGE, SIDE * _LARGE), 0)
    paint(ImageDraw.Draw(large))  # type: ignore[operator]  # a function that draws
    mask = large.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask


def _paste(photo: Image, paint: Image | tuple[int, int, int], mask: Image) -> None:
    photo.paste(paint, (0, 0), mask)


def _shadow(photo: Image) -> None:
    """A wide soft shadow to the right and a dark one where the mug stands."""
    wide = _mask(lambda draw: _ellipse(draw, _LEFT - 10, _BOTTOM - 30, _RIGHT + 190, _BOTTOM + 80, 70), 34)
    _paste(photo, (120, 108, 98), wide)
    tight = _mask(lambda draw: _ellipse(draw, _LEFT + 24, _BOTTOM + 18, _RIGHT - 10, _BOTTOM + 74, 150), 10)
    _paste(photo, (70, 56, 48), tight)


def _ellipse(draw: object, left: float, top: float, right: float, bottom: float, fill: int) -> None:
    draw.ellipse([side * _LARGE for side in (left, top, right, bottom)], fill=fill)  # type: ignore[attr-defined]  # an ImageDraw


def _cylinder_light() -> Image:
    """How light falls on the mug's body, from the left."""
    from PIL import Image

    ramp = Image.new("L", (256, 1))
    ramp.putdata([_light(x / 255) for x in range(256)])
    light = Image.new("L", (SIDE, SIDE), 90)
    light.paste(ramp.resize((_RIGHT - _LEFT, SIDE), Image.Resampling.BICUBIC), (_LEFT, 0))
    return light


def _clay(light: Image) -> Image:
    """Fired clay under a light, with fine horizontal rings and grain."""
    from PIL import Image, ImageChops

    rng = Random(350)
    rings = Image.new("L", (1, SIDE))
    rings.putdata([128 + round(5 * math.sin(y / 6.5) + rng.uniform(-3, 3)) for y in range(SIDE)])
    grain = Image.frombytes("L", (SIDE, SIDE), rng.randbytes(SIDE * SIDE)).point(
        lambda value: 123 + value * 10 // 255
    )
    surface = ImageChops.overlay(Image.new("RGB", (SIDE, SIDE), _CLAY), Image.merge("RGB", (light,) * 3))
    for texture in (rings.resize((SIDE, SIDE)), grain):
        surface = ImageChops.overlay(surface, Image.merge("RGB", (texture,) * 3))
    return surface


def _handle(photo: Image) -> None:
    """A ring of clay, lighter along its middle and darker towards its edges."""
    from PIL import Image, ImageFilter

    shape = _handle_mask()
    core = (
        shape.resize((SIDE // 4, SIDE // 4))
        .filter(ImageFilter.GaussianBlur(5))
        .resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    )
    light = core.point(lambda value: 34 + value * 104 // 255)
    _paste(photo, _clay(light), shape)


def _light(x: float) -> int:
    """Brightness around a cylinder at `x` (0 left edge, 1 right edge), with a highlight at 0.28."""
    round_off = math.sqrt(max(0.0, 1 - (2 * x - 1) ** 2))
    highlight = math.exp(-(((x - 0.28) / 0.11) ** 2))
    return max(0, min(255, round(62 + 88 * round_off * (1 - 0.35 * x) + 50 * highlight)))


def _body_mask() -> Image:
    def paint(draw: object) -> None:
        inset = 26
        corners = [(_LEFT, _TOP), (_RIGHT, _TOP), (_RIGHT - inset, _BOTTOM), (_LEFT + inset, _BOTTOM)]
        draw.polygon([(x * _LARGE, y * _LARGE) for x, y in corners], fill=255)  # type: ignore[attr-defined]  # an ImageDraw
        _ellipse(draw, _LEFT + inset, _BOTTOM - 58, _RIGHT - inset, _BOTTOM + 58, 255)
        _ellipse(draw, _LEFT, _TOP - _MOUTH, _RIGHT, _TOP + _MOUTH, 255)

    return _mask(paint)


def _handle_mask() -> Image:
    def paint(draw: object) -> None:
        _ellipse(draw, _RIGHT - 120, _TOP + 70, _RIGHT + 150, _TOP + 390, 255)
        _ellipse(draw, _RIGHT - 96, _TOP + 124, _RIGHT + 92, _TOP + 338, 0)

    return _mask(paint)


def _glaze(photo: Image) -> None:
    """The upper part dipped in a lighter glaze with an uneven edge."""
    from PIL import Image, ImageChops

    def paint(draw: object) -> None:
        edge = [
            (x, _TOP + 178 + 14 * math.sin(x / 47) + 7 * math.sin(x / 17))
            for x in range(_LEFT - 20, _RIGHT + 30, 6)
        ]
        outline = [(_LEFT - 20, _TOP - 120), *edge, (_RIGHT + 30, _TOP - 120)]
        draw.polygon([(x * _LARGE, y * _LARGE) for x, y in outline], fill=255)  # type: ignore[attr-defined]  # an ImageDraw

    dipped = ImageChops.darker(_mask(paint, 1.2), _body_mask())
    toned = ImageChops.soft_light(photo, Image.new("RGB", photo.size, (255, 236, 214)))
    lighter = Image.blend(photo, Image.new("RGB", photo.size, (240, 214, 186)), 0.52)
    _paste(photo, Image.blend(lighter, toned, 0.35), dipped)


def _mouth(photo: Image) -> None:
    """The rim, the dark inside, and light on its far wall."""
    _paste(
        photo, _GLAZE, _mask(lambda draw: _ellipse(draw, _LEFT, _TOP - _MOUTH, _RIGHT, _TOP + _MOUTH, 255))
    )
    rim = _mask(
        lambda draw: _ellipse(draw, _LEFT + 3, _TOP - _MOUTH + 2, _RIGHT - 3, _TOP + _MOUTH - 6, 255), 1
    )
    _paste(photo, (244, 222, 198), rim)
    inner = (_LEFT + 22, _TOP - _MOUTH + 12, _RIGHT - 22, _TOP + _MOUTH - 14)
    inside = _gradient((SIDE, 2 * _MOUTH), _INNER, (206, 156, 122))
    sheet = photo.copy()
    sheet.paste(inside, (0, _TOP - _MOUTH))
    _paste(photo, sheet, _mask(lambda draw: _ellipse(draw, *inner, 255)))


def main() -> int:
    """Draw into the folder named on the command line."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one folder
        print("usage: python -m local.samples.draw_photos FOLDER", file=sys.stderr)
        return 2
    ensure_photos(Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
