import io

import pytest
from PIL import Image

from generation.images.drawn import draw_placeholder
from generation.images.normalise import normalise


def test_same_product_same_picture() -> None:
    """Name and category decide every byte."""
    assert draw_placeholder("제주 감귤", "food") == draw_placeholder("제주 감귤", "food")
    assert draw_placeholder("제주 감귤", "food") != draw_placeholder("한라봉", "food")
    assert draw_placeholder("제주 감귤", "food") != draw_placeholder("제주 감귤", "living")


@pytest.mark.parametrize("size", [(1184, 864), (1024, 1024), (768, 1344)])
def test_picture_is_one_we_take(size: tuple[int, int]) -> None:
    """A JPEG of the size asked for."""
    photo = normalise(draw_placeholder("귤", size=size))
    assert ((photo.width, photo.height), photo.content_type) == (size, "image/jpeg")


def test_palette_decides_the_colours() -> None:
    """The background is the palette's first colour at the top."""
    content = draw_placeholder("귤", palette=("#102030", "#102030", "#ffffff"))
    pixel = Image.open(io.BytesIO(content)).getpixel((2, 2))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) < 8 for a, b in zip(pixel, (0x10, 0x20, 0x30), strict=True))


@pytest.mark.parametrize("palette", [("#fff",) * 3, ("#102030",) * 2, ("red",) * 3, ("#10203g",) * 3])
def test_nonsense_palette_is_refused(palette: tuple[str, ...]) -> None:
    """Three or more #rrggbb."""
    with pytest.raises(ValueError, match="palette"):
        draw_placeholder("귤", palette=palette)


@pytest.mark.parametrize("name", ["", "\ud800", "x" * 100_000, "\x00\n"])
def test_any_name_gets_a_picture(name: str) -> None:
    """Names come from strangers."""
    assert draw_placeholder(name).startswith(b"\xff\xd8")
