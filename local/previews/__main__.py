"""`python -m local.previews OUT [NAME ...]`: pictures of the template library and their index page, written to OUT.

NAME is a template's id, or `set-` and a set's id; all of them when none is given. Needs Chromium:
`sh local/setup-browser.sh`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from generation.templates.library_files import Library, read_library
from local.previews.camera import BrowserMissingError, photograph, serving
from local.previews.index import index
from local.previews.shelf import Shelf, tallest

if TYPE_CHECKING:
    from PIL.Image import Image

WIDE, PHONE = 860, 390
_SET_WIDTH, _TEMPLATE_WIDTH = 645, 480  # pixels kept of the wide picture
_QUALITY = 80
_AT_ONCE = 2


def draw(library: Library, folder: Path, names: Sequence[str]) -> list[Path]:
    """Photograph these previews, all if none is named, and write the index page.

    Raises:
        ValueError: there is no preview of such a name.
        BrowserMissingError: there is no browser.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shelf = Shelf((WIDE, PHONE))
    with serving(shelf.answer) as url:
        known = shelf.fill(library, url)
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f"no preview of {', '.join(unknown)}")

        def shoot(name: str) -> list[Path]:
            wide, phone = photograph(f"{url}/frames/{name}", (WIDE, PHONE), tallest(name))
            return list(_keep(folder, name, wide, phone))

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            written = [path for paths in pool.map(shoot, names or known) for path in paths]
    page = folder / "README.md"
    page.write_text(index(library), "utf-8")
    return [*written, page]


def _keep(folder: Path, name: str, wide: Image, phone: Image) -> Iterator[Path]:
    is_set = name.startswith("set-")
    yield _saved(folder / f"{name}.webp", wide, _SET_WIDTH if is_set else _TEMPLATE_WIDTH)
    if is_set:
        yield _saved(folder / f"{name}-{PHONE}.webp", phone, PHONE)


def _saved(path: Path, picture: Image, width: int) -> Path:
    from PIL import Image

    height = picture.height * width // picture.width
    picture.resize((width, height), Image.Resampling.LANCZOS).save(path, "WEBP", quality=_QUALITY, method=6)
    return path


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when every picture was written."""
    parser = argparse.ArgumentParser(prog="python -m local.previews", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="OUT")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    try:
        written = draw(read_library(), options.folder, options.names)
    except (BrowserMissingError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in written)
    print(f"{len(written)} files, {size / 1024 / 1024:.1f} MB in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
