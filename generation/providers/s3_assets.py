"""Images in S3, or in any store that speaks its protocol."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.errors import AppError, PermanentError, UnavailableError
from shared.settings import AssetSettings

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

_THREADS = 8
_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_RETRY_AFTER_SECONDS = 2.0
# Keys contain the content's hash, so what is behind one never changes.
_CACHE_FOR_EVER = "public, max-age=31536000, immutable"
# 4xx codes of S3 that are about the moment, not about the request (S3 API reference, "Error responses").
_PASSING = frozenset({"RequestTimeout", "SlowDown", "OperationAborted", "Throttling", "TooManyRequests"})


class S3Assets:
    """An AssetStore on boto3, which is synchronous: its calls run on a few threads of their own.

    The role needs s3:PutObject, s3:GetObject and s3:ListBucket; without the last S3 answers 403 instead of 404.
    """

    def __init__(self, settings: AssetSettings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="s3")
        self._building = threading.Lock()
        self._built: S3Client | None = None

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store under `key`; the same key and content again is fine.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_rejected`.
        """
        await self._run(
            lambda s3: s3.put_object(
                Bucket=self._settings.bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                CacheControl=_CACHE_FOR_EVER,
            )
        )

    async def read(self, key: str) -> bytes:
        """The content stored under `key`.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_unreadable`, it is not there; `asset_rejected`.
        """
        try:
            return await self._run(
                lambda s3: s3.get_object(Bucket=self._settings.bucket, Key=key)["Body"].read()
            )
        except _MissingError as error:
            raise PermanentError("The asset is not in the store.", code="asset_unreadable") from error

    def url(self, key: str) -> str:
        """The address a browser reads `key` at."""
        settings = self._settings
        if settings.public_url:
            base = settings.public_url.rstrip("/")
        elif settings.endpoint_url:
            base = f"{settings.endpoint_url.rstrip('/')}/{settings.bucket}"
        else:
            base = f"https://{settings.bucket}.s3.{settings.region}.amazonaws.com"
        return f"{base}/{quote(key)}"

    async def readable(self, key: str) -> bool:
        """Whether `key` can be read back now.

        Raises:
            UnavailableError: the store does not answer.
            PermanentError: `asset_rejected`.
        """
        try:
            await self._run(lambda s3: s3.head_object(Bucket=self._settings.bucket, Key=key))
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
            await self._run(lambda s3: s3.head_bucket(Bucket=self._settings.bucket))
        except PermanentError as error:
            raise UnavailableError("The asset bucket refuses us.", code="assets_unavailable") from error
        return time.perf_counter() - started

    async def close(self) -> None:
        """End the threads and close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        if self._built is not None:
            self._built.close()
            self._built = None

    async def _run[T](self, call: Callable[[S3Client], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, call)

    def _call[T](self, call: Callable[[S3Client], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        try:
            return call(self._client())
        except ClientError as error:
            raise _refusal(error) from error
        except ParamValidationError as error:
            raise PermanentError(f"Not an S3 request: {error}", code="asset_rejected") from error
        except BotoCoreError as error:
            raise _away() from error

    def _client(self) -> S3Client:
        # Eight threads may make the first call at once; boto3 sessions are not thread safe, clients are.
        with self._building:
            if self._built is None:
                self._built = _connect(self._settings)
            return self._built


class _MissingError(PermanentError):
    """Nothing under that key, or no such bucket."""

    code = "asset_rejected"


def _connect(settings: AssetSettings) -> S3Client:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": 1},
        max_pool_connections=_THREADS,
        s3={"addressing_style": "path" if settings.endpoint_url else "virtual"},
        # Only what settings.py read: no proxy and no endpoint from the environment.
        proxies={},
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # newer than the published stubs
        # Stores other than Amazon's do not all know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.session.Session(
        aws_access_key_id=settings.access_key_id.get_secret_value(),
        aws_secret_access_key=settings.secret_access_key.get_secret_value(),
        region_name=settings.region,
    ).client("s3", endpoint_url=settings.endpoint_url, config=config)


def _refusal(error: ClientError) -> AppError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response.get("Error", {}).get("Code", "")
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
