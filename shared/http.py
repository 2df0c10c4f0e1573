"""HTTP as the handlers see it: a Call in, a Reply out; errors as problem details (RFC 9457).

Nothing here knows azure.functions: shared/blueprint.py translates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError

from shared.errors import (
    AppError,
    FieldIssue,
    FieldsError,
    ForbiddenError,
    InvalidError,
    LimitedError,
    MalformedError,
    NotFoundError,
    TooLargeError,
    TransientError,
    UnsupportedError,
)
from shared.telemetry import context
from shared.times import rfc3339

JSON = "application/json"
DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_NUMBER = 2**31 - 1  # PostgreSQL's integer
_AS_IT_IS = frozenset({"", "identity"})  # content codings (RFC 9110 section 8.4) that leave nothing to undo
_MAX_ISSUES, _MAX_LOC = 50, 200  # an answer is not to be larger than the request that earned it
CURSOR = (
    "^([1-9][0-9]{15})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$"  # microseconds since the epoch, UUID
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Identity(Protocol):
    """Who is asking (shared.auth.Identity)."""

    @property
    def user_id(self) -> str:
        """The token's `sub`."""

    @property
    def roles(self) -> frozenset[str]:
        """The token's `roles`."""

    @property
    def expires_at(self) -> float:
        """When the token ends, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `headers` besides Content-Type."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """`value` as JSON."""
    import orjson

    return Reply(status, orjson.dumps(value), headers=headers or {})


@dataclass(frozen=True, slots=True)
class Call:
    """A request: header names lower-case, `params` from the route, `query` as given."""

    method: str
    headers: Mapping[str, str]
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    identity: Identity | None = None
    request_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def user(self) -> str:
        """The caller's user id; only for routes that need a token."""
        return self._known.user_id

    @property
    def expires_at(self) -> float:
        """When the caller's token ends, seconds since the epoch; only for routes that need a token."""
        return self._known.expires_at

    @property
    def _known(self) -> Identity:
        if self.identity is None:
            raise TypeError("this route is public: it has no user")
        return self.identity

    @property
    def traceparent(self) -> str:
        """The request's trace context: its span's, else the caller's, else a new one."""
        return context.current() or context.traceparent(self.headers.get("traceparent"))

    def require_role(self, role: str) -> None:
        """Raise ForbiddenError unless the caller has `role`."""
        if role not in self._known.roles:
            raise ForbiddenError(f"This needs the role {role}.")

    def limited_body(self, limit: int) -> bytes:
        """The body, if it has at most `limit` bytes; else TooLargeError."""
        if len(self.body) > limit:
            raise TooLargeError(f"The body has {len(self.body):,} bytes; at most {limit:,} are taken.")
        return self.body

    def model[M: BaseModel](self, model: type[M], limit: int) -> M:
        """The JSON body as `model`.

        Raises:
            TooLargeError, UnsupportedError, MalformedError: the body as a whole.
            FieldsError: each bad field by name.
        """
        body = self.limited_body(limit)
        if not _is_json(self.headers.get("content-type", "")):
            raise UnsupportedError(f"Send {JSON}.")
        if self.headers.get("content-encoding", "").strip().lower() not in _AS_IT_IS:
            raise UnsupportedError("Send the body as it is, without a Content-Encoding.")
        try:
            # RFC 8259, 8.1: UTF-8. Given bytes, json would take other encodings and half surrogate pairs too.
            value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
            if b"\\u" in body:  # half a pair in escapes is no text: nothing could store or answer it
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise MalformedError("The body is not JSON.") from error
        return validated(model, value)

    def optional_model[M: BaseModel](self, model: type[M], limit: int) -> M:
        """As `model`, but no body at all means `{}`."""
        return self.model(model, limit) if self.body else validated(model, {})

    def whole_number(self, name: str) -> int | None:
        """A query parameter as a whole number from 1, or None when it is not there.

        Raises:
            FieldsError: it is something else.
        """
        given = self.query.get(name)
        if not given:
            return None
        digits = given.isascii() and given.isdecimal() and len(given) <= len(str(MAX_NUMBER))
        if not (digits and 1 <= int(given) <= MAX_NUMBER):
            raise FieldsError([FieldIssue(name, "must be a whole number from 1")])
        return int(given)

    def uuid(self, name: str) -> UUID:
        """A route parameter as a UUID; one that is none names nothing: NotFoundError."""
        try:
            return UUID(self.params[name])
        except ValueError as error:
            raise NotFoundError("There is no such thing.") from error

    def page(self) -> tuple[int, tuple[str, str] | None]:
        """`?limit=&cursor=`: how many, and after which (created_at, id).

        Raises:
            FieldsError: not a number from 1 to 100, or not a cursor of ours.
        """
        limit = self.whole_number("limit") or DEFAULT_LIMIT
        if limit > MAX_LIMIT:
            raise FieldsError([FieldIssue("limit", f"must be at most {MAX_LIMIT}")])
        cursor = self.query.get("cursor")
        return limit, _read_cursor(cursor) if cursor else None


