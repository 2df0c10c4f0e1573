"""One block written anew: exactly one call of the text model, nothing else of the page is paid for again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.claims.check import find_claims
from generation.pages import repository
from generation.pages.copywriting import BlockCopy, write_copy
from generation.pages.document import PageBlock, PageDocument
from generation.pages.plan import Plan, PlannedBlock
from generation.pages.render import TemplateVersion
from generation.pages.requests import PageRequest, Product
from generation.pages.selection import Brief, Selection
from generation.pages.warnings import claim_warnings
from generation.ports import TextModel
from generation.tasks import lease as leases
from generation.tasks import repository as tasks
from generation.tasks.run import Outcome, Run, Transactions
from generation.templates.models import Origin, Template
from generation.templates.theme import parse_theme
from shared.errors import InvalidError, PermanentError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


class BlockRequest(BaseModel):
    """What a block task asks for."""

    model_config = ConfigDict(frozen=True)

    page_id: UUID
    block_id: str
    instruction: str | None = None


@dataclass(frozen=True, slots=True)
class _Origin:
    """The page as it is, what was asked for when it was made, and what was planned for its blocks by template."""

    document: PageDocument
    request: PageRequest
    planned: dict[str, PlannedBlock]


@dataclass(frozen=True, slots=True)
class BlockPipeline:
    """Writes blocks anew; the handler of block tasks."""

    text: TextModel
    database: Transactions
    template_version: TemplateVersion

    async def __call__(self, run: Run) -> Outcome:
        """Write the block this run's task names, from the page's own facts and for the place it has."""
        request = BlockRequest.model_validate(run.lease.request)
        owner = run.lease.owner
        run.expect(1)
        origin = await self._origin(request, owner)
        block = _block(origin.document, request.block_id)
        templates = [
            await self.template_version(each.template_id, each.template_version)
            for each in origin.document.blocks
        ]
        template = templates[origin.document.blocks.index(block)]
        brief, planned = _brief(origin, templates), _planned(origin, block)
        copy = await run.step(
            "copy",
            BlockCopy,
            lambda meter: write_copy(
                self.text, template, planned, brief, meter, instruction=request.instruction
            ),
            f"'{template.name}' 글을 새로 썼어요",
        )
        run.warn(*claim_warnings(find_claims(copy.slots, brief.facts), "copy"))
        return _outcome(request, owner, copy)

    async def _origin(self, request: BlockRequest, owner: str) -> _Origin:
        def read(cursor: Cursor) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
            stored = repository.get(cursor, request.page_id, owner)
            task_id = UUID(stored["task_id"])
            return stored, tasks.get(cursor, task_id, owner), leases.steps(cursor, task_id)

        try:
            stored, task, steps = await self.database.run(read)
        except InvalidError as error:
            raise PermanentError("the page is gone", code="page_gone") from error
        plan = Plan.model_validate(steps["plan"]["value"])
        return _Origin(
            repository.document_of(stored),
            PageRequest.model_validate(task["request"]),
            {block.template_id: block for block in plan.blocks},
        )


def _block(document: PageDocument, block_id: str) -> PageBlock:
    for block in document.blocks:
        if block.block_id == block_id:
            return block
    raise PermanentError("the block was removed meanwhile", code="block_gone")


def _brief(origin: _Origin, templates: list[Template]) -> Brief:
    given = origin.request.product
    product = Product(name=origin.document.product_name, category=given.category if given else None)
    theme = parse_theme(origin.document.theme)
    selection = Selection(tuple(templates), theme, keep_all=True, pictures=False, origin=Origin(), why={})
    return Brief(product, tuple(origin.document.facts), selection, origin.request.options)


def _planned(origin: _Origin, block: PageBlock) -> PlannedBlock:
    """What the plan says of the block; all facts may be used, since the instruction may speak of any."""
    planned = origin.planned.get(block.template_id)
    return PlannedBlock(
        template_id=block.template_id,
        brief=planned.brief if planned else block.why,
        fact_ids=[],
        image_prompt=None,
        image_alt=None,
        why=block.why,
    )


def _outcome(request: BlockRequest, owner: str, copy: BlockCopy) -> Outcome:
    result: dict[str, Any] = {"page_id": str(request.page_id), "block_id": request.block_id}

    def write(cursor: Cursor) -> None:
        result["version"] = repository.replace_block(
            cursor, request.page_id, owner, request.block_id, copy.slots, copy.fact_ids
        )

    return Outcome(result, write)
