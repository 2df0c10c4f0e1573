"""Images in S3, or in any store that speaks its protocol.

Four calls of the REST API (PUT, GET, HEAD of an object, HEAD of the bucket) over aiohttp, signed by botocore, boto3's
core. boto3's own client holds the whole of S3's service model, 14 MB in every worker, and runs on threads
(docs/decisions/0010-s3-over-aiohttp.md).
"""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.errors import AppError, PermanentError, UnavailableError
from shared.settings import AssetSettings

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from botocore.auth import S3SigV4Auth
    from yarl import URL

_CONNECTIONS = 64
_CONNECT_SECONDS = 3
_READ_SECONDS = 10  # without a byte; a seller who uploads waits no longer to hear that the store is away
_RETRY_AFTER_SECONDS = 2.0
# Keys contain the content's hash, so what is behind one never changes.
_CACHE_FOR_EVER = "public, max-age=31536000, immutable"
# 4xx codes of S3 that are about the moment, not about the request (S3 API reference, "Error responses").
_PASSING = frozenset({"RequestTimeout", "SlowDown", "OperationAborted", "Throttling", "TooManyRequests"})
_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")


class S3Assets:
    """An AssetStore; one session per process, opened at the first call. Nothing is retried here.

    The key needs s3:PutObject, s3:GetObject and s3:ListBucket; without the last S3 answers 403 instead of 404.
    """

    def __init__(self, settings: AssetSettings) -> None:
        self._settings = settings
        self._base = _base(settings)
        self._signer: S3SigV4Auth | None = None
        self._session: ClientSession | None = None

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store under `key`; the same key and content again is fine.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_rejected`.
        """
        headers = {"Content-Type": content_type, "Cache-Control": _CACHE_FOR_EVER}
        await self._call("PUT", _checked(key), content, headers)

    async def read(self, key: str) -> bytes:
        """The content stored under `key`.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_unreadable`, it is not there; `asset_rejected`.
        """
        try:
            return await self._call("GET", _checked(key))
        except _MissingError as error:
            raise PermanentError("The asset is not in the store.", code="asset_unreadable") from error

    def url(self, key: str) -> str:
        """The address a browser reads `key` at."""
        base = self._settings.public_url.rstrip("/") if self._settings.public_url else self._base
        return f"{base}/{quote(key)}"

    async def readable(self, key: str) -> bool:
        """Whether `key` can be read back now.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_rejected`.
        """
        try:
            await self._call("HEAD", _checked(key))
        except _MissingError:
            return False
        return True

    async def ping(self) -> float:
        """Seconds the bucket took to answer.

        Raises:
            UnavailableError: it does not, or refuses us.
        """
        started = time.perf_counter()
        try:
            await self._call("HEAD", "")
        except PermanentError as error:
            raise UnavailableError("The asset bucket refuses us.", code="assets_unavailable") from error
        return time.perf_counter() - started

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, method: str, key: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        import aiohttp
        from yarl import URL

        url = URL(f"{self._base}/{quote(key, safe='/~')}", encoded=True)
        signed = self._signed(method, url, content, headers or {})
        try:
            async with self._connected().request(
                method, url, data=content or None, headers=signed, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away() from error
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(answer.status, body)
        return body

    def _signed(self, method: str, url: URL, content: bytes, headers: dict[str, str]) -> dict[str, str]:
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, str(url), headers=headers, data=content)
        if self._signer is None:
            self._signer = _signer(self._settings)
        self._signer.add_auth(request)
        return dict(request.headers.items())

    def _connected(self) -> ClientSession:
        if self._session is None:
            self._session = _open()
        return self._session


class _MissingError(PermanentError):
    """Nothing under that key, or no such bucket."""

    code = "asset_rejected"


def _base(settings: AssetSettings) -> str:
    # Another store than Amazon's hardly ever has a host name for each bucket.
    if settings.endpoint_url:
        return f"{settings.endpoint_url.rstrip('/')}/{settings.bucket}"
    return f"https://{settings.bucket}.s3.{settings.region}.amazonaws.com"


def _signer(settings: AssetSettings) -> S3SigV4Auth:
    from botocore.auth import S3SigV4Auth
    from botocore.credentials import Credentials

    key = settings.access_key_id.get_secret_value()
    credentials = Credentials(key, settings.secret_access_key.get_secret_value())
    return S3SigV4Auth(credentials, "s3", settings.region)


def _open() -> ClientSession:
    import aiohttp

    timeout = aiohttp.ClientTimeout(
        connect=_READ_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
    )
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
        timeout=timeout,
        # What aiohttp would add is not signed.
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _checked(key: str) -> str:
    if not key:
        raise PermanentError("An asset needs a key.", code="asset_rejected")
    return key


def _refusal(status: int, body: bytes) -> AppError:
    found = _CODE.search(body)
    code = found[1].decode() if found else ""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return _away()
    if code in _PASSING:
        return _away()
    kind = _MissingError if status == HTTPStatus.NOT_FOUND else PermanentError
    return kind(f"The asset store refused ({status} {code}).", code="asset_rejected")


def _away() -> UnavailableError:
    return UnavailableError(
        "The asset store does not answer.", code="assets_unavailable", retry_after=_RETRY_AFTER_SECONDS
    )
