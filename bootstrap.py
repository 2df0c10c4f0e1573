"""The composition root: the one place that builds clients and hands them to the code that uses them.

Nothing is opened by importing this module or by calling `app()`: every client is made when first used, and opens its
connections when first called (docs/decisions/0006-lazy-imports.md).
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache, cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import ValidationError

from generation.documents.embedding import EmbeddingPipeline
from generation.documents.gathering import GatheredEmbeddings
from generation.documents.retrieval import related_facts
from generation.documents.submit import DocumentSubmitter
from generation.documents.vectors import DIMENSIONS
from generation.images.editing import ImagePipeline
from generation.images.pictures import Pictures
from generation.operations.redrive import Redriver
from generation.operations.retention import Purger
from generation.pages.pipeline import PagePipeline
from generation.pages.regenerate import BlockPipeline
from generation.providers.traced import (
    Endpoint,
    TracedAssets,
    TracedEmbeddings,
    TracedImages,
    TracedProducts,
    TracedText,
    openai_endpoint,
)
from generation.tasks.marks import Marks
from generation.tasks.model import TaskKind
from generation.tasks.runner import Handler, TaskRunner
from generation.tasks.submit import Submitter
from generation.tasks.sweep import Sweeper
from generation.templates.nearness import ProductNearness
from generation.templates.repository import TemplateRepository
from notifications.publisher import Publisher
from shared import settings
from shared.auth import TokenVerifier
from shared.db.connect import connector
from shared.db.pool import Database
from shared.memory import give_large_buffers_back
from shared.queues import StorageQueues
from shared.telemetry import start as telemetry

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from generation.images.download import SafeDownloader
    from generation.providers.storage_queues import StorageQueueReader
    from notifications.eventhubs import EventHubSender


class App:
    """Everything the functions use, each made once per process."""

    @cached_property
    def auth(self) -> settings.AuthSettings:
        """Whose tokens are accepted."""
        return settings.AuthSettings()

    @cached_property
    def web(self) -> settings.WebSettings:
        """Limits and addresses of the HTTP API."""
        return settings.WebSettings()

    @cached_property
    def tasks(self) -> settings.TaskSettings:
        """How tasks are run."""
        return settings.TaskSettings()

    @cached_property
    def models(self) -> settings.ModelSettings:
        """Which models are used, checked against the capability table."""
        from generation.providers.capabilities import check_models

        models = settings.ModelSettings()
        check_models(models)
        return models

    @cached_property
    def verifier(self) -> TokenVerifier:
        """Checks bearer tokens."""
        return TokenVerifier(self.auth)

    @cached_property
    def database(self) -> Database:
        """PostgreSQL."""
        configured = settings.DatabaseSettings()
        return Database(connector(configured), size=configured.pool_size)

    @cached_property
    def queues(self) -> StorageQueues:
        """The storage queues."""
        return StorageQueues(settings.QueueSettings())

    @cached_property
    def queue_reader(self) -> StorageQueueReader:
        """The storage queues, seen from outside a trigger."""
        from generation.providers.storage_queues import StorageQueueReader

        return StorageQueueReader(settings.QueueSettings())

    @cached_property
    def event_hub(self) -> EventHubSender:
        """Event Hubs."""
        from notifications.eventhubs import EventHubSender

        return EventHubSender(settings.EventHubSettings())

    @cached_property
    def publisher(self) -> Publisher:
        """Sends the outbox to Event Hubs."""
        return Publisher(self.database, self.event_hub)

    @cached_property
    def submitter(self) -> Submitter:
        """Takes tasks in."""
        return Submitter(
            self.database,
            self.queues,
            self.publisher,
            rate=self.tasks.user_rate,
            budget=self.tasks.user_budget,
            marks=Marks(self.database),
        )

    @cached_property
    def documents(self) -> DocumentSubmitter:
        """Takes documents in."""
        return DocumentSubmitter(
            self.database,
            self.queues,
            self.publisher,
            model=self.embeddings.name,
            rate=self.tasks.user_rate,
            budget=self.tasks.user_budget,
        )

    @cached_property
    def sweeper(self) -> Sweeper:
        """Enqueues what a crash left behind."""
        return Sweeper(self.database, self.queues, self.publisher, self.tasks)

    @cached_property
    def redriver(self) -> Redriver:
        """Sends again what was given up."""
        return Redriver(self.database, self.queues, self.publisher)

    @cached_property
    def purger(self) -> Purger:
        """Deletes what nobody reads any more."""
        return Purger(self.database, settings.RetentionSettings())

    @cached_property
    def templates(self) -> TemplateRepository:
        """The template library."""
        return TemplateRepository(self.database)

    @cached_property
    def assets(self) -> TracedAssets:
        """The bucket."""
        from generation.providers.s3_assets import S3Assets

        configured = settings.AssetSettings()
        return TracedAssets(S3Assets(configured), configured.bucket)

    @cached_property
    def downloads(self) -> SafeDownloader:
        """Fetches URLs we are given."""
        from generation.images.download import SafeDownloader

        return SafeDownloader(settings.DownloadSettings())

    @cached_property
    def text(self) -> TracedText:
        """The text model."""
        from generation.providers.openai_text import OpenAIText

        at = openai_endpoint(self.models.text_model, self.models.openai_base_url)
        return TracedText(OpenAIText(self.models), at)

    @cached_property
    def embeddings(self) -> TracedEmbeddings:
        """The embedding model."""
        from generation.providers.openai_embeddings import OpenAIEmbeddings

        at = openai_endpoint(self.models.embedding_model, self.models.openai_base_url)
        return TracedEmbeddings(OpenAIEmbeddings(self.models, DIMENSIONS), at)

    @cached_property
    def image_model(self) -> TracedImages:
        """The image model."""
        from generation.providers.together_images import TogetherImages

        at = Endpoint("together_ai", self.models.image_model, self.models.together_base_url)
        return TracedImages(TogetherImages(self.models, self.downloads), at)

    @cached_property
    def products(self) -> TracedProducts | None:
        """The product service, if there is one."""
        from generation.providers.product_service import ProductService

        configured = settings.ProductServiceSettings()
        return TracedProducts(ProductService(configured)) if configured.url else None

    @cached_property
    def pictures(self) -> Pictures:
        """Takes, makes and keeps pictures."""
        from generation.providers.capabilities import size_for

        return Pictures(
            images=self.image_model,
            size_for=partial(size_for, self.models.image_model),
            assets=self.assets,
            downloads=self.downloads,
            database=self.database,
            inline=self.models.photo_transport == "inline",
        )

    @cached_property
    def runner(self) -> TaskRunner:
        """Runs tasks."""
        handlers: dict[TaskKind, Handler] = {
            TaskKind.PAGE: PagePipeline(
                self.text,
                self.pictures,
                self.products,
                self.templates,
                partial(related_facts, self.database, self.embeddings),
                ProductNearness(self.embeddings, self.templates),
            ),
            TaskKind.BLOCK: BlockPipeline(self.text, self.database, self.templates.get_version),
            TaskKind.IMAGE: ImagePipeline(self.text, self.pictures),
            TaskKind.EMBEDDING: EmbeddingPipeline(GatheredEmbeddings(self.embeddings), self.database),
        }
        return TaskRunner(
            database=self.database,
            publisher=self.publisher,
            queues=self.queues,
            handlers=handlers,
            settings=self.tasks,
        )

    async def ping(self) -> float:
        """Read every setting and hold the models to the capability table; 0 seconds.

        Raises:
            ValidationError: settings are missing or wrong. PermanentError: a model is unknown or misused.
        """
        _checked = (
            *(self.auth, self.web, self.tasks, self.models),
            *(settings.AssetSettings(), settings.TelemetrySettings(), settings.RetentionSettings()),
        )
        return 0.0

    async def warm(self) -> None:
        """Import on a thread what a task needs.

        On the event loop the first task's imports would stop everything else, its own events too, for a second.
        """
        if "runner" not in self.__dict__:
            await asyncio.to_thread(_import_sdks)


def _import_sdks() -> None:
    for module in (
        "azure.eventhub.aio",
        "openai",
        "together",
        "botocore.auth",
        "PIL.Image",
        "aiohttp",
    ):
        import_module(module)


@cache
def app() -> App:
    """The process's App."""
    give_large_buffers_back()
    _start_telemetry()
    return App()


def _start_telemetry() -> None:
    try:
        telemetry.start(settings.TelemetrySettings(), "functions")
    except ValidationError:  # GET /generation/actuator/ready names the setting; pages are made nevertheless
        log.critical("telemetry is off: its settings are wrong")
