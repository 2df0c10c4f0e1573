"""What an error answer of a model service means: one reading for OpenAI, Azure OpenAI, Together and compatible ones.

Error bodies are {error: {message, type, param, code}} (OpenAI's API reference, "Error codes"); some servers leave
the outer object, some the whole JSON away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from shared.errors import AppError, PermanentError, TransientError

# Waiting does not help against these (OpenAI: "check error.code"; the type alone may say insufficient_quota).
_QUOTA = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_limit_exceeded",
    }
)
_FILTERED = frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "nsfw_content"})
# The model could not fetch the photo: the address is our own store's, which may be away for a moment.
_PHOTO_AWAY = frozenset({"invalid_image_url"})
_WORTH_ANOTHER_TRY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_UNAUTHORISED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST_REASON = 200


def rejection(service: str, status: int, body: object, headers: Mapping[str, str]) -> AppError:
    """Our error for an answer that is not a success.

    Args:
        service: its name, for the message.
        status: the HTTP status.
        body: the parsed body, or whatever the SDK made of it.
        headers: with case-insensitive lookup; Retry-After is obeyed.
    """
    words = _words(body)
    if status == HTTPStatus.PAYMENT_REQUIRED or words & _QUOTA:
        return PermanentError(f"The account at {service} has no credit left.", code="quota_exhausted")
    if words & _PHOTO_AWAY:
        return TransientError(f"{service} could not fetch the photo.", code="photo_unfetched")
    if words & _FILTERED:
        return PermanentError(f"{service} filtered the request's content.", code="content_filtered")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(
            f"{service} limits our rate.", code="rate_limited", retry_after=retry_after(headers)
        )
    if status in _WORTH_ANOTHER_TRY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(
            f"{service} answered {status}.", code="model_unavailable", retry_after=retry_after(headers)
        )
    return PermanentError(_reason(service, status, body), code="model_rejected")


def is_quota(body: object) -> bool:
    """Whether an error body says that a quota is used up: waiting a moment does not help."""
    return bool(_words(body) & _QUOTA)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the other side asks us to wait: `retry-after-ms`, or Retry-After in either form (RFC 9110 §10.2.3)."""
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _seconds(value)
    if seconds is not None or value is None:
        return seconds
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _words(body: object) -> frozenset[str]:
    error = _error(body)
    inner = error.get("innererror")
    named = [error.get("code"), error.get("type")]
    if isinstance(inner, Mapping) and inner.get("code") == "ResponsibleAIPolicyViolation":  # Azure OpenAI
        named.append("content_filter")
    return frozenset(word for word in named if isinstance(word, str))


def _error(body: object) -> Mapping[str, object]:
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, Mapping) else body


def _reason(service: str, status: int, body: object) -> str:
    message = _error(body).get("message")
    # OpenAI repeats part of a wrong key in its 401: never into our messages.
    if status in _UNAUTHORISED or not isinstance(message, str):
        return f"{service} answered {status}."
    return f"{service} answered {status}: {message[:_LONGEST_REASON]}"
