"""The one error tree; each adapter turns its SDK's errors into these, `from exc`.

AppError
|-- InvalidError            the sender's mistake: a 4xx answer, or a message for the poison queue
|   |-- MalformedError      400  not JSON, not UTF-8
|   |-- UnauthenticatedError 401  no token, or one that does not verify
|   |-- ForbiddenError      403  a token without the needed role
|   |-- NotFoundError       404  not there, or somebody else's
|   |-- ConflictError       409  the state does not allow it
|   |-- TooLargeError       413
|   |-- UnsupportedError    415  the wrong media type
|   |-- FieldsError         422  each bad field named
|   `-- LimitedError        429  a rate or a budget; says when it frees
|-- TransientError          worth another try: may carry Retry-After
|   `-- UnavailableError    a dependency is away: a 503 answer
|-- PermanentError          no try will help: recorded, announced, done
|-- LeaseLostError          another worker owns the task now: stop at once, write nothing
`-- TaskCancelledError      the seller asked to stop
"""

from __future__ import annotations

from dataclasses import dataclass


class AppError(Exception):
    """Any error of ours.

    Args:
        message: what happened, for people. Never a secret, never a stack trace.
        code: a stable snake_case word a client can act on.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidError(AppError):
    """What was sent is wrong; sending it again will not help."""

    code = "invalid"
    status = 400
    title = "Bad Request"


class MalformedError(InvalidError):
    """The body cannot be read at all."""

    code = "malformed"


class UnauthenticatedError(InvalidError):
    """Nobody we know is asking."""

    code = "unauthenticated"
    status = 401
    title = "Unauthorized"


class ForbiddenError(InvalidError):
    """We know who is asking, and it is not allowed."""

    code = "forbidden"
    status = 403
    title = "Forbidden"


class NotFoundError(InvalidError):
    """It does not exist for this user."""

    code = "not_found"
    status = 404
    title = "Not Found"


class MethodNotAllowedError(InvalidError):
    """The route exists, but not with this method."""

    code = "method_not_allowed"
    status = 405
    title = "Method Not Allowed"


class ConflictError(InvalidError):
    """The current state does not allow it."""

    code = "conflict"
    status = 409
    title = "Conflict"


class TooLargeError(InvalidError):
    """More bytes or pixels than we take."""

    code = "too_large"
    status = 413
    title = "Content Too Large"


class UnsupportedError(InvalidError):
    """A media type we do not read."""

    code = "unsupported_media_type"
    status = 415
    title = "Unsupported Media Type"


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """One field and what is wrong with it; `loc` is a path such as `product.name`."""

    loc: str
    msg: str


class FieldsError(InvalidError):
    """Readable, but some fields are missing, wrong or contradict each other."""

    code = "invalid_fields"
    status = 422
    title = "Unprocessable Content"

    def __init__(self, issues: list[FieldIssue], message: str = "Some fields are not valid.") -> None:
        super().__init__(message)
        self.issues = issues


class LimitedError(InvalidError):
    """A rate or a budget is used up; `retry_after` is in seconds."""

    code = "limited"
    status = 429
    title = "Too Many Requests"

    def __init__(self, message: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class TransientError(AppError):
    """May work next time; `retry_after` (seconds) is what the other side asked for, if it did."""

    code = "transient"

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class UnavailableError(TransientError):
    """A dependency of ours does not answer."""

    code = "unavailable"


class PermanentError(AppError):
    """Will not work, however often it is tried."""

    code = "permanent"


class LeaseLostError(AppError):
    """The task was claimed by somebody else; this run must stop without writing."""

    code = "lease_lost"


class TaskCancelledError(AppError):
    """The owner cancelled the task."""

    code = "cancelled"
