"""A page is data: blocks of slot values and pictures, each with the template version it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from generation.claims.check import Finding, find_claims
from generation.facts import Fact
from generation.images.pictures import KeptImage


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
    """One block.

    Attributes:
        facts: ids of the facts its copy rests on.
        why: tells the seller what it is there for.
        findings: claims in its copy that no fact backs.
    """

    model_config = ConfigDict(frozen=True)

    block_id: str
    block_type: str
    template_id: str
    template_version: int
    slots: dict[str, Any]
    images: dict[str, PlacedImage]
    facts: list[str]
    why: str = ""
    findings: list[Finding] = []

    def with_copy(self, slots: dict[str, Any], facts: Sequence[Fact], cited: list[str]) -> PageBlock:
        """The block with other copy, checked against all that is known of the product."""
        update = {"slots": slots, "facts": cited, "findings": find_claims(slots, facts)}
        return self.model_copy(update=update)


class PageDocument(BaseModel):
    """What a page version holds."""

    model_config = ConfigDict(frozen=True)

    title: str
    theme: dict[str, Any]
    blocks: list[PageBlock]
    facts: list[Fact]

    @property
    def product_name(self) -> str:
        """The product's name, or the page's title where no fact gives it."""
        return next((fact.value for fact in self.facts if fact.source == "name"), self.title)
