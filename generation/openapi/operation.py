"""What the OpenAPI document says of one method of one route beyond what its handler's docstring does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from generation.openapi.answers import Accepted
from generation.openapi.examples import ACCEPTED, TASK_LINK

HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Answer:
    """One successful answer: `model` as JSON, or another media type, or no body at all.

    `links` say where it leads: OpenAPI link objects by name.
    """

    status: int
    text: str
    model: type[BaseModel] | None = None
    media_type: str | None = None
    headers: tuple[str, ...] = ()
    example: Any = None
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


QUEUED = Answer(
    202,
    "Accepted; the task tells how it goes.",
    Accepted,
    headers=("Location", "Retry-After"),
    example=ACCEPTED,
    links=TASK_LINK,
)


def listed(model: type[BaseModel], example: Any) -> Answer:
    """A list's answer: `model` holds one part of it and the cursor of the next."""
    return Answer(200, "One part of the list.", model, example=example)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one route.

    Attributes:
        tag: the group it is listed in.
        answers: the successful ones.
        body: the model of its JSON body.
        form: a multipart form that may be sent instead, as an OpenAPI media type object.
        optional: the body may be left out.
        parameters: keys of parameters.PARAMETERS besides the route's own.
        problems: statuses it answers besides those that follow from its body and its token.
        role: what the token must hold.
        text: more than the docstring says.
        examples: request bodies by what they show.
    """

    tag: str
    answers: tuple[Answer, ...]
    body: type[BaseModel] | None = None
    form: Mapping[str, Any] | None = None
    optional: bool = False
    parameters: tuple[str, ...] = ()
    problems: frozenset[int] = frozenset()
    role: str | None = None
    text: str = ""
    examples: Mapping[str, Any] = field(default_factory=dict)

    def statuses(self, *, public: bool) -> set[int]:
        """Every error status it can answer but 500."""
        of_token = set() if public else {401, 503}
        of_body = {400, 413, 415, 422} if self.body else set()
        return {*self.problems, *of_token, *of_body, *({403} if self.role else ())}


type Operations = Mapping[tuple[str, str], Operation]
