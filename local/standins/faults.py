"""Turning a fault into what the client meets."""

from __future__ import annotations

from collections.abc import Callable

from local.standins.control import Fault
from local.standins.wire import Answer, RefusedError, json_answer

ErrorShape = Callable[[RefusedError, tuple[tuple[str, str], ...]], Answer]

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n"
)


def immediate_answer(fault: Fault, shape: ErrorShape) -> Answer | None:
    """The answer of a fault that needs no work done first, or None if it is another kind."""
    if fault.kind == "html502":
        return Answer(502, _HTML, "text/html")
    error = _refusal(fault)
    if error is None:
        return None
    headers = (("retry-after", fault.retry_after),) if fault.retry_after else ()
    return shape(error, headers)


def _refusal(fault: Fault) -> RefusedError | None:
    match fault.kind:
        case "429":
            return RefusedError(
                "Rate limit reached for requests. Please try again later.",
                status=429,
                kind="requests",
                code="rate_limit_exceeded",
            )
        case "quota":
            return RefusedError(
                "You exceeded your current quota, please check your plan and billing details.",
                status=429,
                kind="insufficient_quota",
                code="insufficient_quota",
            )
        case "500":
            return RefusedError(
                "The server had an error while processing your request. Sorry about that!",
                status=500,
                kind="server_error",
            )
        case "503":
            return RefusedError(
                "The server is currently overloaded. Please try again later.",
                status=503,
                kind="server_error",
                code="server_is_overloaded",
            )
        case "image_403":
            return RefusedError(
                "This model shares data with a third party and your organization has not opted in.",
                status=403,
                kind="forbidden",
                code="third_party_data_sharing_blocked",
            )
    return None


def spoil(answer: Answer, kind: str) -> Answer:
    """What an answer outside chat becomes under `bad_json` (cut short) or `schema_miss` (fields missing)."""
    if answer.status >= 400 or kind not in {"bad_json", "schema_miss"}:  # noqa: PLR2004 - HTTP's error range
        return answer
    if kind == "bad_json":
        return Answer(200, answer.body[: max(1, len(answer.body) // 2)])
    return json_answer({"object": "list"})
