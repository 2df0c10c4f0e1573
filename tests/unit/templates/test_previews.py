"""The pictures of the library: drawn products, the pages around them, and the index in docs/templates."""

import re
import xml.etree.ElementTree as ET  # our own drawings
from pathlib import Path

import pytest

from generation.templates.library_files import read_library
from local.previews.art import drawn, picture
from local.previews.index import index
from local.previews.shelf import Shelf

LIBRARY = read_library()
DOCS = Path(__file__).parents[3] / "docs/templates"
LARGEST = 6 * 1024 * 1024


@pytest.mark.parametrize("product", sorted(drawn()))
@pytest.mark.parametrize("key", ["hero", "photo", "detail", "scene", "items.0.photo", "items.11.photo"])
def test_drawings_are_cut_to_the_slot(product: str, key: str) -> None:
    """Well-formed, of the size that was asked for, the same every time, with nothing from elsewhere."""
    drawing = picture(product, key, 1200, 900)
    root = ET.fromstring(drawing)  # noqa: S314  our own drawings

    assert (root.get("width"), root.get("height")) == ("1200", "900")
    _, _, wide, high = map(float, (root.get("viewBox") or "").split())
    assert wide / high == pytest.approx(4 / 3, abs=0.01)
    assert drawing == picture(product, key, 1200, 900)
    assert not re.search(r"<script|<image|https?://(?!www\.w3\.org)", drawing)


def test_every_set_has_a_drawn_product() -> None:
    """Its sample names one that there is."""
    assert {sample.picture for sample in LIBRARY.samples.values()} == drawn()


def test_every_picture_of_every_preview_is_there() -> None:
    """The shelf answers what its own pages ask for, and nothing else."""
    shelf = Shelf((860, 390))
    names = shelf.fill(LIBRARY, "http://127.0.0.1:1")
    assert len(names) == len(LIBRARY.sets) + len(LIBRARY.templates)
    for name in names:
        page = shelf.answer(f"/pages/{name}")
        assert page is not None
        for path in re.findall(r'src="http://127\.0\.0\.1:1(/[^"]+)"', page[1]):
            found = shelf.answer(path)
            assert found is not None
            assert found[0] == "image/svg+xml"
        assert shelf.answer(f"/frames/{name}") is not None
    for path in (
        "/",
        "/pages/nope",
        "/other/set-food-table",
        "/pictures/food/hero/0x1",
        "/pictures/x/hero/1x1",
    ):
        assert shelf.answer(path) is None


def test_the_documentation_shows_the_library_as_it_is() -> None:
    """`python -m local.previews docs/templates` was run after the library's last change of names; it stays small."""
    assert (DOCS / "README.md").read_text("utf-8") == index(LIBRARY)
    shown = {f"set-{one.template_set_id}{end}.webp" for one in LIBRARY.sets for end in ("", "-390")}
    shown |= {f"{one.template_id}.webp" for one in LIBRARY.templates}
    assert {path.name for path in DOCS.glob("*.webp")} == shown
    assert sum(path.stat().st_size for path in DOCS.iterdir()) <= LARGEST
