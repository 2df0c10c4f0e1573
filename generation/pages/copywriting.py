"""The copy of one block: the model fills the template's slots; it never writes HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generation.claims.check import Finding, describe_for_model
from generation.facts import Fact
from generation.pages.plan import PlannedBlock
from generation.pages.selection import Brief
from generation.ports import Meter, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed, most_tokens
from generation.templates.coverage import copied, is_table, quoted, stated
from generation.templates.models import Template
from generation.templates.schema import check_values, fit_values, slot_schema
from shared.errors import TransientError

_COPY_TOKENS = 4000
_ROW = {"label", "value"}


class BlockCopy(BaseModel):
    """Slot values that fit the template, and the facts they rest on."""

    model_config = ConfigDict(frozen=True)

    slots: dict[str, Any]
    fact_ids: list[str]


async def write_copy(
    text: TextModel,
    template: Template,
    block: PlannedBlock,
    brief: Brief,
    meter: Meter,
    *,
    instruction: str | None = None,
    findings: Sequence[Finding] = (),
) -> BlockCopy:
    """Have one block written; exactly one call of the text model.

    Args:
        text: the model.
        template: what is to be filled.
        block: what the plan says of it.
        brief: what is known of the page.
        meter: takes the cost.
        instruction: the seller's own wish for this block.
        findings: claims of an earlier version that no fact backs, to be left out now.

    Raises:
        TransientError: `answer_off_schema`, or the model's own.
        PermanentError: the model's own.
    """
    wishes = ({"instruction": instruction} if instruction else {}) | (
        {"findings": describe_for_model(findings)} if findings else {}
    )
    answer = await text.answer(_request(template, _data(template, block, brief), wishes), meter)
    return _accepted(template, brief, answer)


def facts_for(
    template: Template, block: PlannedBlock, facts: Sequence[Fact], page: Sequence[Template] = ()
) -> list[Fact]:
    """The facts a block may use: those planned for it and the product's name; a table of facts gets those of its kind.

    Args:
        template: of the block.
        block: its plan.
        facts: everything known.
        page: the page's templates; what another of them states is not stated twice.
    """
    own = stated(template, facts, page) if is_table(template) else quoted(template, facts)
    cited = {fact.id for fact in own} or set(block.fact_ids)
    chosen = [fact for fact in facts if fact.id in cited or fact.source == "name"]
    return chosen if cited else list(facts)


def _request(template: Template, data: dict[str, Any], wishes: dict[str, Any]) -> StructuredRequest:
    return StructuredRequest(
        name="block",
        system=prompt("block"),
        data=data | wishes,
        schema=closed(
            {"slots": slot_schema(template), "fact_ids": {"type": "array", "items": {"type": "string"}}}
        ),
        # A table repeats its facts, and an ingredients list may be thousands of characters.
        max_tokens=most_tokens(_COPY_TOKENS + sum(len(fact["value"]) for fact in data["facts"])),
    )


def _accepted(template: Template, brief: Brief, answer: dict[str, Any]) -> BlockCopy:
    """The model's answer within the slots' limits, citing only facts there are."""
    try:
        copy = BlockCopy.model_validate(answer)
    except ValidationError as error:
        raise TransientError(str(error), code="answer_off_schema") from error
    verbatim = copied(template, brief.facts)
    slots = fit_values(template, _with_rows(template, copy.slots, verbatim))
    if issues := check_values(template, slots):
        raise TransientError(f"{issues[0].loc}: {issues[0].msg}", code="answer_off_schema")
    known = {fact.id for fact in brief.facts}
    cited = dict.fromkeys([*copy.fact_ids, *(fact.id for fact in verbatim)])
    return BlockCopy(slots=slots, fact_ids=[fact_id for fact_id in cited if fact_id in known])


def _with_rows(template: Template, slots: Mapping[str, Any], facts: Sequence[Fact]) -> dict[str, Any]:
    """`slots`, the template's rows of labels and values replaced by the names and values of `facts`, if any."""
    tables = [slot.name for slot in template.slots if {field.name for field in slot.fields} == _ROW]
    if not (facts and tables):
        return dict(slots)
    return {**slots, tables[0]: [{"label": fact.name, "value": fact.value} for fact in facts]}


def _data(template: Template, block: PlannedBlock, brief: Brief) -> dict[str, Any]:
    product, options = brief.product, brief.options
    return {
        "product": {"name": product.name, "category": product.category, "price_krw": product.price_krw},
        "facts": [
            fact.model_dump() for fact in facts_for(template, block, brief.facts, brief.selection.templates)
        ],
        "block": {
            "block_type": template.block_type,
            "template_name": template.name,
            "brief": block.brief,
            "place": brief.selection.templates.index(template) + 1,
            "of": len(brief.selection.templates),
        },
        "options": {"tone": options.tone, "marketplace": options.marketplace},
    }
