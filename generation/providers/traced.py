"""The outside services with a span and figures around each call; what is asked and answered stays out of them.

Models follow OpenTelemetry's semantic conventions for generative AI, version 1.38: spans `{operation} {model}`,
`gen_ai.*` attributes, and their metrics. Together's image edits are `generate_content` with `gen_ai.output.type` image.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from generation.ports import AssetStore, ImageModel, Meter, ProductSource, StructuredRequest, TextModel
from shared.telemetry import spans
from shared.telemetry.instruments import MODEL_COST, MODEL_DURATION, MODEL_TOKENS
from shared.telemetry.spans import Kind, Value, error_type

_AZURE_HOSTS = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which model is called, and where.

    Attributes:
        provider: `gen_ai.provider.name`.
        model: `gen_ai.request.model`.
        url: the service's base URL.
    """

    provider: str
    model: str
    url: str


def openai_endpoint(model: str, url: str) -> Endpoint:
    """A model of OpenAI, of Azure OpenAI where the address is Azure's."""
    host = urlsplit(url).hostname or ""
    return Endpoint("azure.ai.openai" if host.endswith(_AZURE_HOSTS) else "openai", model, url)


class TracedText:
    """A TextModel (generation/ports.py)."""

    def __init__(self, model: TextModel, endpoint: Endpoint) -> None:
        self._model = model
        self._endpoint = endpoint

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        """See TextModel."""
        more: dict[str, Value] = {
            "gen_ai.output.type": "json",
            "gen_ai.request.max_tokens": request.max_tokens,
            "request.schema": request.name,
        }
        with _model_call("chat", self._endpoint, meter, more) as own:
            return await self._model.answer(request, own)


class TracedImages:
    """An ImageModel (generation/ports.py)."""

    def __init__(self, model: ImageModel, endpoint: Endpoint) -> None:
        self._model = model
        self._endpoint = endpoint

    async def edit(
        self, *, prompt: str, photo_url: str | None, width: int, height: int, seed: int, meter: Meter
    ) -> bytes:
        """See ImageModel."""
        more: dict[str, Value] = {
            "gen_ai.output.type": "image",
            "image.width": width,
            "image.height": height,
            "gen_ai.request.seed": seed,
        }
        with _model_call("generate_content", self._endpoint, meter, more) as own:
            return await self._model.edit(
                prompt=prompt, photo_url=photo_url, width=width, height=height, seed=seed, meter=own
            )


class Embeddings(Protocol):
    """What is wrapped here of generation.documents.embedding.EmbeddingModel."""

    @property
    def name(self) -> str:
        """Which model it is."""

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[array[float]]:
        """A vector for each text."""


class TracedEmbeddings:
    """An EmbeddingModel (generation/documents/embedding.py)."""

    def __init__(self, model: Embeddings, endpoint: Endpoint) -> None:
        self._model = model
        self._endpoint = endpoint

    @property
    def name(self) -> str:
        """See EmbeddingModel."""
        return self._model.name

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[array[float]]:
        """See EmbeddingModel."""
        with _model_call("embeddings", self._endpoint, meter, {"request.texts": len(texts)}) as own:
            return await self._model.embed(texts, own)


class TracedAssets:
    """An AssetStore (generation/ports.py) on Amazon S3 (semantic conventions, "S3")."""

    def __init__(self, store: AssetStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """See AssetStore."""
        with self._span("PutObject") as span:
            span.set({"content.bytes": len(content)})
            await self._store.put(key, content, content_type)

    async def read(self, key: str) -> bytes:
        """See AssetStore."""
        with self._span("GetObject"):
            return await self._store.read(key)

    def url(self, key: str) -> str:
        """See AssetStore."""
        return self._store.url(key)

    async def readable(self, key: str) -> bool:
        """See AssetStore."""
        with self._span("HeadObject"):
            return await self._store.readable(key)

    async def ping(self) -> float:
        """See AssetStore."""
        return await self._store.ping()

    def _span(self, operation: str) -> spans.Span:
        attributes = {"rpc.system": "aws-api", "rpc.method": operation, "aws.s3.bucket": self._bucket}
        return spans.span(f"S3/{operation}", Kind.CLIENT, attributes)


class TracedProducts:
    """A ProductSource (generation/ports.py)."""

    def __init__(self, source: ProductSource) -> None:
        self._source = source

    async def product(self, product_id: str) -> dict[str, Any]:
        """See ProductSource."""
        with spans.span("GET /products/{id}", Kind.CLIENT, {"http.request.method": "GET"}):
            return await self._source.product(product_id)


@contextmanager
def _model_call(operation: str, at: Endpoint, meter: Meter, more: dict[str, Value]) -> Iterator[Meter]:
    """Around one call, with a meter of its own that ends up on `meter`, whatever becomes of the answer."""
    labels = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": at.provider,
        "gen_ai.request.model": at.model,
    }
    own, began, failed = Meter(), time.perf_counter(), {}
    address = urlsplit(at.url)
    where: dict[str, Value] = {"server.address": address.hostname or ""}
    with spans.span(f"{operation} {at.model}", Kind.CLIENT, {**labels, **where, **more}) as span:
        try:
            yield own
        except Exception as error:
            failed = {"error.type": error_type(error)}
            raise
        finally:
            meter.add(
                usd=own.usd,
                input_tokens=own.input_tokens,
                output_tokens=own.output_tokens,
                images=own.images,
            )
            span.set(_usage(own))
            MODEL_DURATION.record(time.perf_counter() - began, {**labels, **failed})
            _count(own, labels)


def _usage(used: Meter) -> dict[str, Value]:
    """What was used, as far as there is any: an image model has no tokens."""
    figures: dict[str, Value] = {
        "gen_ai.usage.input_tokens": used.input_tokens,
        "gen_ai.usage.output_tokens": used.output_tokens,
        "usage.images": used.images,
        "usage.usd": round(used.usd, 8),
    }
    return {name: value for name, value in figures.items() if value}


def _count(used: Meter, labels: dict[str, str]) -> None:
    for kind, tokens in (("input", used.input_tokens), ("output", used.output_tokens)):
        if tokens:
            MODEL_TOKENS.record(tokens, {**labels, "gen_ai.token.type": kind})
    if used.usd:
        MODEL_COST.record(used.usd, labels)
