"""Pictures from Together AI: the seller's real photo, edited as the prompt says."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from generation.ports import Downloader, Meter
from generation.providers.capabilities import ImageCapability, image_model, nearest_size
from generation.providers.rejections import rejection
from generation.providers.sdk_clients import client_options, errors_as_ours
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ModelSettings

if TYPE_CHECKING:
    from together import AsyncTogether

_CONNECTIONS = 320
_SERVICE = "Together"
# What an encoded picture begins with: JPEG (ITU T.81), PNG (RFC 2083), WebP's RIFF container.
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


class TogetherImages:
    """An ImageModel; one client per process, built at the first call.

    Args:
        settings: key, base URL (without /v1), model, total time-out per call.
        downloader: fetches the picture where the service answers with a URL in spite of being asked for base64.
        model: what the model takes and costs, where it should differ from the table.
    """

    def __init__(
        self, settings: ModelSettings, downloader: Downloader, model: ImageCapability | None = None
    ) -> None:
        self._settings = settings
        self._downloader = downloader
        self._model = model or image_model(settings.image_model)
        self._client: AsyncTogether | None = None

    async def edit(
        self, *, prompt: str, photo_url: str | None, width: int, height: int, seed: int, meter: Meter
    ) -> bytes:
        """Encoded image bytes, of the model's size nearest to the shape asked for.

        Raises:
            TransientError: `rate_limited`, `model_unavailable`, `model_unreachable`, `model_timeout`,
                `image_unusable` (no or broken data), or the downloader's.
            PermanentError: `quota_exhausted`, `model_rejected`, `image_blocked`, or the downloader's.
        """
        arguments = _parameters(self._model, prompt, photo_url, (width, height), seed)
        item = _first(await self._send(arguments))
        if item:
            meter.add(usd=self._model.usd, images=1)
        return await self._picture(item)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _send(self, arguments: dict[str, Any]) -> bytes:
        import httpx
        import together

        with errors_as_ours(together, _SERVICE, nonsense="image_unusable", rejected=_rejected):
            async with asyncio.timeout(self._settings.image_timeout):
                # Not images.generate: it walks the whole body once more by its type hints.
                response = await self._connected().post(
                    "/v1/images/generations", cast_to=httpx.Response, body=arguments
                )
        return response.content

    def _connected(self) -> AsyncTogether:
        if self._client is None:
            self._client = _client(self._settings)
        return self._client

    async def _picture(self, item: Mapping[str, Any]) -> bytes:
        encoded, url = item.get("b64_json"), item.get("url")
        if isinstance(encoded, str) and encoded:
            picture = _decoded(encoded)
        elif isinstance(url, str) and url:
            picture = await self._downloader.fetch(url)
        else:
            raise TransientError(f"{_SERVICE} answered without a picture.", code="image_unusable")
        if not picture.startswith(_SIGNATURES):
            raise TransientError(f"{_SERVICE} answered something else than a picture.", code="image_unusable")
        return picture


def _client(settings: ModelSettings) -> AsyncTogether:
    import httpx
    from together import AsyncTogether, DefaultAioHttpClient

    return AsyncTogether(
        api_key=settings.together_api_key.get_secret_value(),
        base_url=settings.together_base_url,
        **client_options(httpx, DefaultAioHttpClient, _CONNECTIONS),
    )


def _parameters(
    model: ImageCapability, prompt: str, photo_url: str | None, shape: tuple[int, int], seed: int
) -> dict[str, Any]:
    width, height = nearest_size(model, *shape)
    arguments: dict[str, Any] = {
        "model": model.name,
        "prompt": prompt,
        "width": width,
        "height": height,
        "seed": seed,
        "n": 1,
        "response_format": "base64",
        "output_format": "jpeg",
    }
    if model.steps is not None:
        arguments["steps"] = model.steps
    if photo_url is not None:
        several = model.photo_parameter == "reference_images"
        arguments[model.photo_parameter] = [photo_url] if several else photo_url
    return arguments


def _rejected(service: str, status: int, body: object, headers: Mapping[str, str]) -> AppError:
    error = rejection(service, status, body, headers)
    # 403 is both "this picture, no" and "your organisation has not opted in" (FLUX.2): either way, not this one.
    blocked = error.code == "content_filtered" or (
        status == HTTPStatus.FORBIDDEN and error.code == "model_rejected"
    )
    return PermanentError(f"{service} refused the picture.", code="image_blocked") if blocked else error


def _first(answer: bytes) -> Mapping[str, Any]:
    """The answer's picture entry; empty where there is none."""
    # Read raw: the SDK takes an item without `type` for base64 with None inside.
    try:
        parsed = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise TransientError(f"{_SERVICE} answered no JSON.", code="image_unusable") from error
    items = parsed.get("data") if isinstance(parsed, dict) else None
    item = items[0] if isinstance(items, list) and items else None
    return item if isinstance(item, dict) else {}


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TransientError(f"{_SERVICE} answered broken base64.", code="image_unusable") from error
