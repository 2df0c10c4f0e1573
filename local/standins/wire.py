"""Answers and the two providers' error shapes.

Sources: OpenAI API reference, "Error codes" (`{"error": {message, type, param, code}}`); Together answers with
the same object beside an `id`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

INVALID_REQUEST = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, complete.

    Attributes:
        status: HTTP status code.
        body: the bytes to send.
        media_type: value of Content-Type.
        headers: further headers.
    """

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class RefusedError(Exception):
    """The real service would refuse this request; carries what it would answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID_REQUEST,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code


def encode(value: Any) -> bytes:
    """JSON as the providers send it: UTF-8, no spaces, keys in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def digest_of(value: Any) -> str:
    """A sha256 (hex) that is equal for equal JSON values, whatever the order of their keys."""
    canonical = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def json_answer(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer holding `value` as JSON."""
    return Answer(status, encode(value), headers=headers)


def openai_error(error: RefusedError, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The error as OpenAI words it."""
    detail = {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}
    return json_answer({"error": detail}, error.status, headers)


def together_error(error: RefusedError, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The error as Together words it: OpenAI's object beside the request's id."""
    detail = {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}
    trace = digest_of(detail)[:24]
    return json_answer({"id": trace, "error": detail}, error.status, headers)


def product_error(error: RefusedError, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The error as the product service words it."""
    detail = {"code": error.code or error.kind, "message": error.message}
    return json_answer(detail, error.status, headers)
