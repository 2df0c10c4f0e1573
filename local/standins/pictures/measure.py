"""Measuring a photo: its main colours by name, whether its backdrop is plain, its shape and brightness."""

from __future__ import annotations

import colorsys
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.standins.wire import RefusedError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 60_000_000
_PLAIN_SHARE = 0.82
_NEAR = 34
_HUES = (
    (0.04, "빨강"), (0.11, "주황"), (0.19, "노랑"), (0.42, "초록"), (0.52, "청록"), (0.70, "파랑"), (0.80, "보라"),
    (0.94, "분홍"), (1.01, "빨강"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What can be measured in a photo; names are Korean."""

    colors: tuple[str, ...]
    plain: bool
    shape: str
    brightness: str


def open_photo(data: bytes, longest: int) -> Image:
    """The photo upright, in RGBA, at most `longest` pixels on a side.

    Raises:
        RefusedError: 400, if the bytes are not a picture or it is too large to open.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        photo = Image.open(io.BytesIO(data))
        if photo.width * photo.height > MAX_PIXELS:
            raise RefusedError(f"Invalid image: more than {MAX_PIXELS} pixels.", param="image_url")
        photo.draft("RGB", (longest, longest))
        upright = ImageOps.exif_transpose(photo).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise RefusedError(
            "You uploaded an unsupported image. Please make sure your image is valid.",
            param="image_url",
            code="invalid_image_format",
        ) from exc
    upright.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return upright


def border_pixels(photo: Image) -> list[tuple[int, int, int]]:
    """The pixels along the edge of a small copy."""
    from PIL import Image

    small = photo.convert("RGB").resize((64, 64), Image.Resampling.BOX)
    ring = [(x, y) for x in range(64) for y in range(64) if x in {0, 1, 62, 63} or y in {0, 1, 62, 63}]
    access = small.load()
    return [access[place] for place in ring] if access else []  # type: ignore[misc]  # an RGB picture's pixels are triples


def median_color(pixels: list[tuple[int, int, int]]) -> tuple[int, int, int]:
    """The median of each channel."""
    middle = len(pixels) // 2
    red, green, blue = (sorted(pixel[channel] for pixel in pixels)[middle] for channel in range(3))
    return red, green, blue


def is_plain(pixels: list[tuple[int, int, int]]) -> bool:
    """Whether a border is of about one colour, as of a product on a backdrop."""
    middle = median_color(pixels)
    near = sum(max(abs(a - b) for a, b in zip(pixel, middle, strict=True)) <= _NEAR for pixel in pixels)
    return near >= _PLAIN_SHARE * len(pixels)


def look_at(data: bytes) -> Look:
    """Measure a photo.

    Raises:
        RefusedError: 400, if it cannot be opened.
    """
    photo = open_photo(data, 256)
    colors = _color_names(photo)
    light = photo.convert("L").resize((1, 1)).getpixel((0, 0))
    ratio = photo.width / photo.height
    return Look(
        colors=colors,
        plain=is_plain(border_pixels(photo)),
        shape="가로형" if ratio > 1.15 else "세로형" if ratio < 0.87 else "정사각형",  # noqa: PLR2004 - by eye
        brightness="밝음" if light > 170 else "어두움" if light < 80 else "보통",  # type: ignore[operator]  # noqa: PLR2004 - one band; by eye
    )


def _color_names(photo: Image) -> tuple[str, ...]:
    from PIL import Image

    reduced = (
        photo.convert("RGB").resize((48, 48)).quantize(6, method=Image.Quantize.MEDIANCUT).convert("RGB")
    )
    counted = sorted(reduced.getcolors(48 * 48) or [], key=lambda pair: (-pair[0], pair[1]))
    names = (_color_name(color) for _, color in counted)  # type: ignore[arg-type]  # RGB triples
    return tuple(dict.fromkeys(names))[:4]


def _color_name(color: tuple[int, int, int]) -> str:
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in color))
    if value < 0.18:  # noqa: PLR2004 - the eye's black
        return "검정"
    if saturation < 0.13:  # noqa: PLR2004 - the eye's grey
        return "하양" if value > 0.85 else "회색"  # noqa: PLR2004 - the eye's white
    name = next(name for limit, name in _HUES if hue < limit)
    if name == "주황" and value < 0.62:  # noqa: PLR2004 - dark orange is brown
        return "갈색"
    return "베이지" if name in {"주황", "노랑"} and saturation < 0.35 else name  # noqa: PLR2004 - pale
