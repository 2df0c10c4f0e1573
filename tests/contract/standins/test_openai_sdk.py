from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from tests.contract.standins.conftest import Standins


class Slots(BaseModel):
    """A small block."""

    model_config = ConfigDict(extra="forbid")
    headline: str
    body: str


class Block(BaseModel):
    """What the pipeline asks for."""

    model_config = ConfigDict(extra="forbid")
    slots: Slots
    fact_ids: list[str]


DATA = {
    "product": {"name": "온결 도자기 머그컵 350ml", "category": "주방용품"},
    "facts": [{"id": "F1", "name": "소재", "value": "도자기", "source": "attribute"}],
    "block": {"block_type": "hero"},
}
MESSAGES: list[Any] = [{"role": "user", "content": json.dumps(DATA, ensure_ascii=False)}]
STRICT = {
    "type": "object",
    "properties": {"english": {"type": "string"}},
    "required": ["english"],
    "additionalProperties": False,
}


@pytest.fixture
def client(standins: Standins) -> Iterator[openai.OpenAI]:
    """The real SDK, retries off."""
    with openai.OpenAI(api_key="local", base_url=f"{standins.url}/v1", max_retries=0, timeout=20) as made:
        yield made


def _schema(name: str, schema: dict[str, Any] | None = None) -> Any:
    spec = {"name": name, "strict": True, "schema": schema or STRICT}
    return {"type": "json_schema", "json_schema": spec}


def _plan(client: openai.OpenAI, **more: Any) -> Any:
    arguments: dict[str, Any] = {
        "model": "gpt-6-luna",
        "messages": MESSAGES,
        "response_format": _schema("plan"),
    }
    return client.chat.completions.create(**(arguments | more))


def test_structured_output_parses(client: openai.OpenAI) -> None:
    """`parse` gives the model's object, with usage and a finish reason."""
    answer = client.chat.completions.parse(
        model="gpt-6-luna",
        messages=MESSAGES,
        response_format=Block,
        max_completion_tokens=800,
        reasoning_effort="none",
        temperature=0.4,
    )
    parsed = answer.choices[0].message.parsed
    assert parsed is not None
    assert "머그컵" in parsed.slots.headline + parsed.slots.body
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_equal_requests_give_equal_bytes(standins: Standins) -> None:
    """Ids and times included."""
    body = {"model": "gpt-6-luna", "messages": MESSAGES, "response_format": _schema("plan")}
    headers = {"authorization": "Bearer k"}
    first, second = (
        httpx.post(f"{standins.url}/v1/chat/completions", json=body, headers=headers) for _ in "ab"
    )
    assert first.content == second.content


def test_photos_are_seen_by_data_url_and_by_address(client: openai.OpenAI, standins: Standins) -> None:
    """The stand-in measures the picture; both ways give the same description."""
    photo = f"{standins.url}/photos/mug.jpg"
    encoded = base64.b64encode(httpx.get(photo).content).decode()
    schema = {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "colors": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["description", "colors"],
        "additionalProperties": False,
    }
    seen = []
    for url in (photo, f"data:image/jpeg;base64,{encoded}"):
        content = [
            {"type": "text", "text": "무엇이 보이나요?"},
            {"type": "image_url", "image_url": {"url": url}},
        ]
        answer = _plan(
            client, messages=[{"role": "user", "content": content}], response_format=_schema("vision", schema)
        )
        seen.append(json.loads(answer.choices[0].message.content))
    assert seen[0] == seen[1]
    assert "주황" in seen[0]["colors"]
    assert "<sha256:" in json.dumps(standins.log()[-1]["request"])


def test_embeddings_come_in_both_encodings(client: openai.OpenAI) -> None:
    """In order, of unit length, with the dimensions asked for; base64 holds the same little-endian floats."""
    vectors = []
    for encoding in ("float", "base64"):
        answer = client.embeddings.create(
            model="text-embedding-3-small", input=["머그컵", "감귤"], dimensions=512, encoding_format=encoding
        )
        assert [datum.index for datum in answer.data] == [0, 1]
        assert answer.usage.total_tokens > 0
        vectors.append(answer.data[0].embedding)
    floats, encoded = vectors
    assert struct.unpack("<512f", base64.b64decode(str(encoded))) == tuple(floats)
    assert math.isclose(sum(value * value for value in floats), 1, abs_tol=1e-4)


def test_embeddings_default_to_what_the_sdk_asks_for(client: openai.OpenAI) -> None:
    """The SDK asks for base64 by itself and hands out floats."""
    answer = client.embeddings.create(model="text-embedding-3-small", input="머그컵")
    assert len(answer.data[0].embedding) == 1536


def _status(code: int) -> Callable[[Exception], bool]:
    return lambda error: isinstance(error, openai.APIStatusError) and error.status_code == code