def validated[M: BaseModel](model: type[M], value: Any) -> M:
    """`value` as `model`; else FieldsError naming each bad field by its path."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise FieldsError([issue for detail in error.errors() for issue in _issues(detail)]) from error


def listed(rows: list[dict[str, Any]], limit: int, key: str) -> Reply:
    """A page of a list: {items, next_cursor}; `rows` holds one more than `limit` when there is more."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = _write_cursor(rows[-1]["created_at"], rows[-1][key]) if more else None
    return reply({"items": rows, "next_cursor": cursor})


def problem(error: AppError, request_id: str) -> Reply:
    """The answer to an error of ours: RFC 9457 with {type, title, status, detail, errors?, request_id}.

    Transient errors are 503 with Retry-After; permanent ones do not belong in an answer and are 500.
    """
    status, title = _status(error)
    body: dict[str, Any] = {
        "type": f"urn:product-details:problem:{error.code}",
        "title": title,
        "status": status,
        "detail": error.message,
        "request_id": request_id,
    }
    if isinstance(error, FieldsError):
        issues = error.issues[:_MAX_ISSUES]
        body["errors"] = [{"loc": issue.loc[:_MAX_LOC], "msg": issue.msg} for issue in issues]
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TransientError | LimitedError):
        headers["Retry-After"] = str(max(1, round(error.retry_after or 2)))
    if status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    answer = reply(body, status, headers)
    return Reply(answer.status, answer.body, "application/problem+json", headers)


UNAUTHORIZED = 401


def internal_problem(request_id: str) -> Reply:
    """A bug of ours: no detail leaves the process but the id to look for in the logs."""
    body = {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something unexpected happened. The request id leads to it in the logs.",
        "request_id": request_id,
    }
    answer = reply(body, 500)
    return Reply(answer.status, answer.body, "application/problem+json", {"Cache-Control": "no-store"})


def _status(error: AppError) -> tuple[int, str]:
    if isinstance(error, InvalidError):
        return error.status, error.title
    if isinstance(error, TransientError):
        return 503, "Service Unavailable"
    return 500, "Internal Server Error"


def _is_json(content_type: str) -> bool:
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    return media_type == JSON or (media_type.startswith("application/") and media_type.endswith("+json"))


def _no_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


# pydantic would name Python's kinds and our classes.
_KINDS = {
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
}
_LENGTHS = {"too_short": ("least", "min_length"), "too_long": ("most", "max_length")}


def _issues(detail: Mapping[str, Any]) -> list[FieldIssue]:
    cause = detail.get("ctx", {}).get("error")
    if fields := getattr(cause, "fields", None):  # a conflict between fields names each of them
        return [FieldIssue(name, getattr(cause, "problem", str(cause))) for name in fields]
    return [FieldIssue(".".join(str(part) for part in detail["loc"]) or "body", _in_words(detail))]


def _in_words(detail: Mapping[str, Any]) -> str:
    facts = detail.get("ctx", {})
    if detail["type"] in _KINDS:
        return _KINDS[detail["type"]]
    if "error" in facts:  # raised by a check of ours; pydantic would put "Value error, " before it
        return str(facts["error"])
    if detail["type"] in _LENGTHS:  # pydantic calls a text's characters items
        side, limit = _LENGTHS[detail["type"]]
        what = "characters" if isinstance(detail["input"], str) else "items"
        return f"must have at {side} {facts[limit]} {what}"
    return str(detail["msg"])


def _write_cursor(created_at: str, key: str) -> str:
    microseconds = (datetime.fromisoformat(created_at) - _EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}_{key}"


def _read_cursor(cursor: str) -> tuple[str, str]:
    found = re.fullmatch(CURSOR, cursor, re.ASCII)
    if found is None:
        raise FieldsError([FieldIssue("cursor", "is not a cursor of this list")])
    return rfc3339(_EPOCH + timedelta(microseconds=int(found[1]))), found[2]
