"""The plan: which blocks, in which order, resting on which facts, with which pictures."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generation.claims.check import find_claims
from generation.pages.selection import FEWEST_BLOCKS, Brief, picture_slots
from generation.ports import Meter, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed, most_tokens
from generation.templates.models import Template
from shared.errors import TransientError


class PlannedBlock(BaseModel):
    """One block to be written."""

    model_config = ConfigDict(frozen=True)

    template_id: str
    brief: str
    fact_ids: list[str]
    image_prompt: str | None
    image_alt: str | None
    why: str


class Plan(BaseModel):
    """The page to be made."""

    model_config = ConfigDict(frozen=True)

    title: str
    blocks: list[PlannedBlock]


async def make_plan(text: TextModel, brief: Brief, meter: Meter) -> Plan:
    """Ask the model for a plan, then hold it to the selection.

    Raises:
        TransientError: `answer_off_schema`, or the model's own.
        PermanentError: the model's own.
    """
    request = StructuredRequest(
        name="plan",
        system=prompt("plan"),
        data=_data(brief),
        schema=plan_schema([template.template_id for template in brief.selection.templates]),
        max_tokens=most_tokens(1000 + _TOKENS_PER_BLOCK * len(brief.selection.templates)),
    )
    try:
        plan = Plan.model_validate(await text.answer(request, meter))
    except ValidationError as error:
        raise TransientError(str(error), code="answer_off_schema") from error
    return hold_to(plan, brief)


def plan_schema(template_ids: list[str]) -> dict[str, Any]:
    """The strict schema of a plan over these templates."""
    text = {"type": "string"}
    block = {
        "template_id": {"type": "string", "enum": template_ids},
        "brief": text,
        "fact_ids": {"type": "array", "items": text},
        "image_prompt": {"type": ["string", "null"]},
        "image_alt": {"type": ["string", "null"]},
        "why": text,
    }
    blocks = {"type": "array", "items": closed(block), "minItems": 1, "maxItems": len(template_ids)}
    return closed({"title": {"type": "string", "description": "최대 60자"}, "blocks": blocks})


def hold_to(plan: Plan, brief: Brief) -> Plan:
    """The plan with only chosen templates, once each, in their order, known facts, and no more pictures than asked.

    Where the seller chose the templates, every one of them is in it, planned or not. Title and pictures' words claim
    nothing that no fact backs.
    """
    selection = brief.selection
    planned = {block.template_id: block for block in reversed(plan.blocks)}
    if not selection.keep_all and len(planned.keys() & selection.ids) < min(
        FEWEST_BLOCKS, len(selection.templates)
    ):
        planned = {template.template_id: _default(template) for template in selection.templates} | planned
    chosen = [
        (template, planned.get(template.template_id) or _default(template))
        for template in selection.templates
        if selection.keep_all or template.template_id in planned
    ]
    # A new picture too many would be paid for and not shown; where the page is ours to choose, the photo keeps a place.
    places = sum(picture_slots(template) for template, _ in chosen)
    images = min(brief.images, places if selection.keep_all else places - 1)
    blocks = []
    for template, block in chosen:
        wanted = block.image_prompt if images > 0 and picture_slots(template) else None
        images -= wanted is not None
        blocks.append(_held(block, wanted, brief))
    return Plan(title=_title(plan.title, brief), blocks=blocks)


def _held(block: PlannedBlock, image_prompt: str | None, brief: Brief) -> PlannedBlock:
    """The block with that picture, known facts, and no words for it that no fact backs."""
    known = {fact.id for fact in brief.facts}
    alt = block.image_alt if image_prompt else None
    return block.model_copy(
        update={
            "image_prompt": image_prompt,
            "image_alt": None if alt and find_claims({"alt": alt}, brief.facts) else alt,
            "fact_ids": [fact_id for fact_id in block.fact_ids if fact_id in known],
        }
    )


def _title(planned: str, brief: Brief) -> str:
    """The planned title, or the product's name where it is empty or claims what no fact backs."""
    title = planned.strip()
    backed = title and not find_claims({"title": title}, brief.facts)
    return (title if backed else brief.product.name)[:_TITLE]


_TITLE = 120
_TOKENS_PER_BLOCK = 500  # brief, reason, picture and a dozen ids; thirty blocks outgrow the usual limit


def _default(template: Template) -> PlannedBlock:
    return PlannedBlock(
        template_id=template.template_id,
        brief=template.description or template.name,
        fact_ids=[],
        image_prompt=None,
        image_alt=None,
        why=template.description or template.name,
    )


def _data(brief: Brief) -> dict[str, Any]:
    product, options = brief.product, brief.options
    return {
        "product": {"name": product.name, "category": product.category, "price_krw": product.price_krw},
        "facts": [fact.model_dump() for fact in brief.facts],
        "templates": [_described(template) for template in brief.selection.templates],
        "keep_all": brief.selection.keep_all,
        "options": {"images": brief.images, "tone": options.tone, "marketplace": options.marketplace},
    }


def _described(template: Template) -> dict[str, Any]:
    return {
        "template_id": template.template_id,
        "block_type": template.block_type,
        "name": template.name,
        "description": template.description,
        "has_image": picture_slots(template) > 0,
        "source": template.metadata.get("source", "copy"),
    }