def _embed(client: openai.OpenAI) -> Any:
    return client.embeddings.create(model="text-embedding-3-small", input="a")


@pytest.mark.parametrize(
    ("fault", "kind", "holds"),
    [
        (
            "429;retry-after=2",
            openai.RateLimitError,
            lambda error: error.response.headers["retry-after"] == "2",
        ),
        ("429", openai.RateLimitError, lambda error: error.code == "rate_limit_exceeded"),
        ("quota", openai.RateLimitError, lambda error: error.code == "insufficient_quota"),
        ("500", openai.InternalServerError, _status(500)),
        ("503", openai.InternalServerError, lambda error: error.code == "server_is_overloaded"),
        ("html502", openai.InternalServerError, _status(502)),
        ("drop", openai.APIConnectionError, lambda error: not isinstance(error, openai.APITimeoutError)),
        ("timeout", openai.APITimeoutError, lambda error: True),
    ],
)
@pytest.mark.parametrize("endpoint", ["plan", "embeddings"])
def test_faults_show_as_the_sdk_shows_them(
    client: openai.OpenAI, standins: Standins, endpoint: str, fault: str, kind: type[Exception], holds: Any
) -> None:
    """The right exception with the right code, on chat and on embeddings."""
    standins.fault(endpoint, fault)
    hasty = client.with_options(timeout=0.5)
    with pytest.raises(kind) as caught:
        _plan(hasty) if endpoint == "plan" else _embed(hasty)
    assert holds(caught.value)


def test_length_content_filter_and_refusal(client: openai.OpenAI, standins: Standins) -> None:
    """Each as the SDK tells it: two exceptions, and a message without content."""
    for fault, kind in (
        ("length", openai.LengthFinishReasonError),
        ("content_filter", openai.ContentFilterFinishReasonError),
    ):
        standins.fault("chat", fault)
        with pytest.raises(kind):
            client.chat.completions.parse(model="gpt-6-luna", messages=MESSAGES, response_format=Block)
    standins.fault("chat", "refusal")
    answer = client.chat.completions.parse(model="gpt-6-luna", messages=MESSAGES, response_format=Block)
    assert answer.choices[0].message.parsed is None
    assert answer.choices[0].message.refusal


@pytest.mark.parametrize("fault", ["bad_json", "schema_miss"])
def test_content_that_breaks_the_schema(client: openai.OpenAI, standins: Standins, fault: str) -> None:
    """Broken JSON and missing fields both fail validation."""
    standins.fault("chat", fault)
    with pytest.raises(ValidationError):
        client.chat.completions.parse(model="gpt-6-luna", messages=MESSAGES, response_format=Block)
    standins.fault("embeddings", fault)
    with pytest.raises((ValueError, TypeError, AttributeError, openai.OpenAIError)):
        _ = client.embeddings.create(model="text-embedding-3-small", input="a").data[0].embedding


def test_too_few_tokens_end_in_length(client: openai.OpenAI) -> None:
    """`max_completion_tokens` is obeyed."""
    answer = _plan(client, response_format=None, messages=MESSAGES, max_completion_tokens=5)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


def test_faults_count_an_endpoints_calls(client: openai.OpenAI, standins: Standins) -> None:
    """Only the second plan fails; other endpoints' calls do not count."""
    standins.control(faults=[{"endpoint": "plan", "nth": [2], "fault": "500"}])
    _plan(client)
    _plan(client, response_format=_schema("block_hero"))
    with pytest.raises(openai.InternalServerError):
        _plan(client)
    _plan(client)
    assert [entry["endpoint"] for entry in standins.log()] == ["plan", "block", "plan", "plan"]
    assert [entry["status"] for entry in standins.log()] == [200, 200, 500, 200]


def test_bad_requests_and_keys(client: openai.OpenAI) -> None:
    """400 with the parameter, 401 with the code."""
    with pytest.raises(openai.BadRequestError) as bad:
        _plan(client, response_format=_schema("plan", STRICT | {"oneOf": []}))
    assert (bad.value.param, bad.value.type) == ("response_format", "invalid_request_error")
    with pytest.raises(openai.BadRequestError) as unsupported:
        _plan(client, max_tokens=5)
    assert unsupported.value.code == "unsupported_parameter"
    with pytest.raises(openai.AuthenticationError) as unknown:
        _plan(client.with_options(api_key="invalid"))
    assert unknown.value.code == "invalid_api_key"


def test_models_tell_whether_a_key_works(client: openai.OpenAI, standins: Standins) -> None:
    """A cheap readiness check that leaves no trace in the log."""
    assert "gpt-6-luna" in [model.id for model in client.models.list()]
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="invalid").models.list()
    assert standins.log() == []
