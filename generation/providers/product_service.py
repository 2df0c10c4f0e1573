"""Products by id, from the service that knows them."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from generation.providers.rejections import is_quota, retry_after
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ProductServiceSettings

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_MAX_BYTES = 1024 * 1024
_MAX_ID = 200
_CONNECTIONS = 64
_CHUNK = 64 * 1024
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class ProductService:
    """A ProductSource over HTTP: GET {url}/products/{id}."""

    def __init__(self, settings: ProductServiceSettings) -> None:
        self._settings = settings
        self._session: ClientSession | None = None

    async def product(self, product_id: str) -> dict[str, Any]:
        """The product service's record, as JSON, unchecked.

        Raises:
            PermanentError: `product_not_found`, `product_service_rejected` (or none is configured),
                `product_service_nonsense` (not a JSON object, or over 1 MiB).
            TransientError: `product_service_unavailable`: away, slow, 5xx, 429.
        """
        import aiohttp

        url = _address(self._settings.url, product_id)
        try:
            async with asyncio.timeout(self._settings.timeout):
                return _record(await self._get(url))
        except TimeoutError as error:
            raise _unavailable("did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _unavailable("cannot be reached") from error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _get(self, url: str) -> bytes:
        from yarl import URL

        # encoded: yarl would otherwise turn %2E%2E back into a path of its own.
        target = URL(url, encoded=True)
        async with self._connected().get(target, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response, await _body(response))
            return await _body(response)

    def _connected(self) -> ClientSession:
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def _address(base: str | None, product_id: str) -> str:
    if not base:
        raise PermanentError("No product service is configured.", code="product_service_rejected")
    if not product_id or len(product_id) > _MAX_ID or product_id in {".", ".."}:
        raise PermanentError("No product can have this id.", code="product_not_found")
    return f"{base.rstrip('/')}/products/{quote(product_id, safe='', errors='replace')}"


async def _body(response: ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise _nonsense("more than 1 MiB")
    return bytes(body)


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None  # error pages are often HTML: the status says enough


def _record(body: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _nonsense("no JSON") from error
    if not isinstance(record, dict):
        raise _nonsense("no JSON object")
    return record


def _refusal(response: ClientResponse, body: bytes) -> AppError:
    status = response.status
    if is_quota(_parsed(body)):
        return PermanentError("The product service's quota is used up.", code="quota_exhausted")
    if status in _GONE:
        return PermanentError("The product service knows no such product.", code="product_not_found")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unavailable(f"answered {status}", retry_after(response.headers))
    return PermanentError(f"The product service answered {status}.", code="product_service_rejected")


def _unavailable(what: str, wait: float | None = None) -> TransientError:
    return TransientError(
        f"The product service {what}.", code="product_service_unavailable", retry_after=wait
    )


def _nonsense(what: str) -> PermanentError:
    return PermanentError(f"The product service answered {what}.", code="product_service_nonsense")
