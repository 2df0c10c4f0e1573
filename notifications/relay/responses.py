"""Answers of the relay but for streams: RFC 9457 problems, probes, the metrics page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import orjson

from shared.errors import InvalidError, LimitedError, TransientError

_BUSY_SECONDS = 1
_CODES = {
    400: "malformed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    414: "target_too_long",
    431: "head_too_large",
    505: "version_not_supported",
}


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; `headers` beside the length, which is added, and `Connection: close`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, extra: dict[str, str]) -> Response:
        """The same answer with more headers."""
        return replace(self, headers=self.headers | extra)

    def encode(self, *, head_only: bool = False) -> bytes:
        """The answer on the wire; `head_only` for HEAD (RFC 9110 section 9.3.2)."""
        headers = self.headers | {"Connection": "close"}
        # In an answer to HEAD a length is the one GET would have, or is not there; a stream has none (section 8.6).
        if self.status != HTTPStatus.NO_CONTENT and (self.body or not head_only):
            headers["Content-Length"] = str(len(self.body))
        return head(self.status, headers) + (b"" if head_only else self.body)


def head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers; values are ours or checked (configured origins), so free of CR and LF."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def text(status: int, body: bytes, media_type: str) -> Response:
    """A body that must not be kept."""
    return Response(status, body, {"Content-Type": media_type, "Cache-Control": "no-store"})


def problem(status: int, detail: str, *, code: str = "", headers: dict[str, str] | None = None) -> Response:
    """RFC 9457; `code` is a stable word for programs, by default that of the status."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": str(uuid.uuid4()),
        "code": code or _CODES[status],
    }
    kept = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return Response(status, orjson.dumps(body), kept | (headers or {}))


def problem_of(error: InvalidError | TransientError) -> Response:
    """The answer an error of ours stands for: 4xx, or 503 with Retry-After."""
    if isinstance(error, TransientError):
        return unavailable(error.message)
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 6750 section 3
    if isinstance(error, LimitedError):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return problem(error.status, error.message, code=error.code, headers=headers)


def unavailable(detail: str) -> Response:
    """503, for a moment."""
    return problem(503, detail, code="unavailable", headers={"Retry-After": str(_BUSY_SECONDS)})
