"""The outline of a product by its edges, for products as grey or white as their backdrop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE = 240
_EDGE = 16  # grey levels between neighbours; a soft shadow has less


def outlined(photo: Image) -> tuple[Image, Image]:
    """Two masks (L, of the photo's size): a little larger than the product, and a little smaller."""
    from PIL import Image, ImageFilter

    edges = photo.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX).filter(ImageFilter.FIND_EDGES)
    edges.paste(0, (0, 0, _SIDE, 2))  # the filter leaves the frame as it was
    edges.paste(0, (0, _SIDE - 2, _SIDE, _SIDE))
    strong = edges.point(lambda value: 255 if value > _EDGE else 0)
    strong.paste(0, (0, 0, 2, _SIDE))
    strong.paste(0, (_SIDE - 2, 0, _SIDE, _SIDE))
    filled = _spans(strong.filter(ImageFilter.MaxFilter(3))).filter(ImageFilter.MedianFilter(5))
    outer, inner = filled.filter(ImageFilter.MaxFilter(3)), filled.filter(ImageFilter.MinFilter(5))
    large = (
        each.filter(ImageFilter.GaussianBlur(1)).resize(photo.size, Image.Resampling.BICUBIC)
        for each in (outer, inner)
    )
    first, second = large
    return first, second


def _spans(mask: Image) -> Image:
    """What lies between the first and the last white pixel both of its row and of its column."""
    from PIL import Image, ImageChops

    across = _row_spans(mask)
    down = _row_spans(mask.transpose(Image.Transpose.TRANSPOSE)).transpose(Image.Transpose.TRANSPOSE)
    return ImageChops.darker(across, down)


def _row_spans(mask: Image) -> Image:
    from PIL import Image

    filled = Image.new("L", mask.size, 0)
    for y in range(mask.height):
        box = mask.crop((0, y, mask.width, y + 1)).getbbox()
        if box:
            filled.paste(255, (box[0], y, box[2], y + 1))
    return filled
