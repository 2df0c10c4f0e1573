"""OpenAIText on the real openai SDK against the stand-ins: every fault ends as the right error of ours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from generation.ports import Meter, StructuredRequest
from generation.providers.openai_text import OpenAIText
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ModelSettings

REQUEST = StructuredRequest(
    name="translate",
    system="Translate the Korean text into English.",
    data={"text": "따뜻한 나무 식탁 위의 감귤"},
    schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "notes": {"type": "array", "items": {"type": "string"}}},
        "required": ["text", "notes"],
        "additionalProperties": False,
    },
)


def settings(url: str, **changes: Any) -> ModelSettings:
    """Both services at the stand-ins."""
    base: dict[str, Any] = {
        "openai_api_key": "k",
        "openai_base_url": f"{url}/v1",
        "together_api_key": "k",
        "together_base_url": url,
        "text_timeout": 10,
    }
    return ModelSettings(**{**base, **changes})


@pytest.fixture
async def text(stand_ins: Any) -> AsyncIterator[OpenAIText]:
    """The adapter at the stand-ins."""
    adapter = OpenAIText(settings(stand_ins.url))
    yield adapter
    await adapter.close()


async def failing(text: OpenAIText, meter: Meter | None = None) -> AppError:
    """The error a call ends with."""
    with pytest.raises(AppError) as caught:
        await text.answer(REQUEST, meter or Meter())
    return caught.value


async def test_answer_fits_the_schema_and_is_metered(text: OpenAIText, stand_ins: Any) -> None:
    """One call, one log entry of our schema's name, tokens and price on the meter."""
    meter = Meter()
    answer = await text.answer(REQUEST, meter)
    assert set(answer) == {"text", "notes"}
    assert meter.input_tokens > 0
    assert meter.output_tokens > 0
    assert meter.usd > 0
    assert [(entry["endpoint"], entry["status"]) for entry in stand_ins.log()] == [("translate", 200)]


async def test_equal_questions_get_equal_answers(text: OpenAIText) -> None:
    """Nothing of ours varies between two calls."""
    assert await text.answer(REQUEST, Meter()) == await text.answer(REQUEST, Meter())


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429", TransientError, "rate_limited"),
        ("429;retry-after=7", TransientError, "rate_limited"),
        ("quota", PermanentError, "quota_exhausted"),
        ("500", TransientError, "model_unavailable"),
        ("503", TransientError, "model_unavailable"),
        ("drop", TransientError, "model_unreachable"),
        ("html502", TransientError, "model_unavailable"),
        ("length", TransientError, "answer_truncated"),
        ("refusal", PermanentError, "model_refused"),
        ("content_filter", PermanentError, "content_filtered"),
        ("bad_json", TransientError, "answer_not_json"),
        ("schema_miss", TransientError, "answer_off_schema"),
    ],
)
async def test_every_fault_has_its_error(
    text: OpenAIText, stand_ins: Any, fault: str, kind: type[AppError], code: str
) -> None:
    """The error, sent once; the next call works."""
    stand_ins.control(faults=[{"endpoint": "translate", "nth": [1], "fault": fault}])
    error = await failing(text)
    assert (type(error), error.code) == (kind, code)
    assert getattr(error, "retry_after", None) == (7.0 if "retry-after" in fault else None)
    assert len(stand_ins.log()) == 1
    assert await text.answer(REQUEST, Meter())


@pytest.mark.parametrize("fault", ["length", "refusal", "content_filter", "bad_json", "schema_miss"])
async def test_unusable_answers_are_paid_for(text: OpenAIText, stand_ins: Any, fault: str) -> None:
    """What was used is on the meter though the answer is no good."""
    stand_ins.control(faults=[{"endpoint": "translate", "fault": fault}])
    meter = Meter()
    await failing(text, meter)
    assert meter.usd > 0


async def test_silence_ends_at_the_time_out(stand_ins: Any) -> None:
    """A service that holds the connection costs the time-out, no more."""
    stand_ins.control(faults=[{"endpoint": "translate", "fault": "timeout"}])
    text = OpenAIText(settings(stand_ins.url, text_timeout=0.5))
    assert (await failing(text)).code == "model_timeout"
    await text.close()


async def test_wrong_key_is_rejected(stand_ins: Any) -> None:
    """401: for ever, and the message holds no key."""
    text = OpenAIText(settings(stand_ins.url, openai_api_key="invalid"))
    error = await failing(text)
    assert (type(error), error.code) == (PermanentError, "model_rejected")
    assert "invalid" not in error.message
    await text.close()


async def test_schema_the_service_refuses_is_our_mistake(text: OpenAIText) -> None:
    """400: for ever, with the service's reason."""
    open_schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    with pytest.raises(PermanentError) as caught:
        await text.answer(StructuredRequest(name="plan", system="s", data={}, schema=open_schema), Meter())
    assert caught.value.code == "model_rejected"
    assert "additionalProperties" in caught.value.message


async def test_cancelled_call_ends_at_once(text: OpenAIText, stand_ins: Any) -> None:
    """Cancelling a task cancels the call in flight."""
    stand_ins.control(latency={"translate": 30})
    call = asyncio.create_task(text.answer(REQUEST, Meter()))
    while not stand_ins.log():  # noqa: ASYNC110  it is in another process: nothing to wait on
        await asyncio.sleep(0.02)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 2)
