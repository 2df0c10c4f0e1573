from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from local.samples.draw_photos import draw_mug, ensure_photos
from local.standins.fetch import fetch_image
from local.standins.images import Picture, check_images
from local.standins.pictures.compose import draw
from local.standins.pictures.cutout import cut_out
from local.standins.pictures.measure import look_at, open_photo
from local.standins.wire import RefusedError

SIZE = 384


def _encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def mug() -> bytes:
    """Our drawn mug, small."""
    return _encoded(draw_mug().resize((500, 500)), "JPEG")


def _busy() -> bytes:
    picture = Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 60).convert("RGB")
    picture.paste((200, 40, 40), (0, 0, 90, 200))
    picture.paste((40, 90, 200), (0, 120, 300, 200))
    return _encoded(picture)


def _picture(
    prompt: str = "a mug", seed: int = 0, size: tuple[int, int] = (SIZE, SIZE), kind: str = "jpeg"
) -> Picture:
    return Picture(prompt, seed, *size, kind)


def _distance(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures, in grey levels."""
    first, second = (Image.open(io.BytesIO(each)).convert("L").resize((48, 48)) for each in (one, other))
    histogram = ImageChops.difference(first, second).histogram()
    return sum(level * count for level, count in enumerate(histogram)) / (48 * 48)


def test_equal_requests_are_drawn_alike(mug: bytes) -> None:
    """Byte for byte, with a plain photo, a busy one and none."""
    for photo in (mug, _busy(), None):
        assert draw(_picture(), photo) == draw(_picture(), photo)


def test_prompts_and_seeds_change_the_composition(mug: bytes) -> None:
    """Six prompts give six visibly different pictures."""
    for photo in (mug, None):
        drawn = [draw(_picture(f"scene {number}", number), photo) for number in range(6)]
        pairs = [(a, b) for index, a in enumerate(drawn) for b in drawn[:index]]
        assert min(_distance(a, b) for a, b in pairs) > 3


@pytest.mark.parametrize("size", [(1024, 256), (256, 640), (832, 1248)])
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_pictures_have_the_size_and_format_asked_for(mug: bytes, size: tuple[int, int], kind: str) -> None:
    """Whatever the proportions."""
    with Image.open(io.BytesIO(draw(_picture(size=size, kind=kind), mug))) as drawn:
        assert drawn.size == size
        assert drawn.format == kind.upper()


def test_every_stage_can_be_drawn(mug: bytes) -> None:
    """Many seeds, so that each background and each frame comes up."""
    for seed in range(40):
        draw(_picture(f"prompt {seed}", seed, (256, 256)), mug if seed % 2 else _busy())


def test_the_product_is_cut_out_of_a_plain_backdrop(mug: bytes) -> None:
    """Cropped to the mug, its shadow gone, the hole of its handle open."""
    product = cut_out(open_photo(mug, 500))
    assert product is not None
    assert product.width < 260
    alpha = product.getchannel("A")
    assert alpha.getpixel((product.width * 40 // 100, product.height // 2)) == 255
    assert alpha.getpixel((0, 0)) == 0
    hole = alpha.getpixel((round(product.width * 0.82), round(product.height * 0.5)))
    assert isinstance(hole, int)
    assert hole < 60


def test_a_white_product_on_white_stays_whole() -> None:
    """Told by its edges, its label included."""
    photo = Image.new("RGB", (400, 400), (250, 250, 250))
    pen = ImageDraw.Draw(photo)
    pen.rectangle([140, 80, 260, 340], fill=(232, 232, 232), outline=(170, 170, 170), width=3)
    pen.rectangle([165, 160, 235, 240], fill=(250, 250, 250))
    product = cut_out(open_photo(_encoded(photo), 400))
    assert product is not None
    label = product.getchannel("A").getpixel((product.width // 2, product.height // 2))
    assert isinstance(label, int)
    assert label > 240


def test_a_busy_photo_is_not_cut() -> None:
    """There is nothing to cut it from."""
    assert cut_out(open_photo(_busy(), 300)) is None


def test_odd_photos_are_taken() -> None:
    """One pixel, grey, palette, transparent, one flat colour."""
    for photo in (
        Image.new("RGB", (1, 1)),
        Image.new("L", (40, 300), 90),
        Image.new("P", (30, 30)),
        Image.new("RGBA", (50, 50), (255, 0, 0, 0)),
        Image.new("1", (64, 64)),
        Image.new("RGB", (200, 200), "white"),
    ):
        draw(_picture(size=(256, 256)), _encoded(photo))


def test_bytes_that_are_no_picture_are_refused() -> None:
    """400, as the real service says."""
    for data in (b"", b"not a picture", _encoded(Image.new("RGB", (50, 50)))[:60]):
        with pytest.raises(RefusedError) as caught:
            draw(_picture(), data)
        assert caught.value.status == 400


def test_photos_are_measured(mug: bytes) -> None:
    """A plain backdrop and the clay's colour are seen."""
    look = look_at(mug)
    assert look.plain
    assert {"주황", "갈색", "빨강"} & set(look.colors)
    assert not look_at(_busy()).plain


@pytest.mark.parametrize(
    "change",
    [
        {"width": 1000, "height": 1001},
        {"width": 248},
        {"height": 1928},
        {"width": "1024"},
        {"n": 0},
        {"n": 9},
        {"steps": 0},
        {"prompt": " "},
        {"prompt": None},
        {"model": ""},
        {"seed": "x"},
        {"response_format": "b64_json"},
        {"output_format": "webp"},
    ],
)
def test_bad_image_requests_are_refused(change: dict[str, Any]) -> None:
    """400 naming the parameter."""
    with pytest.raises(RefusedError) as caught:
        check_images({"model": "m", "prompt": "p"} | change)
    assert caught.value.param in change


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://169.254.169.254/latest",
        "http://127.0.0.1.example.com/a.png",
        "http://localhost@example.com/a.png",
        "file:///etc/passwd",
        "ftp://localhost/a",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,%%%",
        "http://[::1",
        "",
        "x",
    ],
)
async def test_only_this_machine_and_data_urls_are_fetched(url: str) -> None:
    """Anything else is refused with 400 before a connection is made."""
    with pytest.raises(RefusedError) as caught:
        await fetch_image(url)
    assert caught.value.status == 400


def test_sample_photos_are_drawn_once(tmp_path: Path) -> None:
    """The same picture everywhere; an existing one is left alone."""
    ensure_photos(tmp_path / "a")
    ensure_photos(tmp_path / "b")
    first, second = ((tmp_path / name / "mug.jpg").read_bytes() for name in "ab")
    assert first == second
    (tmp_path / "a" / "mug.jpg").write_bytes(b"kept")
    ensure_photos(tmp_path / "a")
    assert (tmp_path / "a" / "mug.jpg").read_bytes() == b"kept"
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mug.jpg"]
