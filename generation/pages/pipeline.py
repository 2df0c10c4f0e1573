"""The page pipeline on one screen: product, photo, vision and documents, templates, plan, copy and pictures, page.

Each step is stored when it is done (generation/tasks/run.py), so a run that follows a crash goes on where the last
one stopped, and nothing that was stored is paid for twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.claims.check import find_claims
from generation.facts import Fact
from generation.images.pictures import KeptImage, Pictures, picture_id
from generation.pages import repository
from generation.pages.assemble import assemble
from generation.pages.copywriting import BlockCopy, write_copy
from generation.pages.document import PageDocument
from generation.pages.facts import number_facts
from generation.pages.plan import Plan, PlannedBlock, make_plan
from generation.pages.product import KnownProduct, load_product
from generation.pages.requests import PageRequest, Product
from generation.pages.scenes import make_scene
from generation.pages.selection import (
    Brief,
    Choice,
    Templates,
    category_of,
    choose,
    in_words,
    is_open,
    load,
)
from generation.pages.vision import Seen, look_at
from generation.pages.warnings import claim_warnings, left_out_warnings
from generation.ports import Meter, ProductSource, TextModel
from generation.tasks.run import Outcome, Run, all_of, both
from generation.templates.models import Origin, Template
from generation.templates.nearness import NOTHING_KNOWN, Nearness
from shared.errors import TransientError

_STEPS_BEFORE_COPY = 6  # product, photo, vision, documents, templates, plan
_USUAL_BLOCKS = 7  # until the plan says how many


type LibraryNearness = Callable[[str | None, str, Meter], Awaitable[Nearness]]
type SellersDocuments = Callable[[str, Product, Meter], Awaitable[list[tuple[str, str]]]]


class Related(BaseModel):
    """What the seller's documents say about the product, as names and values."""

    model_config = ConfigDict(frozen=True)

    pairs: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PagePipeline:
    """Makes pages; the handler of page tasks.

    Attributes:
        text: the text model.
        pictures: takes, makes and keeps pictures.
        products: knows products by id, if there is such a service.
        templates: the library.
        documents: what an owner's documents say about a product.
        nearness: how near the library's descriptions are to a product of a category; never fails.
    """

    text: TextModel
    pictures: Pictures
    products: ProductSource | None
    templates: Templates
    documents: SellersDocuments
    nearness: LibraryNearness | None = None

    async def __call__(self, run: Run) -> Outcome:
        """Make the page this run's task asks for."""
        page = _Page(self, run, PageRequest.model_validate(run.lease.request))
        known = await page.product()
        photo = await page.photo(known)
        seen, (documents, near) = await both(
            page.seen(photo), both(page.documents(known), page.nearness(known))
        )
        facts = number_facts(known.product, seen, documents)
        choice = await page.choice(known, facts, near, photo)
        run.warn(*left_out_warnings(choice.left_out))
        selection = await load(self.templates, choice, pictures=photo.source == "upload")
        brief = Brief(known.product, tuple(facts), selection, page.request.options)
        plan = await page.plan(brief)
        brief = brief.only([block.template_id for block in plan.blocks])
        copies, scenes = await both(page.copies(brief, plan), page.scenes(brief, plan, photo))
        document = assemble(brief, plan, copies, scenes, photo)
        return await page.finish(document, selection.origin, photo, scenes)


