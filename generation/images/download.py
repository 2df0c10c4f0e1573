"""Fetches pictures from URLs that strangers give us, without becoming their way into our network (SSRF).

Each hop is parsed once, resolved once, and connected to exactly what was checked:
- `targets.target` refuses what is no plain http(s) URL;
- every address the name resolves to must be public (`addresses.is_public`), else none is used;
- the connection's resolver only knows those addresses and its sockets refuse any other, so a name that changes its
  mind between check and connect (DNS rebinding) changes nothing;
- redirects come back here, to be checked like the first URL.

No proxy, netrc, cookie or credential of ours is ever sent: the environment is not trusted. Bodies are read as sent
(identity encoding), so that a compressed answer cannot unfold in memory.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from generation.images.addresses import is_public
from generation.images.targets import Target, forbidden, target
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import DownloadSettings

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession, TCPConnector
    from aiohttp.abc import AbstractResolver
    from yarl import URL

type Resolve = Callable[[str], Awaitable[Sequence[str]]]

_MAX_REDIRECTS = 4
_CHUNK = 64 * 1024
_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_HEADERS = {
    "Accept": "image/jpeg, image/png, image/webp, image/*;q=0.5",
    "Accept-Encoding": "identity",
    # Some CDNs answer an empty one with 403.
    "User-Agent": "product-details/1 (picture fetch)",
}


async def resolve(host: str) -> Sequence[str]:
    """Every address of `host`, by the system's resolver.

    Raises:
        OSError: it has none, or the resolver does not answer.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class SafeDownloader:
    """A Downloader.

    Args:
        settings: limits, and the hosts for which any address will do.
        resolve: name -> addresses; asked once per hop.
    """

    def __init__(self, settings: DownloadSettings, resolve: Resolve = resolve) -> None:
        self._settings = settings
        self._allowed = frozenset(host.lower() for host in settings.allowed_hosts)
        self._resolve = resolve

    async def fetch(self, url: str) -> bytes:
        """The body behind `url`, at most `max_bytes`, within `timeout` seconds, redirects included.

        Raises:
            PermanentError: `photo_url_forbidden`, `photo_not_found`, `photo_too_large`, `photo_url_rejected`.
            TransientError: `photo_unreachable`.
        """
        import aiohttp

        try:
            async with asyncio.timeout(self._settings.timeout):
                return await self._follow(url)
        except TimeoutError as error:
            raise _unreachable("took too long") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: aiohttp's word for a Location or header it cannot read.
            raise _unreachable("could not be fetched") from error

    async def close(self) -> None:
        """Nothing stays open between fetches."""

    async def _follow(self, url: str) -> bytes:
        base: URL | None = None
        for _ in range(_MAX_REDIRECTS + 1):
            hop = target(url, self._allowed, base=base)
            answer = await self._get(hop)
            if isinstance(answer, bytes):
                return answer
            url, base = answer, hop.url
        raise PermanentError("The picture's address redirects too often.", code="photo_url_rejected")

    async def _get(self, hop: Target) -> bytes | str:
        """The body, or where it redirects to."""
        async with _session(await self._addresses(hop)) as session:  # noqa: SIM117  the second needs the first
            async with session.get(hop.url, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status in _REDIRECTS and location:
                    return location
                _check(response, self._settings.max_bytes)
                return await _body(response, self._settings.max_bytes)

    async def _addresses(self, hop: Target) -> Sequence[str]:
        addresses = [str(ip_address(hop.host))] if hop.literal else await self._look_up(hop.host)
        if not addresses or not (hop.exempt or all(map(is_public, addresses))):
            raise forbidden("it leads into a private network")
        return addresses

    async def _look_up(self, host: str) -> Sequence[str]:
        try:
            return await self._resolve(host)
        except socket.gaierror as error:
            if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}:
                raise PermanentError("There is no such host.", code="photo_not_found") from error
            raise
        except UnicodeError as error:  # the codec of getaddrinfo, for labels DNS cannot hold
            raise forbidden("it names no host") from error


def _session(addresses: Sequence[str]) -> ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=_pinned(addresses),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_HEADERS,
        auto_decompress=False,
        trust_env=False,
    )


def _pinned(addresses: Sequence[str]) -> TCPConnector:
    import aiohttp

    checked = frozenset(addresses)

    def open_socket(info: Any) -> socket.socket:
        # The last word: whatever way an address took to get here, only a checked one is connected to.
        family, kind, protocol, _, address = info
        if address[0] not in checked:
            raise OSError(f"{address[0]} was not checked")
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=_resolver(addresses), use_dns_cache=False, force_close=True, socket_factory=open_socket
    )


def _resolver(addresses: Sequence[str]) -> AbstractResolver:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Pinned(AbstractResolver):
        """Knows nothing but the addresses that were checked."""

        async def resolve(
            self,
            host: str,
            port: int = 0,
            family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  the interface asks for it
        ) -> list[ResolveResult]:
            return [
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
                for address in addresses
            ]

        async def close(self) -> None:
            """Nothing is open."""

    return Pinned()


def _check(response: ClientResponse, max_bytes: int) -> None:
    if response.status != HTTPStatus.OK:
        raise _refusal(response.status)
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise PermanentError("The picture came compressed.", code="photo_url_rejected")
    if response.content_length is not None and response.content_length > max_bytes:
        raise _too_large(max_bytes)


async def _body(response: ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


def _refusal(status: int) -> AppError:
    if status in _GONE:
        return PermanentError("There is no picture at that address.", code="photo_not_found")
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unreachable(f"was answered with {status}")
    return PermanentError(f"The picture's host answered {status}.", code="photo_url_rejected")


def _too_large(max_bytes: int) -> PermanentError:
    return PermanentError(f"The picture is larger than {max_bytes} bytes.", code="photo_too_large")


def _unreachable(what: str) -> TransientError:
    return TransientError(f"The picture {what}.", code="photo_unreachable")
