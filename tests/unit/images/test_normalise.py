import hashlib
import io
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from generation.images.normalise import MAX_EDGE, normalise
from generation.ports import Photo
from shared.errors import PermanentError

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """`image` as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(size: tuple[int, int] = (400, 300), mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image.convert(mode)


def opened(photo: Photo) -> Image.Image:
    """The picture again."""
    image = Image.open(io.BytesIO(photo.content))
    image.load()
    return image


def near(pixel: Any, colour: tuple[int, int, int], by: int = 25) -> bool:
    """Whether a pixel has about this colour."""
    return all(abs(a - b) <= by for a, b in zip(pixel[:3], colour, strict=True))


def refusal(content: bytes) -> str:
    """The code a picture is refused with."""
    with pytest.raises(PermanentError) as caught:
        normalise(content)
    return caught.value.code


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 4) + b"IDAT" + b"\0" * 8


def webp_header(kind: bytes, payload: bytes) -> bytes:
    """A WebP that claims something and holds nothing."""
    body = b"WEBP" + kind + struct.pack("<I", len(payload)) + payload + b"\0" * 40
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True}), ("WEBP", {})]
)
def test_each_format_becomes_jpeg(kind: str, options: dict[str, Any]) -> None:
    """JPEG, PNG and WebP come out as JPEG of the same size, with matching figures."""
    photo = normalise(encoded(halves(), kind, **options))
    assert (photo.content_type, photo.width, photo.height) == ("image/jpeg", 400, 300)
    assert photo.sha256 == hashlib.sha256(photo.content).hexdigest()
    image = opened(photo)
    assert (image.format, image.size) == ("JPEG", (400, 300))
    assert near(image.getpixel((50, 150)), RED)
    assert near(image.getpixel((350, 150)), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA", "RGBA"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    """Grey, palette, CMYK, 16 bit and opaque alpha become plain RGB."""
    if mode == "I;16":
        image = Image.new("I;16", (100, 100), 0x8000)
    else:
        grey = Image.new("RGB", (100, 100), (128, 128, 128))
        image = grey.quantize(8) if mode == "P" else grey.convert(mode)
    photo = normalise(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    out = opened(photo)
    assert (out.mode, photo.content_type) == ("RGB", "image/jpeg")
    if mode != "1":
        assert near(out.getpixel((50, 50)), (128, 128, 128), by=6)


def test_transparency_stays_as_png() -> None:
    """A picture with really transparent pixels keeps them."""
    image = halves(mode="RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    photo = normalise(encoded(image))
    assert photo.content_type == "image/png"
    assert opened(photo).mode == "RGBA"
    assert opened(photo).getpixel((0, 0))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples


@pytest.mark.parametrize("mode", ["P", "RGB", "L"])
def test_transparent_colour_of_a_png_stays(mode: str) -> None:
    """PNG's tRNS chunk is transparency too."""
    image = halves().quantize(4) if mode == "P" else halves(mode=mode)
    key: Any = {"P": image.getpixel((0, 0)), "RGB": RED, "L": image.getpixel((0, 0))}[mode]
    photo = normalise(encoded(image, transparency=key))
    assert photo.content_type == "image/png"
    assert opened(photo).getpixel((10, 10))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photo_is_turned_upright(orientation: int, kind: str) -> None:
    """Each of the eight EXIF orientations ends with the picture as it was taken."""
    backwards = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = halves()
    upright.paste((240, 240, 240), (0, 0, 400, 60))
    turn = backwards.get(orientation)
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = opened(normalise(encoded(stored, kind, exif=exif)))
    assert out.size == (400, 300)
    assert near(out.getpixel((200, 20)), (240, 240, 240))
    assert near(out.getpixel((50, 200)), RED)
    assert near(out.getpixel((350, 200)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("transparent", [False, True])
def test_no_metadata_survives(kind: str, transparent: bool) -> None:
    """Place, camera, comments, XMP and profiles are gone from the bytes."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x8825] = {1: "N", 2: (37.0, 33.0, 0.0)}
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Author", "SECRET-AUTHOR")
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", "SECRET-XMP")
    else:
        options["xmp"] = b"SECRET-XMP"
    if kind == "JPEG":
        options["comment"] = b"SECRET-COMMENT"
    image = halves(mode="RGB" if kind == "JPEG" else "RGBA")
    if transparent and kind != "JPEG":
        image.putalpha(128)
    options["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = normalise(encoded(image, kind, **options))
    assert b"SECRET" not in photo.content
    out = opened(photo)
    assert not out.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile", "Author"} & set(out.info)


def test_broken_exif_does_not_spoil_the_photo(jpeg: bytes) -> None:
    """A photo with nonsense for EXIF is a photo."""
    app1 = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xfe" * 200
    spoiled = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + jpeg[2:]
    assert normalise(spoiled).width == 400


def test_broken_profile_is_left_aside() -> None:
    """A photo with nonsense for a colour profile keeps its numbers."""
    out = opened(normalise(encoded(halves(), "JPEG", icc_profile=b"nonsense" * 50, quality=95)))
    assert near(out.getpixel((50, 150)), RED)


def test_profile_is_applied() -> None:
    """A profile whose green is not sRGB's changes the numbers, so that the colour stays."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Swap the red and green primaries of an sRGB profile: its "red" is what sRGB calls green.
    swapped = profile.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    out = opened(normalise(encoded(Image.new("RGB", (100, 100), (255, 0, 0)), icc_profile=swapped)))
    red, green, _ = out.getpixel((50, 50))  # type: ignore[misc]  # RGB pixels are tuples
    assert (green > 200, red < 60) == (True, True)


@pytest.mark.parametrize(("size", "expected"), [((4000, 3000), (2048, 1536)), ((1000, 3000), (683, 2048))])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_pictures_are_reduced(kind: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    """The longer side ends at 2048, the shape stays."""
    photo = normalise(encoded(halves(size), kind))
    assert (photo.width, photo.height) == expected
    assert near(opened(photo).getpixel((50, 150)), RED)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_first_frame_of_an_animation(kind: str, frames: int) -> None:
    """Animated PNG and WebP count as their first frame."""
    more = [Image.new("RGB", (100, 100), (0, 200, 0))] * (frames - 1)
    content = encoded(Image.new("RGB", (100, 100), RED), kind, save_all=True, append_images=more, duration=50)
    assert near(opened(normalise(content)).getpixel((50, 50)), RED)


@pytest.mark.parametrize("edge", [63, 1])
def test_small_pictures_are_refused(edge: int) -> None:
    """Under 64 pixels nothing can be made of it."""
    assert refusal(encoded(halves((400, edge)))) == "photo_too_small"


def test_thin_strips_are_refused() -> None:
    """A strip would be under 64 pixels once it is reduced."""
    assert refusal(encoded(halves((8000, 200)))) == "photo_too_small"
    assert normalise(encoded(halves((64, 64)))).width == 64


@pytest.mark.parametrize(
    "content",
    [
        png_header(10_000, 5_001),
        png_header(2**31 - 1, 2**31 - 1),
        png_header(60_000, 60_000),
        webp_header(b"VP8X", b"\0\0\0\0" + (16382).to_bytes(3, "little") * 2),
        webp_header(b"VP8X", b"\0\0\0\0" + b"\xff" * 6),
        webp_header(b"VP8L", b"\x2f" + b"\xff\xff\xff\x0f"),
        webp_header(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"),
    ],
)
def test_pixel_bombs_are_refused_before_decoding(content: bytes) -> None:
    """The claimed size is enough; no canvas is reserved."""
    started = time.perf_counter()
    assert refusal(content) == "photo_too_large"
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"GIF89a" + b"\0" * 100,
        b"%PDF-1.7",
        b"BM" + b"\0" * 100,
        b"II*\0" + b"\0" * 100,
        b"\0\0\0\x20ftypavif" + b"\0" * 100,
        b"\x89PNG",
        b"RIFF\0\0\0\0WEBP",
        b"\xff\xd8",
    ],
)
def test_what_is_no_jpeg_png_or_webp_is_refused(content: bytes) -> None:
    """Other formats, other files, nothing: never decoded."""
    assert refusal(content) in {"photo_not_an_image", "photo_unreadable"}


def test_gif_is_not_taken() -> None:
    """A valid GIF is still none of the three formats."""
    assert refusal(encoded(halves(), "GIF")) == "photo_not_an_image"
    assert refusal(encoded(halves(), "BMP")) == "photo_not_an_image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.7, 0.98])
def test_truncated_pictures_are_refused(kind: str, part: float) -> None:
    """Half a photo is no photo."""
    image = Image.effect_noise((300, 300), 80).convert("RGB")
    content = encoded(image, kind)
    assert refusal(content[: int(len(content) * part)]) in {"photo_unreadable", "photo_not_an_image"}


def test_compressed_text_bomb_is_refused_or_skipped() -> None:
    """A PNG whose comment unfolds to 100 MB does not."""
    text = b"zTXt" + b"k\0\0" + zlib.compress(b"x" * 100_000_000, 9)
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    content = encoded(halves())
    at = 8 + 25  # behind the signature and IHDR
    assert refusal(content[:at] + chunk + content[at:]) == "photo_unreadable"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_ends_as_an_error_of_ours(data: st.DataObject, jpeg: bytes) -> None:
    """Flipped bytes give a photo or a PermanentError, nothing else."""
    source = data.draw(st.sampled_from([jpeg, encoded(halves((80, 80))), encoded(halves((80, 80)), "WEBP")]))
    content = bytearray(source)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert normalise(bytes(content)).width <= MAX_EDGE
    except PermanentError as error:
        assert error.code.startswith("photo_")  # noqa: PT017  either outcome is right


def test_same_input_same_bytes_on_many_threads(jpeg: bytes) -> None:
    """Deterministic and thread safe."""
    once = normalise(jpeg)
    started = threading.Barrier(6)

    def again(_: int) -> Photo:
        started.wait(5)
        return normalise(jpeg)

    with ThreadPoolExecutor(6) as threads:
        assert {photo.content for photo in threads.map(again, range(6))} == {once.content}


def test_normalising_twice_changes_little(jpeg: bytes) -> None:
    """What we made we take."""
    once = normalise(jpeg)
    twice = normalise(once.content)
    assert (twice.width, twice.height, twice.content_type) == (once.width, once.height, once.content_type)