class _Page:
    """The steps of one page, each by its key in the store."""

    def __init__(self, kit: PagePipeline, run: Run, request: PageRequest) -> None:
        self.request = request
        self._kit = kit
        self._run = run
        self._compares = kit.nearness is not None and is_open(request)
        self._before = _STEPS_BEFORE_COPY + self._compares
        run.expect(self._before + _USUAL_BLOCKS + request.options.images)

    async def product(self) -> KnownProduct:
        """What the request, the product service or the model's reading of the text says of the product."""
        return await self._run.step(
            "product",
            KnownProduct,
            lambda meter: load_product(self.request, self._kit.products, self._kit.text, meter),
            "상품 정보를 정리했어요",
        )

    async def photo(self, known: KnownProduct) -> KeptImage:
        """The seller's photo, or, where there is none or it cannot be used, a drawn picture."""
        pictures, owner = self._kit.pictures, self._run.lease.owner
        url, image_id = self.request.product_image_url or known.image_url, self.request.image_id
        photo = None
        if image_id is not None:
            photo = await self._run.optional_step(
                "photo",
                KeptImage,
                lambda _: pictures.uploaded(image_id, owner),
                "사진을 확인했어요",
                otherwise="photo_missing",
            )
        elif url is not None:
            photo = await self._run.optional_step(
                "photo",
                KeptImage,
                lambda _: pictures.fetched(str(url), self._id("photo"), owner),
                "사진을 확인했어요",
                otherwise="photo_missing",
            )
        return photo or await self._run.step(
            "photo:drawn",
            KeptImage,
            lambda _: pictures.drawn(
                known.product.name, known.product.category or "", self._id("photo:drawn"), owner
            ),
            "사진 대신 그림을 준비했어요",
        )

    async def seen(self, photo: KeptImage) -> list[tuple[str, str]]:
        """What a real photo shows; the page can do without."""
        if photo.source != "upload":
            return []
        address = await self._kit.pictures.for_model(photo)
        pictures = self._kit.pictures
        seen = await self._run.optional_step(
            "vision",
            Seen,
            lambda meter: pictures.with_store(photo, look_at(self._kit.text, address, meter)),
            "사진을 살펴봤어요",
            otherwise="vision_failed",
        )
        return seen.pairs() if seen else []

    async def documents(self, known: KnownProduct) -> list[tuple[str, str]]:
        """What the seller's FAQ, reviews and other documents say about the product; the page can do without."""

        async def look(meter: Meter) -> Related:
            return Related(pairs=await self._kit.documents(self._run.lease.owner, known.product, meter))

        related = await self._run.optional_step(
            "documents", Related, look, "판매자 문서를 찾아봤어요", otherwise="documents_failed"
        )
        return related.pairs if related else []

    async def nearness(self, known: KnownProduct) -> Nearness:
        """How near the library is to the product, where templates are to be recommended."""
        compare, product = self._kit.nearness, known.product
        if compare is None or not self._compares:
            return NOTHING_KNOWN
        return await self._run.step(
            "nearness",
            Nearness,
            lambda meter: compare(category_of(self.request, product), in_words(product), meter),
            "어울리는 구성을 찾아봤어요",
        )

    async def choice(
        self, known: KnownProduct, facts: Sequence[Fact], near: Nearness, photo: KeptImage
    ) -> Choice:
        """Which templates the page may use; decided once, whatever happens to the library meanwhile."""
        page_id = repository.page_id_of(self._run.lease.task_id)
        return await self._run.step(
            "templates",
            Choice,
            lambda _: choose(
                self._kit.templates,
                self.request,
                known.product,
                facts,
                page_id,
                near,
                pictures=photo.source == "upload",
            ),
            "템플릿을 골랐어요",
        )

    async def plan(self, brief: Brief) -> Plan:
        """The page's blocks in order; from here on the task's progress knows how many steps there are."""
        plan = await self._run.step(
            "plan", Plan, lambda meter: make_plan(self._kit.text, brief, meter), "페이지를 구성했어요"
        )
        scenes = sum(block.image_prompt is not None for block in plan.blocks)
        self._run.expect(self._before + len(plan.blocks) + scenes)
        return plan

    async def copies(self, brief: Brief, plan: Plan) -> list[BlockCopy]:
        """The copy of every block, side by side."""
        templates = {template.template_id: template for template in brief.selection.templates}
        return await all_of(
            *(
                self._copy(number, templates[block.template_id], block, brief)
                for number, block in enumerate(plan.blocks, start=1)
            )
        )

    async def scenes(self, brief: Brief, plan: Plan, original: KeptImage) -> dict[str, KeptImage]:
        """New pictures by template id, side by side; one that cannot be made is missing."""
        templates = {template.template_id: template for template in brief.selection.templates}
        wanted = [block for block in plan.blocks if block.image_prompt]
        made = await all_of(
            *(
                make_scene(
                    self._run,
                    self._kit.text,
                    self._kit.pictures,
                    templates[block.template_id],
                    block,
                    original,
                )
                for block in wanted
            )
        )
        return {
            block.template_id: scene for block, scene in zip(wanted, made, strict=True) if scene is not None
        }

    async def finish(
        self, document: PageDocument, origin: Origin, photo: KeptImage, scenes: Mapping[str, KeptImage]
    ) -> Outcome:
        """Check that every picture can be read back; the page is stored with the task's end.

        A page is never completed with a picture that cannot. One of ours that is lost is made again by the next run.

        Raises:
            TransientError: `asset_unreadable`. UnavailableError: the store does not answer.
        """
        steps = {f"image:{template_id}": scene for template_id, scene in scenes.items()}
        steps["photo:drawn" if photo.source == "drawn" else "photo"] = photo
        assets = self._kit.pictures.assets
        lost = [step for step, image in steps.items() if not await assets.readable(image.s3_key)]
        if lost:
            await self._run.forget(lost)
            raise TransientError(f"cannot be read back: {', '.join(lost)}", code="asset_unreadable")
        return repository.first_version(self._run.lease, document, origin)

    async def _copy(self, number: int, template: Template, block: PlannedBlock, brief: Brief) -> BlockCopy:
        """One block's copy; where it claims what no fact backs, written once more with that told."""
        key, text = f"block:{number}", self._kit.text
        copy = await self._run.step(
            key,
            BlockCopy,
            lambda meter: write_copy(text, template, block, brief, meter),
            f"'{template.name}' 글을 썼어요",
        )
        findings = find_claims(copy.slots, brief.facts)
        if findings:
            self._run.expect_more()
            again = await self._run.optional_step(
                f"{key}:again",
                BlockCopy,
                lambda meter: write_copy(text, template, block, brief, meter, findings=findings),
                f"'{template.name}' 글을 고쳐 썼어요",
                otherwise="rewrite_failed",
            )
            if again is not None and len(left := find_claims(again.slots, brief.facts)) <= len(findings):
                copy, findings = again, left
        self._run.warn(*claim_warnings(findings, key))
        return copy

    def _id(self, key: str) -> UUID:
        return picture_id(self._run.lease.task_id, key)
