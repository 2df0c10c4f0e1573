"""Spans and figures around the outside services: as OpenTelemetry names them, and nothing of what was said."""

from collections.abc import Sequence
from typing import Any

import pytest

from generation.ports import Meter, StructuredRequest
from generation.providers.traced import (
    Endpoint,
    TracedAssets,
    TracedImages,
    TracedProducts,
    TracedText,
    openai_endpoint,
)
from shared.errors import PermanentError
from tests.unit.telemetry.recording import Recorder, recording

SECRET = "비밀 사과잼"


class Text:
    """A TextModel that answers, or not, and costs either way."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        meter.add(usd=0.25, input_tokens=100, output_tokens=20)
        if self._error:
            raise self._error
        return {"title": SECRET}


class Images:
    """An ImageModel."""

    async def edit(
        self, *, prompt: str, photo_url: str | None, width: int, height: int, seed: int, meter: Meter
    ) -> bytes:
        meter.add(usd=0.04, images=1)
        return b"picture"


class Store:
    """An AssetStore."""

    async def put(self, key: str, content: bytes, content_type: str) -> None: ...

    async def read(self, key: str) -> bytes:
        return b"picture"

    def url(self, key: str) -> str:
        return f"https://bucket/{key}"

    async def readable(self, key: str) -> bool:
        return True

    async def ping(self) -> float:
        return 0.0

    async def product(self, product_id: str) -> dict[str, Any]:
        return {"name": SECRET}


def request() -> StructuredRequest:
    """A question about somebody's product."""
    return StructuredRequest("block", SECRET, {"name": SECRET}, {"title": SECRET}, image_urls=(SECRET,))


def figures(recorder: Recorder, name: str) -> Sequence[tuple[float, dict[str, Any]]]:
    """What was measured of one metric."""
    return [(value, labels) for instrument, value, labels in recorder.figures if instrument.name == name]


async def test_a_models_call_says_model_tokens_and_cost() -> None:
    """Name and attributes follow the conventions; the meter of the task gets the same."""
    meter = Meter(usd=1.0)
    with recording() as recorder:
        answer = await TracedText(Text(), openai_endpoint("gpt-x", "https://api.openai.com/v1")).answer(
            request(), meter
        )
    assert answer == {"title": SECRET}
    assert meter == Meter(usd=1.25, input_tokens=100, output_tokens=20)
    span = recorder.named("chat gpt-x")
    assert span.kind == "CLIENT"
    assert span.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-x",
        "gen_ai.output.type": "json",
        "gen_ai.request.max_tokens": 4000,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "request.schema": "block",
        "server.address": "api.openai.com",
        "usage.usd": 0.25,
    }
    tokens = figures(recorder, "gen_ai.client.token.usage")
    assert {labels["gen_ai.token.type"]: value for value, labels in tokens} == {"input": 100, "output": 20}
    assert [value for value, _ in figures(recorder, "model.cost")] == [0.25]


async def test_a_failed_call_is_told_and_paid_for() -> None:
    """What it cost is on the meter; the error is its code."""
    meter = Meter()
    with recording() as recorder, pytest.raises(PermanentError):
        await TracedText(
            Text(PermanentError(SECRET, code="model_refused")),
            openai_endpoint("gpt-x", "http://127.0.0.1/v1"),
        ).answer(request(), meter)
    assert meter.usd == 0.25
    assert recorder.named("chat gpt-x").failed == "model_refused"
    ((_, labels),) = figures(recorder, "gen_ai.client.operation.duration")
    assert labels["error.type"] == "model_refused"


async def test_no_span_and_no_figure_holds_what_was_said() -> None:
    """Prompts, answers, keys and product ids stay out; labels are those the instruments declare."""
    at, store = Endpoint("together_ai", "FLUX", "https://api.together.xyz"), Store()
    with recording() as recorder:
        await TracedText(Text(), openai_endpoint("gpt-x", "https://x.openai.azure.com/openai/v1/")).answer(
            request(), Meter()
        )
        await TracedImages(Images(), at).edit(
            prompt=SECRET, photo_url=SECRET, width=8, height=8, seed=1, meter=Meter()
        )
        assets = TracedAssets(store, "bucket")
        await assets.put(SECRET, b"", "image/png")
        await assets.read(SECRET)
        await assets.readable(SECRET)
        await TracedProducts(store).product(SECRET)
    assert SECRET not in str(recorder.spans) + str(recorder.figures)
    assert [span.name for span in recorder.spans] == [
        "chat gpt-x",
        "generate_content FLUX",
        "S3/PutObject",
        "S3/GetObject",
        "S3/HeadObject",
        "GET /products/{id}",
    ]
    assert recorder.spans[0].attributes["gen_ai.provider.name"] == "azure.ai.openai"
    assert recorder.spans[1].attributes["usage.images"] == 1
    assert all(set(labels) <= set(instrument.attributes) for instrument, _, labels in recorder.figures)
