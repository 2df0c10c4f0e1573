"""From plan, copy and pictures to a page document, and the check that the page can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generation.claims.check import find_claims
from generation.images.pictures import KeptImage
from generation.images.records import Source
from generation.pages.copywriting import BlockCopy
from generation.pages.document import PageBlock, PageDocument, PlacedImage
from generation.pages.plan import Plan, PlannedBlock
from generation.pages.requests import Product
from generation.pages.selection import Brief
from generation.templates.models import Template
from generation.templates.slots import image_keys

type Words = Mapping[Source, str]


def assemble(
    brief: Brief,
    plan: Plan,
    copies: Sequence[BlockCopy],
    scenes: Mapping[str, KeptImage | None],
    original: KeptImage,
) -> PageDocument:
    """The page: block n of the plan with copy n; `scenes` holds new pictures by template id.

    The original photo stands where a planned scene could not be made, in the first block that has none, and wherever
    a template cannot do without a picture.
    """
    templates = {template.template_id: template for template in brief.selection.templates}
    blocks: list[PageBlock] = []
    shown = False
    for number, (planned, copy) in enumerate(zip(plan.blocks, copies, strict=True)):
        template = templates[planned.template_id]
        scene = scenes.get(planned.template_id)
        failed = planned.image_prompt is not None and scene is None
        words = _words(brief.product, planned)
        images = place(template, copy.slots, scene, original, words, fill=failed or not shown)
        shown = shown or any(image.image_id == original.image_id for image in images.values())
        blocks.append(
            PageBlock(
                block_id=f"b{number + 1}",
                block_type=template.block_type,
                template_id=template.template_id,
                template_version=template.version,
                slots=copy.slots,
                images=images,
                facts=copy.fact_ids,
                why=" ".join(filter(None, (brief.selection.why.get(template.template_id), planned.why))),
                findings=find_claims(copy.slots, brief.facts),
            )
        )
    theme = brief.selection.theme.as_json()
    return PageDocument(title=plan.title, theme=theme, blocks=blocks, facts=list(brief.facts))


def place(
    template: Template,
    slots: Mapping[str, Any],
    scene: KeptImage | None,
    original: KeptImage,
    words: Words,
    *,
    fill: bool,
) -> dict[str, PlacedImage]:
    """Pictures by key: the scene first, the original where required or when `fill` asks for it.

    Args:
        template: of the block.
        slots: its copy; each item of a list may have pictures of its own (`items.0.photo`).
        scene: the new picture, if there is one.
        original: the photo.
        words: what each kind of picture shows.
        fill: the original is to be shown here.
    """
    waiting = [scene] if scene else []
    waiting += [original] if fill else []
    placed = {}
    for key, slot in image_keys(template.slots, slots):
        picture = waiting.pop(0) if waiting else original if slot.required else None
        if picture is not None:
            placed[key] = PlacedImage.of(picture, words[picture.source])
    return placed


def _words(product: Product, planned: PlannedBlock) -> Words:
    """What each kind of picture shows: only a new one shows the scene that was planned."""
    return {
        "generated": planned.image_alt or product.name,
        "upload": product.name,
        "drawn": f"{product.name} (그림)",
    }
