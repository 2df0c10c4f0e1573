"""The mark that says a picture is a sample: `샘플 · SAMPLE`, drawn in strokes so that no Korean font is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Stroke = tuple[tuple[int, int], ...]

_SAEM: tuple[Stroke, ...] = (
    ((29, 6), (24, 26), (8, 48)),
    ((27, 22), (48, 48)),
    ((62, 4), (62, 54)),
    ((86, 2), (86, 56)),
    ((62, 28), (86, 28)),
    ((26, 66), (86, 66), (86, 96), (26, 96), (26, 66)),
)
_PEUL: tuple[Stroke, ...] = (
    ((16, 6), (84, 6)),
    ((36, 6), (38, 34)),
    ((64, 6), (62, 34)),
    ((12, 34), (88, 34)),
    ((4, 50), (96, 50)),
    ((20, 64), (80, 64), (80, 79), (20, 79), (20, 96), (84, 96)),
)
_LARGE = 4  # drawn this much larger, then reduced
_HEIGHT = 0.03  # of the picture's shorter side


def stamp(picture: Image) -> None:
    """Put the mark into the lower right corner of an RGB picture."""
    label = _label(max(12, round(min(picture.size) * _HEIGHT)))
    margin = round(min(picture.size) * 0.025)
    corner = (picture.width - label.width - margin, picture.height - label.height - margin)
    picture.paste(label.convert("RGB"), corner, label.getchannel("A"))


def _label(height: int) -> Image:
    from PIL import Image, ImageDraw, ImageFont

    unit = height * _LARGE
    font = ImageFont.load_default(unit * 0.92)
    latin = "SAMPLE"
    latin_width = font.getlength(latin)
    pad, gap = unit * 0.7, unit * 0.45
    width = round(pad * 2 + unit * 2.15 + gap * 2 + latin_width)
    label = Image.new("RGBA", (width, round(unit * 1.9)), (255, 255, 255, 0))
    draw = ImageDraw.Draw(label)
    draw.rounded_rectangle(
        [0, 0, width - 1, label.height - 1], radius=label.height / 2, fill=(30, 30, 34, 150)
    )
    top, x = unit * 0.45, pad
    for strokes in (_SAEM, _PEUL):
        for stroke in strokes:
            points = [(x + a * unit / 100, top + b * unit / 100) for a, b in stroke]
            draw.line(points, fill=(255, 255, 255, 240), width=max(2, round(unit * 0.085)), joint="curve")
        x += unit * 1.15
    x += gap * 0.6
    dot = unit * 0.09
    middle = label.height / 2
    draw.ellipse([x - dot, middle - dot, x + dot, middle + dot], fill=(255, 255, 255, 240))
    draw.text((x + gap, middle), latin, font=font, fill=(255, 255, 255, 240), anchor="lm")
    return label.resize((label.width // _LARGE, label.height // _LARGE), Image.Resampling.LANCZOS)
