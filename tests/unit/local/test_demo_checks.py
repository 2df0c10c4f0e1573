from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from local.demo_checks import count_hangul, find_faults, image_urls, load_images
from local.demo_page import save_page

STORE = "http://127.0.0.1:7020/"
PHOTO, DRAWN = f"{STORE}b/photo.png", f"{STORE}b/drawn.png"


def png(size: int = 32) -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(buffer, "PNG")
    return buffer.getvalue()


def document(templates: int = 6, photo_source: str = "upload") -> dict[str, Any]:
    """A page document whose first two blocks hold an image."""
    blocks: list[dict[str, Any]] = [{"template_id": f"t{i}", "images": {}} for i in range(templates)]
    blocks[0]["images"]["main"] = {"url": PHOTO, "source": photo_source}
    blocks[1]["images"]["scene"] = {"url": DRAWN, "source": "generated"}
    return {"blocks": blocks}


def html(copy: str = "가" * 300) -> str:
    """A page with both images."""
    images = f'<img src="{PHOTO}"><img src="{DRAWN}">'
    return f"<html><head><title>가</title></head><body><p>{copy}</p>{images}</body></html>"


def loaded(answers: dict[str, tuple[int, str, bytes]] | None = None) -> Any:
    """The page's images as they load when `answers` differ from good ones."""
    good = {PHOTO: (200, "image/png", png()), DRAWN: (200, "image/png", png())}
    return load_images(image_urls(html()), STORE, {**good, **(answers or {})}.__getitem__)


def test_complete_page_has_no_fault() -> None:
    """Six templates, Korean copy, photo and generated image, all loading: complete."""
    assert find_faults(document(), html(), loaded(), with_photo=True) == []


def test_too_few_templates() -> None:
    """Six blocks of five templates are not enough."""
    page = document(5)
    page["blocks"].append(page["blocks"][4])
    assert find_faults(page, html(), loaded(), with_photo=True) == [
        "5 different templates, at least 6 wanted"
    ]


def test_copy_that_is_not_korean() -> None:
    """English copy is a fault, and what only the head says does not count."""
    faults = find_faults(document(), html("nice coffee " * 50), loaded(), with_photo=True)
    assert faults == ["0 Hangul syllables in the copy, at least 200 wanted"]


def test_page_cut_short() -> None:
    """HTML without its end is reported."""
    cut = html().removesuffix("</html>")
    assert find_faults(document(), cut, loaded(), with_photo=True) == ["the HTML ends before </html>"]


def test_photo_that_is_missing() -> None:
    """A submitted photo must be shown; without one a drawn picture stands in, and nothing is generated."""
    page = document(photo_source="generated")
    assert find_faults(page, html(), loaded(), with_photo=True) == ["the original photo is not on the page"]
    assert find_faults(page, html(), loaded(), with_photo=False) == ["a drawn picture is not on the page"]
    drawn = document(photo_source="drawn")
    assert find_faults(drawn, html(), loaded(), with_photo=False) == []


def test_images_that_do_not_load() -> None:
    """Each way an image can be broken is named with its URL."""
    cases = {
        (404, "text/html", b""): "answered 404 text/html",
        (200, "text/html", b"<p>"): "answered 200 text/html",
        (200, "image/png", b"not a picture"): "is not a picture",
        (200, "image/png", png()[:60]): "is not a picture",
        (0, "ConnectError refused", b""): "answered 0 ConnectError refused",
        (200, "image/png", png(2)): "2x2 PNG",
    }
    for answer, said in cases.items():
        faults = find_faults(document(), html(), loaded({DRAWN: answer}), with_photo=True)
        assert len(faults) == 1
        assert faults[0].startswith(f"image {DRAWN}: {said}")


def test_image_from_elsewhere_is_not_loaded() -> None:
    """Only our own store counts; no other address is asked."""
    answers: dict[str, tuple[int, str, bytes]] = {}
    (image,) = load_images(["http://elsewhere/x.png"], STORE, answers.__getitem__)
    assert not image.fine
    assert "not in the image store" in image.note


def test_images_are_listed_once_in_order() -> None:
    """A repeated image is loaded once; one without src is listed as such."""
    assert image_urls('<img src="b"><img src="a"><img src="b"><img>') == ["b", "a", ""]


def test_hangul_is_counted_in_visible_text_only() -> None:
    """Scripts and styles do not count."""
    assert count_hangul("<body>가나<script>'다'</script><style>/*라*/</style><b>마</b></body>") == 3


def test_saved_page_shows_its_images_from_files(tmp_path: Path) -> None:
    """The page on disk needs no running stack, and an earlier run leaves nothing in it."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "07.png").write_bytes(b"x")
    path = save_page(tmp_path, html(), loaded({DRAWN: (404, "text/html", b"")}))
    assert '<img src="images/01.png">' in path.read_text(encoding="utf-8")
    assert [file.name for file in (tmp_path / "images").iterdir()] == ["01.png"]
    assert (tmp_path / "images" / "01.png").read_bytes() == png()


def test_saving_a_page_spares_what_is_not_its_own(tmp_path: Path) -> None:
    """`--out` may name a folder with pictures of somebody's: they are not this command's to delete."""
    (tmp_path / "images" / "holiday").mkdir(parents=True)
    (tmp_path / "images" / "logo.png").write_bytes(b"x")
    save_page(tmp_path, html(), loaded())
    names = {file.name for file in (tmp_path / "images").iterdir()}
    assert names == {"holiday", "logo.png", "01.png", "02.png"}


def test_saved_page_may_load_its_files(tmp_path: Path) -> None:
    """The page's policy, made for images on the web, lets the files beside it through as well."""
    policy = '<meta http-equiv="Content-Security-Policy" content="img-src http: https:">'
    path = save_page(tmp_path, html().replace("<head>", f"<head>{policy}"), loaded())
    assert "img-src file: http: https:" in path.read_text(encoding="utf-8")
