"""One process's connections to OpenAI, Azure OpenAI or a compatible server, and its errors as ours."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from generation.providers.rejections import rejection
from shared.errors import TransientError
from shared.settings import ModelSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_CONNECT_SECONDS = 5.0
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
        import aiohttp
        import httpx2
        from openai import APIConnectionError, APIError, APIStatusError

        try:
            async with asyncio.timeout(self._settings.text_timeout):
                response = await self._connected().post(path, cast_to=httpx2.Response, body=arguments)
        except TimeoutError as error:
            raise TransientError(f"{_SERVICE} did not answer in time.", code="model_timeout") from error
        except APIStatusError as error:
            raise rejection(_SERVICE, error.status_code, error.body, error.response.headers) from error
        except (APIConnectionError, aiohttp.ClientError, OSError) as error:
            # The SDK's aiohttp transport reports a dropped connection as a time-out: one code for both.
            raise TransientError(f"{_SERVICE} cannot be reached.", code="model_unreachable") from error
        except APIError as error:
            raise TransientError(f"{_SERVICE} answered nonsense.", code="answer_not_json") from error
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

    # The total time-out is ours (asyncio.timeout): the transport only knows one per read.
    timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
    return AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        max_retries=0,
        timeout=timeout,
        http_client=DefaultAioHttpClient(
            timeout=timeout,
            limits=httpx2.Limits(max_connections=connections, keepalive_expiry=30.0),
            trust_env=False,
            follow_redirects=False,
        ),
    )
