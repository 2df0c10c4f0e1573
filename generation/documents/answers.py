"""What the routes of documents answer, as pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from generation.documents.requests import DocumentKind
from generation.documents.search import Hit

type _Share = Annotated[float, Field(ge=0, le=1)]


class StoredDocument(BaseModel):
    """GET /embeddings/{post_id}; `status` is `completed` once search finds this content."""

    model_config = ConfigDict(frozen=True)

    post_id: str
    kind: DocumentKind
    title: str
    content: str
    version: int
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    error: dict[str, Any] | None
    chunks: Annotated[int, Field(ge=0)]
    model: str | None
    task_id: UUID
    created_at: datetime
    updated_at: datetime
    embedded_at: datetime | None


class SearchHit(BaseModel):
    """One item of GET /search; `highlights` are [start, end] in characters (code points) of `text`."""

    model_config = ConfigDict(frozen=True)

    post_id: str
    kind: DocumentKind
    title: str
    chunk: Annotated[int, Field(ge=0)]
    score: _Share
    text: str
    highlights: list[tuple[int, int]]

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """A hit as it is answered."""
        return cls(
            post_id=hit.post_id,
            kind=hit.kind,
            title=hit.title,
            chunk=hit.chunk,
            score=hit.score,
            text=hit.text,
            highlights=hit.highlights,
        )
