"""From plan, copy and pictures to a page document, and the check that the page can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generation.claims.check import find_claims
from generation.images.pictures import KeptImage
from generation.pages.copywriting import BlockCopy
from generation.pages.document import PageBlock, PageDocument, PlacedImage
from generation.pages.plan import Plan, PlannedBlock
from generation.pages.selection import Brief
from generation.templates.models import Template


def assemble(
    brief: Brief,
    plan: Plan,
    copies: Sequence[BlockCopy],
    scenes: Mapping[str, KeptImage | None],
    original: KeptImage,
) -> PageDocument:
    """The page: block n of the plan with copy n; `scenes` holds new pictures by template id.

    The original photo stands where a block has no scene of its own: in the first such block, wherever a template
    cannot do without a picture, and, where every block has a scene, in the last one instead of it.
    """
    templates = {template.template_id: template for template in brief.selection.templates}
    scenes = leave_room_for_original(plan, templates, scenes)
    blocks: list[PageBlock] = []
    shown = False
    for number, (planned, copy) in enumerate(zip(plan.blocks, copies, strict=True)):
        template = templates[planned.template_id]
        images = place(template, planned, scenes.get(planned.template_id), original, fill=not shown)
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


def leave_room_for_original(
    plan: Plan, templates: Mapping[str, Template], scenes: Mapping[str, KeptImage | None]
) -> dict[str, KeptImage]:
    """The scenes that exist, less the last one when they would take every picture slot of the page."""
    present = {template_id: scene for template_id, scene in scenes.items() if scene is not None}
    slots = sum(len(picture_slots(templates[block.template_id])) for block in plan.blocks)
    if present and len(present) >= slots:
        present.popitem()
    return present


def place(
    template: Template, planned: PlannedBlock, scene: KeptImage | None, original: KeptImage, *, fill: bool
) -> dict[str, PlacedImage]:
    """Pictures for the template's slots: the scene first, the original where required or when `fill` asks for it."""
    waiting = [scene] if scene else []
    waiting += [original] if fill else []
    placed = {}
    for name, required in picture_slots(template):
        picture = waiting.pop(0) if waiting else original if required else None
        if picture is not None:
            placed[name] = PlacedImage.of(picture, planned.image_alt or template.name)
    return placed


def picture_slots(template: Template) -> list[tuple[str, bool]]:
    """The template's own picture slots by name, and whether each is required."""
    return [(slot.name, slot.required) for slot in template.compiled.slots if slot.kind == "image"]
