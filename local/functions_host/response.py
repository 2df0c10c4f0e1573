"""From what an HTTP function returned to a response.

HttpResponse arrives as an `http` datum: a status as text, headers, cookies and a body. A plain `str` is sent as text;
Azure's host would look into it first, and take JSON with a `body` for a response, which is not done here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import quote

_UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")
_STATUSES = range(100, 1000)
_BODILESS = (204, 304)
_HEADERS_OF_THE_SERVER = ("content-length", "transfer-encoding", "connection", "date", "server")


@dataclass(frozen=True, slots=True)
class Response:
    """Status, raw headers and body, as ASGI wants them."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def empty(status: int) -> Response:
    """Return an answer of the host itself: Azure sends no body with its 404, 413 and 500."""
    return Response(status, [(b"content-length", b"0")], b"")


def to_response(datum: Any) -> Response:
    """Return the response for the datum of an `http` output; no datum, or one of another kind, is a 500.

    Raises:
        ValueError: a header cannot be sent; Azure's server answers 500 then, too.
    """
    if datum is None or datum.type not in ("http", "string", "bytes"):
        return empty(500)
    if datum.type != "http":
        text = datum.value if isinstance(datum.value, bytes) else datum.value.encode()
        return _response(200, [("content-type", "text/plain; charset=utf-8")], text)
    value = datum.value
    headers = [(name, item.value) for name, item in value["headers"].items()]
    headers += [("set-cookie", text) for text in _cookie_lines(value.get("cookies") or ())]
    return _response(_status(value["status_code"].value), headers, value["body"].value)


def _status(text: str) -> int:
    try:
        status = int(text)
    except ValueError:
        return 200  # the host ignores a status that is no number
    return status if status in _STATUSES else 500


def _response(status: int, headers: Iterable[tuple[str, str]], body: bytes | str) -> Response:
    content = b"" if status in _BODILESS else (body.encode() if isinstance(body, str) else body)
    kept = [(name, value) for name, value in headers if name.lower() not in _HEADERS_OF_THE_SERVER]
    raw = [(name.lower().encode("ascii"), _header_value(value)) for name, value in kept]
    if status not in _BODILESS:
        raw.append((b"content-length", str(len(content)).encode()))
    return Response(status, raw, content)


def _header_value(value: str) -> bytes:
    """Encode a header's value; what Azure's server (Kestrel) refuses to send is a ValueError here."""
    if _UNSENDABLE.search(value):
        raise ValueError(f"a response header has a control or non-ASCII character: {value!r}")
    return value.encode("ascii")


def _cookie_lines(cookies: Iterable[SimpleCookie]) -> Iterable[str]:
    return (_cookie_line(morsel) for cookie in cookies for morsel in cookie.values())


def _cookie_line(morsel: "Morsel[str]") -> str:
    """Write a cookie as ASP.NET Core does: the value percent-encoded, the path `/` where none is given."""
    parts = [f"{morsel.key}={quote(morsel.value, safe='')}"]
    parts += [f"{name}={morsel[name]}" for name in ("expires", "max-age", "domain") if morsel[name]]
    parts.append(f"path={morsel['path'] or '/'}")
    parts += ["secure"] if morsel["secure"] else []
    parts += [f"samesite={morsel['samesite'].lower()}"] if morsel["samesite"] else []
    parts += ["httponly"] if morsel["httponly"] else []
    return "; ".join(parts)
