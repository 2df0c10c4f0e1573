from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from generation.providers.rejections import rejection, retry_after
from shared.errors import PermanentError, TransientError


def error(code: str | None, kind: str = "x", **more: Any) -> dict[str, Any]:
    """An error body as OpenAI words it."""
    return {"error": {"message": "words", "type": kind, "param": None, "code": code, **more}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (429, error("rate_limit_exceeded"), TransientError, "rate_limited"),
        (429, error("slow_down"), TransientError, "rate_limited"),
        (429, None, TransientError, "rate_limited"),
        (429, error("insufficient_quota"), PermanentError, "quota_exhausted"),
        (429, error("credit_balance_exhausted"), PermanentError, "quota_exhausted"),
        (429, error("project_spend_limit_exceeded"), PermanentError, "quota_exhausted"),
        (429, error(None, "insufficient_quota"), PermanentError, "quota_exhausted"),
        (429, error("credit_balance_exhausted")["error"], PermanentError, "quota_exhausted"),
        (402, "Payment Required", PermanentError, "quota_exhausted"),
        (401, error("invalid_api_key"), PermanentError, "model_rejected"),
        (403, error("unsupported_country_region_territory"), PermanentError, "model_rejected"),
        (404, error("model_not_found"), PermanentError, "model_rejected"),
        (400, error("invalid_value"), PermanentError, "model_rejected"),
        (400, error("content_filter"), PermanentError, "content_filtered"),
        (
            400,
            error("invalid", innererror={"code": "ResponsibleAIPolicyViolation"}),
            PermanentError,
            "content_filtered",
        ),
        (302, "", PermanentError, "model_rejected"),
        (408, None, TransientError, "model_unavailable"),
        (409, None, TransientError, "model_unavailable"),
        (500, error(None, "server_error"), TransientError, "model_unavailable"),
        (502, "<html>", TransientError, "model_unavailable"),
        (503, error("server_is_overloaded"), TransientError, "model_unavailable"),
        (400, {"error": "a string"}, PermanentError, "model_rejected"),
        (400, {"error": {"code": ["a", "list"]}}, PermanentError, "model_rejected"),
        (400, [1], PermanentError, "model_rejected"),
    ],
)
def test_error_answer_gets_its_meaning(status: int, body: object, kind: type[Exception], code: str) -> None:
    """Quota is for ever, a rate limit and 5xx pass, the rest is our request's fault."""
    found = rejection("X", status, body, {})
    assert (type(found), found.code) == (kind, code)


def test_wrong_key_is_not_repeated() -> None:
    """What a 401 says (part of the key) never reaches our message; what a 400 says does, cut."""
    assert "words" not in rejection("X", 401, error("invalid_api_key"), {}).message
    long = {"error": {"message": "w" * 9000}}
    assert len(rejection("X", 400, long, {}).message) < 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_retry_after_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds or a date; nonsense is no wish."""
    assert retry_after(headers) == seconds


def test_retry_after_date_to_come() -> None:
    """A date ahead is the time until then."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after({"retry-after": date}) == pytest.approx(59, abs=2)


def test_rate_limit_carries_the_wish() -> None:
    """A 429's Retry-After is on the error."""
    found = rejection("X", 429, None, {"retry-after": "3"})
    assert isinstance(found, TransientError)
    assert found.retry_after == 3.0


def test_a_photo_the_model_could_not_fetch_is_worth_another_try() -> None:
    """Our own store may be away for a moment: the picture must not be lost for it."""
    body = {"error": {"message": "Error while downloading", "code": "invalid_image_url"}}
    error = rejection("OpenAI", 400, body, {})
    assert isinstance(error, TransientError)
    assert error.code == "photo_unfetched"
