"""What a document is, as the API and the queue take it."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from generation.fields import NOT_BLANK, NUMBER, Text

# More than the largest document anybody writes by hand; what a request may hold besides.
MAX_BYTES = 1024 * 1024
LARGEST_VERSION = 2**53 - 1  # RFC 7493, 2.2: what every reader of JSON keeps exactly

_POST_ID = r"^[^\s/\\?#%\x00-\x1f\x7f]{1,200}$"


class DocumentKind(StrEnum):
    """What a document is to a page: a post, questions with their answers, or what customers wrote."""

    POST = "post"
    FAQ = "faq"
    REVIEW = "review"


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def is_post_id(value: str) -> bool:
    """Whether a document can have this id: it is part of a path."""
    return re.fullmatch(_POST_ID[1:-1], value) is not None and value not in {".", ".."}


def _post_id(value: str) -> str:
    if not is_post_id(value):
        message = "1 to 200 characters, none of them white space or / \\ ? # %"
        raise ValueError(message)
    return value


PostId = Annotated[
    str,
    BeforeValidator(_as_text),
    AfterValidator(_post_id),
    Field(json_schema_extra={"type": ["string", "integer"], "pattern": _POST_ID}),
]
Title = Annotated[Text, Field(min_length=1, max_length=300, json_schema_extra=NOT_BLANK)]
Content = Annotated[Text, Field(min_length=1, json_schema_extra=NOT_BLANK)]
DocumentVersion = Annotated[int, Field(ge=1, le=LARGEST_VERSION), NUMBER]


class Document(BaseModel):
    """POST /embeddings: a document to be found again.

    Attributes:
        post_id: the caller's own id; the same one replaces the document.
        version: rises with every change; an older one never replaces a newer one. Without it, the order of arrival
            counts (as milliseconds since the epoch).
    """

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    post_id: Annotated[PostId, Field(validation_alias=AliasChoices("post_id", "postId"))]
    title: Title
    content: Content
    kind: DocumentKind = DocumentKind.POST
    version: DocumentVersion | None = None

    def sha256(self, model: str) -> str:
        """Equal for documents that need not be embedded anew with this model."""
        parts = [model, self.kind.value, self.title, self.content]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class EmbeddingRequest(BaseModel):
    """An embedding task's request: which document, as it was then; its content stays in its row (claim check)."""

    model_config = ConfigDict(frozen=True)

    post_id: str
    sha256: str

    def stored(self) -> dict[str, Any]:
        """As the task's row holds it."""
        return self.model_dump()
