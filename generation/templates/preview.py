"""`python -m generation.templates.preview OUT_DIR [--images URL]`: every template and set as an HTML file.

Pictures are asked for at `<URL>/<width>x<height>.png`; without a URL there are none, as when a page has no photo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from generation.templates.library_files import Library, read_library
from generation.templates.models import Template, TemplateSet
from generation.templates.page_shell import render_page
from generation.templates.slots import ImageRef, image_keys
from generation.templates.theme import THEMES, Theme

_WIDTH = 1200


def sample_images(template: Template, base_url: str | None) -> dict[str, ImageRef]:
    """A picture of the right shape for every image slot; none without a base URL."""
    if base_url is None:
        return {}
    counts = {slot.name: len(slot.sample or ()) for slot in template.slots if slot.kind == "list"}
    return {key: _image(slot.label, slot.ratio, base_url) for key, slot in image_keys(template.slots, counts)}


def _image(label: str, ratio: str, base_url: str) -> ImageRef:
    across, down = (int(part) for part in ratio.split(":"))
    height = _WIDTH * down // across
    return ImageRef(f"{base_url.rstrip('/')}/{_WIDTH}x{height}.png", label, _WIDTH, height)


def preview_block(template: Template, theme: Theme, base_url: str | None) -> str:
    """One template, filled with its samples."""
    return template.compiled.render(template.samples, sample_images(template, base_url), theme)


def preview_set(template_set: TemplateSet, templates: Mapping[str, Template], base_url: str | None) -> str:
    """A whole page of a set's templates."""
    theme = template_set.theme
    blocks = [preview_block(templates[one], theme, base_url) for one in template_set.template_ids]
    return render_page(template_set.name, theme, blocks)


def write_previews(library: Library, folder: Path, base_url: str | None) -> list[Path]:
    """Write the files; templates take the theme of the first set that uses them."""
    folder.mkdir(parents=True, exist_ok=True)
    themes = {one: found.theme for found in reversed(library.sets) for one in found.template_ids}
    pages = {
        f"set-{found.template_set_id}": preview_set(found, library.by_id, base_url) for found in library.sets
    } | {
        template.template_id: render_page(
            template.name,
            theme := themes.get(template.template_id, THEMES["forest"]),
            [preview_block(template, theme, base_url)],
        )
        for template in library.templates
    }
    written = [folder / f"{name}.html" for name in pages]
    for path, html in zip(written, pages.values(), strict=True):
        path.write_text(html, "utf-8")
    return written


def main(arguments: list[str]) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m generation.templates.preview")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", metavar="URL", help="where pictures of any size are served")
    options = parser.parse_args(arguments)
    written = write_previews(read_library(), options.folder, options.images)
    sys.stdout.write(f"{len(written)} previews in {options.folder}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
