"""`python -m generation.templates.preview OUT_DIR [--images URL]`: every template and set as an HTML file.

Pictures are asked for at `<URL>/<product>/<slot>/<width>x<height>`, where the slot of a picture in a list is written
`items.0.photo`; without a URL there are none, as when a page has no photo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generation.templates.library_files import Library, SampleProduct, read_library
from generation.templates.models import Template, TemplateSet
from generation.templates.page_shell import render_page
from generation.templates.slots import ImageRef, Slot, image_keys
from generation.templates.theme import THEMES, Theme

_WIDTH = 1200


def sample_images(
    template: Template, base_url: str | None, values: Mapping[str, Any] | None = None
) -> dict[str, ImageRef]:
    """A picture of the right shape for every image slot; none without a base URL.

    Args:
        template: what is shown.
        base_url: where pictures are served.
        values: what is shown in it; its own samples if None.
    """
    if base_url is None:
        return {}
    shown = template.samples if values is None else values
    return {
        key: _image(f"{base_url.rstrip('/')}/{key}", slot) for key, slot in image_keys(template.slots, shown)
    }


def _image(url: str, slot: Slot) -> ImageRef:
    across, down = (int(part) for part in slot.ratio.split(":"))
    height = _WIDTH * down // across
    return ImageRef(f"{url}/{_WIDTH}x{height}", slot.label, _WIDTH, height)


def preview_block(
    template: Template, theme: Theme, base_url: str | None, values: Mapping[str, Any] | None = None
) -> str:
    """One template, filled with these values, or with its samples."""
    shown = template.samples if values is None else values
    return template.compiled.render(shown, sample_images(template, base_url, values), theme)


def preview_set(
    template_set: TemplateSet,
    templates: Mapping[str, Template],
    base_url: str | None,
    sample: SampleProduct | None = None,
) -> str:
    """A whole page of a set's templates, about one product if `sample` tells of one."""
    told, pictures = _told(sample, base_url)
    theme = template_set.theme
    blocks = [
        preview_block(templates[one], theme, pictures, told.get(one)) for one in template_set.template_ids
    ]
    return render_page(template_set.name, theme, blocks)


def _told(
    sample: SampleProduct | None, base_url: str | None
) -> tuple[Mapping[str, Mapping[str, Any]], str | None]:
    if sample is None:
        return {}, base_url
    return sample.slots, base_url and f"{base_url.rstrip('/')}/{sample.picture}"


def previews(library: Library, base_url: str | None) -> dict[str, str]:
    """Every set (`set-<id>`) and template as a document; a template looks as in the first set that uses it."""
    pages = {
        f"set-{one.template_set_id}": preview_set(
            one, library.by_id, base_url, library.samples.get(one.template_set_id)
        )
        for one in library.sets
    }
    for template in library.templates:
        theme, told, pictures = _shown_as(library, template, base_url)
        block = preview_block(template, theme, pictures, told.get(template.template_id))
        pages[template.template_id] = render_page(template.name, theme, [block])
    return pages


def _shown_as(
    library: Library, template: Template, base_url: str | None
) -> tuple[Theme, Mapping[str, Mapping[str, Any]], str | None]:
    using = [one for one in library.sets if template.template_id in one.template_ids]
    suiting = using or [one for one in library.sets if one.category_id == (template.category_id or "living")]
    if not suiting:
        return THEMES["forest"], {}, base_url
    told, pictures = _told(library.samples.get(suiting[0].template_set_id), base_url)
    return suiting[0].theme, told, pictures


def write_previews(library: Library, folder: Path, base_url: str | None) -> list[Path]:
    """Write every preview as a file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = previews(library, base_url)
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
