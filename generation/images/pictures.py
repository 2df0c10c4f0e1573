"""Pictures: the seller's photo, what is made from it, and what stands in when there is none."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from generation.images import records
from generation.images.drawn import draw_placeholder
from generation.images.generated import keep_as_made
from generation.images.normalise import normalise
from generation.images.records import ImageRecord, Source
from generation.images.store import keep
from generation.ports import AssetStore, Downloader, ImageModel, Meter, Photo
from generation.tasks.run import STORE_POLICY
from shared.db.pool import Database
from shared.errors import TransientError
from shared.retry import retry

type SizeFor = Callable[[str], tuple[int, int]]


class KeptImage(BaseModel):
    """A picture in the asset store; sizes in pixels, `url` as browsers read it."""

    model_config = ConfigDict(frozen=True)

    image_id: UUID
    s3_key: str
    url: str
    width: int
    height: int
    source: Literal["upload", "generated", "drawn"]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Takes, makes and keeps pictures.

    Attributes:
        size_for: (width, height) the image model makes for an aspect ratio such as `4:3`.
        inline: send photos to models inside the request instead of by URL (where they cannot reach the store).
    """

    images: ImageModel
    size_for: SizeFor
    assets: AssetStore
    downloads: Downloader
    database: Database
    inline: bool

    async def uploaded(self, image_id: UUID, owner: str) -> KeptImage:
        """A picture the owner uploaded before.

        Raises:
            NotFoundError: there is none.
        """
        record = await self.database.run(lambda cursor: records.get(cursor, image_id, owner))
        return self._kept(record)

    async def fetched(self, url: str, image_id: UUID, owner: str) -> KeptImage:
        """The photo at `url`, checked, normalised and stored.

        Raises:
            PermanentError: `photo_*` codes. TransientError: `photo_unreachable`.
        """
        photo = await asyncio.to_thread(normalise, await self.downloads.fetch(url))
        return await self._keep(photo, image_id, owner, "upload")

    async def drawn(self, name: str, category: str, image_id: UUID, owner: str) -> KeptImage:
        """A calm drawn picture for a product without a photo."""
        content = await asyncio.to_thread(draw_placeholder, name, category)
        photo = await asyncio.to_thread(normalise, content)
        return await self._keep(photo, image_id, owner, "drawn")

    async def changed(
        self, original: KeptImage, instruction: str, ratio: str, *, image_id: UUID, owner: str, meter: Meter
    ) -> KeptImage:
        """The original photo, changed as `instruction` says.

        Args:
            original: what to start from.
            instruction: all that the model is told, in English.
            ratio: width:height of the result, such as `4:3`; the model's nearest size is taken.
            image_id: under which it is kept.
            owner: whose it is.
            meter: takes the cost.

        Raises:
            PermanentError: `image_blocked`, `quota_exhausted`, or `photo_*`: what came back is no picture.
            TransientError: the image service's own.
        """
        width, height = self.size_for(ratio)
        made = self.images.edit(
            prompt=instruction,
            photo_url=await self.for_model(original),
            width=width,
            height=height,
            seed=image_id.int % 2**31,
            meter=meter,
        )
        content = await self.with_store(original, made)
        photo = await asyncio.to_thread(keep_as_made, content)
        # Retried by itself: the picture is paid for, and only the store is away.
        return await retry(lambda: self._keep(photo, image_id, owner, "generated"), STORE_POLICY)

    async def with_store[T](self, photo: KeptImage, answer: Awaitable[T]) -> T:
        """`answer`; where the model could not fetch the photo because our store is away, that is what is raised.

        The run then waits for the store and the page keeps its pictures, instead of doing without them.

        Raises:
            UnavailableError: the store does not answer. AppError: the answer's own.
        """
        try:
            return await answer
        except TransientError as error:
            if error.code == "photo_unfetched":
                await self.assets.readable(photo.s3_key)
            raise

    async def for_model(self, image: KeptImage) -> str:
        """An address a model can read the picture at: its URL, or a data URL."""
        if not self.inline:
            return image.url
        content = await self.assets.read(image.s3_key)
        content_type = "image/png" if image.s3_key.endswith(".png") else "image/jpeg"
        return f"data:{content_type};base64,{base64.b64encode(content).decode()}"

    async def _keep(self, photo: Photo, image_id: UUID, owner: str, source: Source) -> KeptImage:
        record = await keep(
            photo, owner=owner, source=source, image_id=image_id, db=self.database, assets=self.assets
        )
        return self._kept(record)

    def _kept(self, record: ImageRecord) -> KeptImage:
        return KeptImage(
            image_id=record.image_id,
            s3_key=record.s3_key,
            url=self.assets.url(record.s3_key),
            width=record.width,
            height=record.height,
            source=record.source,
        )


def picture_id(task_id: UUID, step: str) -> UUID:
    """The same for every run of a step, so that a run after a crash overwrites instead of adding."""
    return uuid5(task_id, step)
