"""Everything a page is made with: a real PostgreSQL, fakes for what costs money."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from generation.images.editing import ImagePipeline
from generation.images.pictures import Pictures
from generation.pages import repository as pages
from generation.pages.document import PageDocument
from generation.pages.pipeline import PagePipeline
from generation.pages.regenerate import BlockPipeline
from generation.pages.requests import Product
from generation.ports import Meter
from generation.tasks import repository as tasks
from generation.tasks.marks import Marks
from generation.tasks.model import QUEUE_OF, TaskKind
from generation.tasks.runner import TaskRunner
from generation.tasks.submit import Submitter
from generation.templates.repository import TemplateRepository
from shared.db.pool import Database
from shared.messages import TaskMessage
from shared.settings import TaskSettings
from tests.fakes import FakeAssets, FakeDownloads, FakeImages, FakePublisher, FakeQueues, FakeText, picture

PHOTO_URL = "https://shop.example/mug.jpg"
PRODUCT = {
    "name": "데일리 머그 350ml",
    "category": "주방용품",
    "price_krw": 18000,
    "description": "손에 잘 잡히는 머그입니다. 전자레인지에 쓸 수 있습니다.",
    "attributes": {"용량": "350ml", "소재": "도자기", "크기": "지름 8cm, 높이 9cm"},
    "packaging": ["종이"],
    "notice": {"품명 및 모델명": "데일리 머그", "제조국": "대한민국"},
}


@dataclass
class Kitchen:
    """Submits and runs tasks of every kind."""

    database: Database
    text: FakeText = field(default_factory=FakeText)
    images: FakeImages = field(default_factory=FakeImages)
    assets: FakeAssets = field(default_factory=FakeAssets)
    queues: FakeQueues = field(default_factory=FakeQueues)
    downloads: FakeDownloads = field(default_factory=lambda: FakeDownloads({PHOTO_URL: picture()}))
    documents: list[tuple[str, str]] = field(default_factory=list)
    settings: TaskSettings = field(
        default_factory=lambda: TaskSettings(STEP_ATTEMPTS=2, TASK_MAX_DEQUEUE_COUNT=2)
    )

    def __post_init__(self) -> None:
        self.publisher = FakePublisher()
        self.templates = TemplateRepository(self.database)
        self.submitter = Submitter(
            self.database, self.queues, self.publisher, rate=100, budget=10.0, marks=Marks(self.database)
        )
        self.pictures = Pictures(
            self.images, lambda _: (512, 384), self.assets, self.downloads, self.database, inline=False
        )

    def runner(self) -> TaskRunner:
        return TaskRunner(
            database=self.database,
            publisher=self.publisher,
            queues=self.queues,
            handlers={
                TaskKind.PAGE: PagePipeline(self.text, self.pictures, None, self.templates, self.related),
                TaskKind.BLOCK: BlockPipeline(self.text, self.database, self.templates.get_version),
                TaskKind.IMAGE: ImagePipeline(self.text, self.pictures),
            },
            settings=self.settings,
        )

    async def related(self, owner: str, product: Product, meter: Meter) -> list[tuple[str, str]]:
        """The seller's documents, as the test put them there."""
        return self.documents

    async def submit(self, **request: Any) -> UUID:
        body = {"product": PRODUCT, "product_image_url": PHOTO_URL, **request}
        return await self.submit_kind(
            TaskKind.PAGE, {name: value for name, value in body.items() if value is not None}
        )

    async def submit_kind(self, kind: TaskKind, body: dict[str, Any]) -> UUID:
        row = await self.submitter.submit(kind, "seller", body)
        return UUID(str(row["task_id"]))

    async def run(self, task_id: UUID, delivery: int = 1) -> dict[str, Any]:
        message = TaskMessage(task_id=task_id, delivery=delivery)
        await self.runner().run(message, QUEUE_OF[TaskKind.PAGE])
        return await self.database.run(lambda cursor: tasks.get(cursor, task_id, "seller"))

    async def page_id(self) -> UUID:
        """A finished page."""
        row = await self.run(await self.submit())
        return UUID(row["result"]["page_id"])

    async def stored(self, page_id: UUID, version: int | None = None) -> dict[str, Any]:
        return await self.database.run(lambda cursor: pages.get(cursor, page_id, "seller", version))

    async def page(self, row: dict[str, Any]) -> PageDocument:
        return pages.document_of(await self.stored(UUID(row["result"]["page_id"])))
