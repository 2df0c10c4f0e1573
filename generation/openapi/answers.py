"""What the API answers, as pydantic models: the schemas of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel, WithJsonSchema

from generation.documents.answers import SearchHit
from generation.pages.document import PageDocument
from generation.pages.edits import THEME_SCHEMA
from generation.tasks.model import TaskKind, TaskStatus

_Count = Annotated[int, Field(ge=0)]
_Version = Annotated[int, Field(ge=1)]
_Cursor = Annotated[
    str | None, Field(description="For `?cursor=` of the next request; null on the last page.")
]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Accepted(_Answer):
    """A task that was queued, cancelled or queued again, and where to follow it."""

    task_id: UUID
    status: TaskStatus
    status_url: Annotated[str, Field(description="Path of the task, also in Location.")]
    stream_url: Annotated[str, Field(description="Server-sent events of everything the caller's tasks do.")]


class TaskProgress(_Answer):
    """`done` of `total` steps; `percent` never falls."""

    percent: Annotated[int, Field(ge=0, le=100)]
    step: str | None
    done: _Count
    total: _Count


class TaskCost(_Answer):
    """Metered by list prices; calls whose step failed count too."""

    usd: Annotated[float, Field(ge=0)]
    input_tokens: _Count
    output_tokens: _Count
    images: _Count


class Explanation(_Answer):
    """Why: a stable code, and words for the seller in Korean and English."""

    code: str
    message: str
    message_en: str


class TaskWarning(Explanation):
    """A warning: what the result does without, and why."""

    step: str


class PageResult(_Answer):
    """Of a task of kind `page`."""

    page_id: UUID
    version: _Version
    html_url: str


class BlockResult(_Answer):
    """Of a task of kind `block`."""

    page_id: UUID
    block_id: str
    version: _Version


class ImageResult(_Answer):
    """Of a task of kind `image`; `prompt` is what the image model was told, in English."""

    image_id: UUID
    url: str
    width: _Version
    height: _Version
    prompt: str


class DocumentResult(_Answer):
    """Of a task of kind `embedding`; `superseded`: a newer version came meanwhile."""

    post_id: str
    version: _Version | None = None
    chunks: _Count
    superseded: bool = False


class Task(_Answer):
    """One piece of work: how far it is, what came of it, what it cost."""

    task_id: UUID
    kind: TaskKind
    status: TaskStatus
    progress: TaskProgress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: Annotated[int, Field(ge=0, description="Counts runs.")]
    result: PageResult | BlockResult | ImageResult | DocumentResult | None
    warnings: list[TaskWarning]
    error: Explanation | None
    cost: TaskCost


class TaskList(_Answer):
    """Tasks, newest first."""

    items: list[Task]
    next_cursor: _Cursor


class PageSummary(_Answer):
    """A page without its document."""

    page_id: UUID
    task_id: UUID
    title: str
    version: _Version
    created_at: datetime
    updated_at: datetime


class PageList(_Answer):
    """Pages, newest first."""

    items: list[PageSummary]
    next_cursor: _Cursor


class Page(PageSummary, PageDocument):
    """A page as data: blocks of slot values and pictures, each with the template version it was made with."""

    theme: Annotated[dict[str, Any], WithJsonSchema(THEME_SCHEMA)]


class PageVersion(_Answer):
    """One stored version of a page; `reason` says what made it."""

    version: _Version
    reason: str
    created_at: datetime


class PageVersionList(_Answer):
    """Every version, newest first, in one answer."""

    items: list[PageVersion]
    next_cursor: None


class Image(_Answer):
    """A picture as it is stored: upright, sRGB, without metadata."""

    image_id: UUID
    url: str
    width: _Version
    height: _Version
    content_type: Literal["image/jpeg", "image/png"]
    bytes: _Version
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SearchHits(RootModel[list[SearchHit]]):
    """Pieces of the caller's documents, best first."""


class Ticket(_Answer):
    """`expires_in` is in seconds."""

    ticket: str
    expires_in: _Count


class MessageSent(_Answer):
    """The id its event has in the stream."""

    event_id: UUID


class ServiceStatus(_Answer):
    """Which service answers here."""

    service: str
    status: Literal["UP"]
    version: str


class Health(_Answer):
    """The process lives."""

    status: Literal["UP"]


class DependencyState(_Answer):
    """One dependency: `latency_ms` when it answers, `reason` when it does not."""

    status: Literal["UP", "DOWN"]
    latency_ms: Annotated[float, Field(ge=0)] = 0.0
    reason: str = ""


class Readiness(_Answer):
    """DOWN as soon as one dependency is."""

    status: Literal["UP", "DOWN"]
    dependencies: dict[str, DependencyState]


class FieldProblem(_Answer):
    """One field and what is wrong with it; `loc` is a path such as `product.name`."""

    loc: str
    msg: str
    line: Annotated[int, Field(ge=1, description="In a template's source.")] = 1
    column: Annotated[int, Field(ge=1, description="In a template's source.")] = 1


class Problem(_Answer):
    """RFC 9457. The last part of `type` is a stable code; `request_id` leads to the cause in the logs."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    request_id: UUID
    errors: list[FieldProblem] = []
