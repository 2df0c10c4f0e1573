"""One block written anew: exactly one call of the text model, nothing else of the page is paid for again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.pages import repository
from generation.pages.copywriting import BlockCopy, write_copy
from generation.pages.document import PageBlock, PageDocument
from generation.pages.plan import PlannedBlock
from generation.pages.render import TemplateVersion
from generation.pages.requests import PageOptions, Product
from generation.pages.selection import Brief, Selection
from generation.ports import TextModel
from generation.tasks.run import Outcome, Run, Transactions
from generation.templates.models import Origin
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
class BlockPipeline:
    """Writes blocks anew; the handler of block tasks."""

    text: TextModel
    database: Transactions
    template_version: TemplateVersion

    async def __call__(self, run: Run) -> Outcome:
        """Write the block this run's task names, from the page's own facts."""
        request = BlockRequest.model_validate(run.lease.request)
        owner = run.lease.owner
        run.expect(1)
        document = await self._document(request, owner)
        block = _block(document, request.block_id)
        template = await self.template_version(block.template_id, block.template_version)
        brief = Brief(
            _product(document),
            tuple(document.facts),
            Selection(
                (template,),
                parse_theme(document.theme),
                keep_all=True,
                pictures=False,
                origin=Origin(),
                why={},
            ),
            PageOptions(),
        )
        planned = PlannedBlock(
            template_id=block.template_id,
            brief=block.why,
            fact_ids=[],
            image_prompt=None,
            image_alt=None,
            why=block.why,
        )
        copy = await run.step(
            "copy",
            BlockCopy,
            lambda meter: write_copy(
                self.text, template, planned, brief, meter, instruction=request.instruction
            ),
            f"'{template.name}' 글을 새로 썼어요",
        )
        return _outcome(request, owner, copy)

    async def _document(self, request: BlockRequest, owner: str) -> PageDocument:
        try:
            stored = await self.database.run(lambda cursor: repository.get(cursor, request.page_id, owner))
        except InvalidError as error:
            raise PermanentError("the page is gone", code="page_gone") from error
        return repository.document_of(stored)


def _block(document: PageDocument, block_id: str) -> PageBlock:
    for block in document.blocks:
        if block.block_id == block_id:
            return block
    raise PermanentError("the block was removed meanwhile", code="block_gone")


def _product(document: PageDocument) -> Product:
    name = next((fact.value for fact in document.facts if fact.source == "name"), document.title)
    return Product(name=name)


def _outcome(request: BlockRequest, owner: str, copy: BlockCopy) -> Outcome:
    result: dict[str, Any] = {"page_id": str(request.page_id), "block_id": request.block_id}

    def write(cursor: Cursor) -> None:
        result["version"] = repository.replace_block(
            cursor, request.page_id, owner, request.block_id, copy.slots, copy.fact_ids
        )

    return Outcome(result, write)
