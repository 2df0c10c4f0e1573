"""A page is data: blocks of slot values and pictures, each with the template version it was made with."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.images.pictures import KeptImage
from generation.pages.facts import Fact


class PlacedImage(BaseModel):
    """A picture in a slot of a block."""

    model_config = ConfigDict(frozen=True)

    image_id: UUID
    url: str
    alt: str
    width: int
    height: int
    source: Literal["upload", "generated", "drawn"]

    @classmethod
    def of(cls, image: KeptImage, alt: str) -> PlacedImage:
        """`image` with what it shows in words."""
        return cls(**image.model_dump(exclude={"s3_key"}), alt=alt)


class PageBlock(BaseModel):
    """One block: `facts` are the ids its copy rests on, `why` tells the seller what it is there for."""

    model_config = ConfigDict(frozen=True)

    block_id: str
    block_type: str
    template_id: str
    template_version: int
    slots: dict[str, Any]
    images: dict[str, PlacedImage]
    facts: list[str]
    why: str = ""


class PageDocument(BaseModel):
    """What a page version holds."""

    model_config = ConfigDict(frozen=True)

    title: str
    theme: dict[str, Any]
    blocks: list[PageBlock]
    facts: list[Fact]
