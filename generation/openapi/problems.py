"""Every error an operation can answer, as components: RFC 9457 problem documents by status."""

from __future__ import annotations

from typing import Any

from shared.errors import (
    AppError,
    ConflictError,
    FieldIssue,
    FieldsError,
    ForbiddenError,
    LimitedError,
    MalformedError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
)
from shared.http import Reply, internal_problem, problem

_REQUEST_ID = "2ed55e31-0c95-4f96-836b-fd9940a3b6f8"

# By status: what it means, and one error that gives it.
_PROBLEMS: dict[int, tuple[str, AppError]] = {
    400: ("The body cannot be read at all: not JSON, not a form.", MalformedError("The body is not JSON.")),
    401: (
        "No token, or one that does not verify.",
        UnauthenticatedError("Send Authorization: Bearer with a token."),
    ),
    403: ("The token lacks the role this needs.", ForbiddenError("This needs the role admin.")),
    404: ("It does not exist, or is somebody else's.", NotFoundError("There is no such page.")),
    409: (
        "The current state does not allow it.",
        ConflictError("The page is at version 3 by now.", code="stale_version"),
    ),
    413: (
        "The body or the picture is too large.",
        TooLargeError("The body has 1,048,577 bytes; at most 1,048,576 are taken."),
    ),
    415: (
        "A media type, or a Content-Encoding, that we do not read.",
        UnsupportedError("Send application/json."),
    ),
    422: (
        "Readable, but fields are missing, wrong or contradict each other; `errors` names each.",
        FieldsError([FieldIssue("product.name", "Field required")]),
    ),
    429: (
        "The caller's rate or the day's budget is used up; Retry-After says when it frees.",
        LimitedError("At most 60 new tasks a minute.", retry_after=12, code="rate_limited"),
    ),
    503: (
        "Something this depends on is away. Send the request again, with its Idempotency-Key.",
        UnavailableError("PostgreSQL does not answer", code="database_unavailable", retry_after=2),
    ),
}
INTERNAL = 500


def problem_responses(statuses: set[int]) -> dict[str, Any]:
    """The responses of an operation that can answer these statuses, as references."""
    return {
        str(status): {"$ref": f"#/components/responses/{name_of(status)}"}
        for status in sorted({*statuses, INTERNAL})
    }


def name_of(status: int) -> str:
    """The component a status has: `Problem422`."""
    return f"Problem{status}"


def problem_components() -> dict[str, Any]:
    """components/responses."""
    made = {
        name_of(status): _component(text, problem(error, _REQUEST_ID))
        for status, (text, error) in _PROBLEMS.items()
    }
    internal = _component("A bug of ours; the request id leads to it.", internal_problem(_REQUEST_ID))
    return {**made, name_of(INTERNAL): internal}


def _component(text: str, answer: Reply) -> dict[str, Any]:
    import orjson

    headers = {
        name: {"$ref": f"#/components/headers/{name}"}
        for name in ("Retry-After", "WWW-Authenticate")
        if name in answer.headers
    }
    return {
        "description": text,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}, **headers},
        "content": {
            answer.content_type: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": orjson.loads(answer.body),
            }
        },
    }
