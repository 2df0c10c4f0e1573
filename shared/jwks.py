"""An issuer's published signing keys (RFC 7517), cached so that requests seldom wait for them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from shared.errors import UnauthenticatedError, UnavailableError

if TYPE_CHECKING:
    from jwt import PyJWK

log = logging.getLogger(__name__)

type Fetch = Callable[[str], Awaitable[bytes]]
type Clock = Callable[[], float]

KEYS_FRESH = 600.0  # seconds

_REFETCH_AFTER = 10.0
_RETRY_EMPTY_AFTER = 1.0
_MAX_KEYS_BODY = 256 * 1024
_FETCH_TIMEOUT = 5.0
_MIN_RSA_BITS = 2048


class KeySet:
    """The issuer's keys by id: cached, refreshed beside the requests, kept while the issuer is away.

    Args:
        url: where they are published.
        fetch: reads a URL.
        clock: seconds since the epoch.
    """

    def __init__(self, url: str, fetch: Fetch, clock: Clock) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._running: asyncio.Task[None] | None = None

    def cached(self, kid: str) -> PyJWK | None:
        """The key, or None when it is not known or the keys must be looked at anew."""
        return self._keys.get(kid) if self._clock() - self._fetched_at < KEYS_FRESH else None

    async def find(self, kid: str) -> PyJWK:
        """The key; an unknown one is looked for once more, at most every ten seconds.

        Raises:
            UnauthenticatedError: the issuer publishes no such key.
            UnavailableError: no key could be read so far.
        """
        key = self._keys.get(kid)
        if key is None:
            await self._refresh()
            key = self._keys.get(kid)
        elif self._clock() - self._fetched_at >= KEYS_FRESH:
            self._refresh_soon()
        if key is not None:
            return key
        if not self._keys:
            raise UnavailableError("The token issuer's keys cannot be read.", retry_after=_RETRY_EMPTY_AFTER)
        raise UnauthenticatedError("The token is signed with a key the issuer does not publish.")

    async def _refresh(self) -> None:
        running = self._refresh_soon()
        if running is not None:
            await asyncio.shield(running)

    def _refresh_soon(self) -> asyncio.Task[None] | None:
        if self._running is not None and not self._running.done():
            return self._running
        spacing = _REFETCH_AFTER if self._keys else _RETRY_EMPTY_AFTER
        if self._clock() - self._tried_at < spacing:
            return None
        self._tried_at = self._clock()
        self._running = asyncio.create_task(self._load())
        return self._running

    async def _load(self) -> None:
        # Where it fails, what is cached stays in use; with nothing cached `find` says so.
        try:
            keys = _usable_keys(await self._fetch(self._url))
        except (OSError, ValueError, RecursionError, UnavailableError) as error:
            _warn(str(error.__cause__ or error))
            return
        if keys:
            self._keys, self._fetched_at = keys, self._clock()
        else:
            _warn("it holds no key of a type we take")


def _warn(reason: str) -> None:
    log.warning("the token issuer's key set (AUTH_JWKS_URL) cannot be used", extra={"reason": reason})


async def fetch_keys(url: str) -> bytes:
    """Read a key set over http or https: no redirects, no proxies, 256 KiB at most.

    Raises:
        UnavailableError: it does not answer, or not with such a document.
    """
    return await asyncio.to_thread(_read, url)


def _read(url: str) -> bytes:
    from http.client import HTTPException
    from urllib import request

    if not url.startswith(("http://", "https://")):
        raise UnavailableError("The key set's address is not an http or https URL.")
    # Assembled by hand: the default opener follows redirects, file: URLs and the environment's proxies.
    opener = request.OpenerDirector()
    for handler in (request.HTTPHandler(), request.HTTPSHandler(), request.HTTPErrorProcessor()):
        opener.add_handler(handler)
    opener.add_handler(request.HTTPDefaultErrorHandler())
    try:
        with opener.open(url, timeout=_FETCH_TIMEOUT) as answer:
            body: bytes = answer.read(_MAX_KEYS_BODY + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise UnavailableError("The token issuer's keys cannot be read.") from error
    if len(body) > _MAX_KEYS_BODY:
        raise UnavailableError("The token issuer's key set is too large.")
    return body


def _usable_keys(body: bytes) -> dict[str, PyJWK]:
    document = json.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, PyJWK] = {}
    for entry in entries if isinstance(entries, list) else []:
        key = _usable_key(entry)
        if key is not None:
            keys[entry["kid"]] = key
    return keys


def _usable_key(entry: Any) -> PyJWK | None:
    """A signing key of a type we take, or None: a key set may hold others (RFC 7517 section 5)."""
    from jwt import PyJWK, PyJWTError

    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("kid"), str)
        or entry.get("use", "sig") != "sig"
    ):
        return None
    algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(entry.get("kty")))
    curve_fits = algorithm != "ES256" or entry.get("crv") == "P-256"
    if algorithm is None or not curve_fits or entry.get("alg", algorithm) != algorithm or "d" in entry:
        return None
    try:
        key = PyJWK(entry, algorithm=algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if algorithm == "ES256" or key.key.key_size >= _MIN_RSA_BITS else None
