"""Embeddings from OpenAI, Azure OpenAI and compatible servers (OpenAI's API reference, "Create embeddings").

Vectors travel as base64 of little-endian float32: a quarter of the bytes of JSON numbers. The raw answer is read
here, not through the SDK's models, which would make a Python float of every number.
"""

from __future__ import annotations

import base64
import binascii
import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from generation.ports import Meter
from generation.providers.capabilities import EmbeddingCapability, embedding_model
from generation.providers.openai_session import OpenAISession
from shared.errors import TransientError
from shared.settings import ModelSettings

_CONNECTIONS = 64
_SERVICE = "OpenAI"
# Single precision is off by less in 1,536 numbers, and search by much more.
_UNIT = 1e-5


class OpenAIEmbeddings:
    """An EmbeddingModel (generation/documents/embedding.py); one client per process, built at the first call.

    Args:
        settings: key, base URL, model, total time-out per call.
        dimensions: the vectors' length; a model with longer ones is asked to shorten them.
        model: what the model can do and costs, where it should differ from the table.
    """

    def __init__(
        self, settings: ModelSettings, dimensions: int, model: EmbeddingCapability | None = None
    ) -> None:
        self._settings = settings
        self._dimensions = dimensions
        self._model = model or embedding_model(settings.embedding_model)
        self._session = OpenAISession(settings, connections=_CONNECTIONS)

    @property
    def name(self) -> str:
        """Which model it is: vectors of different models cannot be compared."""
        return self._model.name

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[array[float]]:
        """A unit vector for each text, in order; texts within the API's limits (2,048; 300,000 tokens).

        Raises:
            TransientError: `rate_limited`, `model_unavailable`, `model_unreachable`, `model_timeout`,
                `answer_not_json`, `answer_off_schema`.
            PermanentError: `quota_exhausted`, `model_rejected`.
        """
        answer = _json_object(await self._session.post("/embeddings", self._arguments(texts)))
        used = _tokens(answer)
        meter.add(usd=used * self._model.usd / 1_000_000, input_tokens=used)
        return vectors_of(answer, len(texts), self._dimensions)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    def _arguments(self, texts: Sequence[str]) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self._model.name,
            "input": list(texts),
            "encoding_format": "base64",
        }
        if self._model.dimensions != self._dimensions:
            arguments["dimensions"] = self._dimensions
        return arguments


def vectors_of(answer: Mapping[str, Any], count: int, dimensions: int) -> list[array[float]]:
    """The vectors of an answer, in the order of their index, each brought to length 1.

    Raises:
        TransientError: `answer_off_schema`: too few, too many, of another length, not numbers.
    """
    data = answer.get("data")
    items = [item for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []
    by_index = {item.get("index"): item.get("embedding") for item in items}
    if len(items) != count or set(by_index) != set(range(count)):
        raise _off_schema(f"{len(items)} vectors for {count} texts")
    return [_vector(by_index[index], dimensions) for index in range(count)]


def _vector(given: object, dimensions: int) -> array[float]:
    vector = _numbers(given)
    length = math.hypot(*vector)
    if len(vector) != dimensions or not 0 < length < math.inf:
        raise _off_schema(f"a vector of {len(vector)} numbers and length {length:g}")
    if abs(length - 1) < _UNIT:
        return vector
    return array("f", [value / length for value in vector])


def _numbers(given: object) -> array[float]:
    try:
        if isinstance(given, list):  # a compatible server that does not know encoding_format
            return array("f", given)
        vector = array("f")
        vector.frombytes(base64.b64decode(given if isinstance(given, str) else b"", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise _off_schema("a vector that cannot be read") from error
    if sys.byteorder == "big":
        vector.byteswap()
    return vector


def _tokens(answer: Mapping[str, Any]) -> int:
    usage = answer.get("usage")
    used = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
    return max(0, used) if isinstance(used, int) else 0


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _nonsense("no JSON") from error
    if not isinstance(parsed, dict):
        raise _nonsense("no JSON object")
    return parsed


def _nonsense(what: str) -> TransientError:
    return TransientError(f"{_SERVICE} answered {what}.", code="answer_not_json")


def _off_schema(what: str) -> TransientError:
    return TransientError(f"{_SERVICE} answered {what}.", code="answer_off_schema")
