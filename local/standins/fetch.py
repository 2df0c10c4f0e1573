"""Getting the pictures that requests name: data: URLs, and http URLs of this machine only."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import urllib.error
import urllib.request
from typing import Any, cast
from urllib.parse import urlsplit

from local.standins.wire import RefusedError

MAX_BYTES = 25 * 1024 * 1024
TIMEOUT = 10.0
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)


async def fetch_images(messages: list[dict[str, Any]]) -> list[bytes]:
    """The bytes of every picture in chat messages, in order.

    Raises:
        RefusedError: 400 `invalid_image_url` or `invalid_base64`, as the chat endpoint answers.
    """
    parts = [
        part
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    return [await fetch_image(part["image_url"]["url"]) for part in parts]


async def fetch_image(url: str) -> bytes:
    """The bytes behind a data: URL or an http(s) URL of this machine, at most 25 MB.

    Raises:
        RefusedError: 400, saying what is wrong with the URL.
    """
    if url.startswith("data:"):
        return _decode(url)
    host = _host(url)
    if host not in LOCAL_HOSTS:
        raise _bad_url("only addresses on 127.0.0.1 or localhost can be downloaded here")
    return await asyncio.to_thread(_download, url)


def _decode(url: str) -> bytes:
    found = _DATA_URL.fullmatch(url)
    if not found:
        raise _bad_url("expected a base64-encoded data URL with an image MIME type")
    try:
        data = base64.b64decode(found.group(1), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise RefusedError("Invalid base64 image_url.", code="invalid_base64") from exc
    if len(data) > MAX_BYTES:
        raise _bad_url(f"the image is larger than {MAX_BYTES} bytes")
    return data


def _host(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows redirects within this machine only."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        """The request to follow with, as urllib makes it.

        Raises:
            RefusedError: 400, the redirect leaves this machine.
        """
        if _host(newurl) not in LOCAL_HOSTS:
            raise _bad_url("it redirects to another machine")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(url: str) -> bytes:
    # No proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)
    try:
        with opener.open(url, timeout=TIMEOUT) as response:
            data = cast("bytes", response.read(MAX_BYTES + 1))
    except (OSError, ValueError, urllib.error.HTTPError) as exc:
        raise _bad_url(f"it could not be downloaded ({type(exc).__name__})") from exc
    if len(data) > MAX_BYTES:
        raise _bad_url(f"the image is larger than {MAX_BYTES} bytes")
    return data


def _bad_url(problem: str) -> RefusedError:
    return RefusedError(f"Invalid image_url: {problem}.", param="image_url", code="invalid_image_url")
