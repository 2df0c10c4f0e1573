"""One process's connections to OpenAI, Azure OpenAI or a compatible server, and its errors as ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from generation.providers.sdk_clients import client_options, errors_as_ours
from shared.settings import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_SERVICE = "OpenAI"


class OpenAISession:
    """Posts JSON and gives the raw answer; the client is built at the first call.

    Args:
        settings: key, base URL, total time-out per call.
        connections: most calls under way at a time.
    """

    def __init__(self, settings: ModelSettings, *, connections: int) -> None:
        self._settings = settings
        self._connections = connections
        self._client: AsyncOpenAI | None = None

    async def post(self, path: str, arguments: dict[str, Any]) -> bytes:
        """The body of a successful answer.

        Not the SDK's method for the path: that walks the whole body once more by its type hints (0.6 ms of CPU).

        Raises:
            TransientError: `rate_limited`, `model_unavailable`, `model_unreachable`, `model_timeout`,
                `answer_not_json`.
            PermanentError: `quota_exhausted`, `model_rejected`, `content_filtered`.
        """
        import httpx2
        import openai

        with errors_as_ours(openai, _SERVICE, nonsense="answer_not_json"):
            async with asyncio.timeout(self._settings.text_timeout):
                response = await self._connected().post(path, cast_to=httpx2.Response, body=arguments)
        return response.content

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self) -> AsyncOpenAI:
        if self._client is None:
            self._client = _client(self._settings, self._connections)
        return self._client


def _client(settings: ModelSettings, connections: int) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient

    return AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        **client_options(httpx2, DefaultAioHttpClient, connections),
    )
