"""A page document as HTML: each block with the template version it was made with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from generation.pages.document import PageBlock, PageDocument
from generation.templates.models import Template
from generation.templates.page_shell import render_page
from generation.templates.slots import ImageRef
from generation.templates.theme import Theme, parse_theme

type TemplateVersion = Callable[[str, int], Awaitable[Template]]


async def render_document(document: PageDocument, template_version: TemplateVersion) -> str:
    """The complete page, `<!doctype html>` to `</html>`.

    Args:
        document: what to show.
        template_version: gives a template by id and version.
    """
    theme = parse_theme(document.theme)
    blocks = [
        _block(block, await template_version(block.template_id, block.template_version), theme)
        for block in document.blocks
    ]
    return render_page(document.title, theme, blocks)


def _block(block: PageBlock, template: Template, theme: Theme) -> str:
    images = {
        name: ImageRef(image.url, image.alt, image.width, image.height)
        for name, image in block.images.items()
    }
    slots: dict[str, Any] = block.slots
    return template.compiled.render(slots, images, theme)
