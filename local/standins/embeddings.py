"""POST /v1/embeddings: signed hashed character n-grams, of unit length.

Texts that share words come out near each other (cosine about 0.6), others apart (about 0.03).
"""

from __future__ import annotations

import asyncio
import base64
import math
import re
import sys
import unicodedata
import zlib
from array import array
from collections import Counter
from typing import Any

from starlette.requests import Request

from local.standins.tokens_used import count_tokens
from local.standins.wire import Answer, RefusedError, json_answer

#: model -> its dimensions, and whether fewer can be asked for (OpenAI, "Embeddings")
MODELS = {
    "text-embedding-3-small": (1536, True),
    "text-embedding-3-large": (3072, True),
    "text-embedding-ada-002": (1536, False),
}
MAX_INPUTS = 2048
MAX_TOKENS = 8192
MAX_TOTAL_TOKENS = 300_000
_IN_THREAD = 2000  # characters; shorter work is done at once


async def answer_embeddings(_request: Request, body: Any, _fault: str | None) -> Answer:
    """Vectors for each input, in order, as floats or base64 (little-endian float32).

    Raises:
        RefusedError: 400, as the real endpoint refuses.
    """
    texts, dimensions = _check(body)
    encoding = body.get("encoding_format") or "float"
    if sum(map(len, texts)) > _IN_THREAD:
        vectors = await asyncio.to_thread(lambda: [embed(text, dimensions) for text in texts])
    else:
        vectors = [embed(text, dimensions) for text in texts]
    used = sum(count_tokens(text) for text in texts)
    data = [
        {"object": "embedding", "index": index, "embedding": _encode(vector, encoding)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return json_answer({"object": "list", "data": data, "model": body["model"], "usage": usage})


def embed(text: str, dimensions: int = 1536) -> array[float]:
    """A unit vector of float32 for a text; equal texts give equal vectors."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).lower()).strip()
    padded = f" {plain} "
    grams = Counter(padded[at : at + size] for size in (2, 3) for at in range(len(padded) - size + 1))
    values = [0.0] * dimensions
    for gram, count in grams.items():
        code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
        # Repeats count less and less; three characters say more than two.
        weight = (1.0 + math.log(count)) * (1.0 if len(gram) == 2 else 1.6)  # noqa: PLR2004 - the sizes above
        values[(code >> 1) % dimensions] += weight if code & 1 else -weight
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return array("f", [value / length for value in values])


def _encode(vector: array[float], encoding: str) -> str | list[float]:
    if encoding == "float":
        return vector.tolist()
    little = array("f", vector)
    if sys.byteorder == "big":
        little.byteswap()
    return base64.b64encode(little.tobytes()).decode()


def _check(body: Any) -> tuple[list[str], int]:
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body["model"]:
        raise RefusedError("you must provide a model parameter")
    encoding = body.get("encoding_format")
    if encoding not in {None, "float", "base64"}:
        raise RefusedError(
            f"Invalid value for 'encoding_format': {encoding!r}.",
            param="encoding_format",
            code="invalid_value",
        )
    return _texts(body.get("input")), _dimensions(body)


def _dimensions(body: dict[str, Any]) -> int:
    most, shortens = MODELS.get(body["model"], (1536, True))
    asked = body.get("dimensions")
    if asked is None:
        return most
    if not shortens:
        raise RefusedError("This model does not support specifying dimensions.", param="dimensions")
    if isinstance(asked, bool) or not isinstance(asked, int) or not 1 <= asked <= most:
        raise RefusedError(
            f"Invalid value for 'dimensions' = {asked}. Must be less than or equal to {most}.",
            param="dimensions",
        )
    return asked


def _texts(given: Any) -> list[str]:
    items = given if isinstance(given, list) else [given]
    if items and all(isinstance(item, int) and not isinstance(item, bool) for item in items):
        items = [items]
    texts = [_text(item) for item in items]
    if not texts or len(texts) > MAX_INPUTS:
        raise RefusedError(
            f"Invalid 'input': expected 1 to {MAX_INPUTS} items, got {len(texts)}.", param="input"
        )
    sizes = [count_tokens(text) for text in texts]
    if max(sizes) > MAX_TOKENS:
        raise RefusedError(
            f"Invalid 'input': maximum input length is {MAX_TOKENS} tokens, got about {max(sizes)}.",
            param="input",
        )
    if sum(sizes) > MAX_TOTAL_TOKENS:
        raise RefusedError(
            f"Invalid 'input': maximum request size is {MAX_TOTAL_TOKENS} tokens.",
            param="input",
            code="max_tokens_per_request",
        )
    return texts


def _text(item: Any) -> str:
    if isinstance(item, str) and item:
        return item
    if isinstance(item, list) and item and all(isinstance(each, int) for each in item):
        return " ".join(map(str, item))
    raise RefusedError("'$.input' is invalid. Please check the API reference.", param="input")
