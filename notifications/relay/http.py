"""One HTTP/1.1 request per connection, read by httptools (llhttp, strict) within limits.

Every answer closes the connection, so what follows a request can never be taken for another one (RFC 9112
section 11.2, request smuggling). A granted stream swaps this protocol for a StreamConnection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

import httptools

from notifications.relay.responses import Response, problem

MAX_HEADER_BYTES = 16 * 1024
MAX_TARGET_BYTES = 8 * 1024
MAX_HEADERS = 64
_MAX_IGNORED = 256 * 1024

# Sent twice, these would let two readers of one request disagree.
_SINGLE = frozenset({"host", "authorization", "last-event-id", "content-length", "origin"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; header names in lower case, `path` decoded from percent-encoding, `query` not."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


class Site(Protocol):
    """What answers requests."""

    def opened(self, connection: RequestProtocol) -> None:
        """A client has connected; it has limited time to send a request."""

    def request(self, request: Request, connection: RequestProtocol) -> None:
        """Answer, or hand the transport over."""

    def refused(self, response: Response) -> None:
        """Count an answer given to something that was no request."""

    def closed(self, connection: RequestProtocol) -> None:
        """The connection is gone, or another protocol has it."""


class RequestProtocol(asyncio.Protocol):
    """Reads one request and writes one answer.

    Args:
        site: what answers.
        parser: makes a parser that calls on_url, on_header and on_headers_complete of its argument.
    """

    __slots__ = (
        "_answered",
        "_complete",
        "_failure",
        "_headers",
        "_parser",
        "_received",
        "_site",
        "_url",
        "deadline",
        "transport",
    )

    def __init__(self, site: Site, parser: Callable[[Any], Any] = httptools.HttpRequestParser) -> None:
        self._site = site
        self._parser: Any = parser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._received = 0
        self._answered = False
        self._complete = False
        self._failure: Response | None = None
        self.deadline = -1
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self.transport = transport  # type: ignore[assignment]  # a TCP server makes Transports
        self._site.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the base class names it
        """See asyncio.Protocol."""
        self.transport = None
        self._parser = None
        self._site.closed(self)

    def eof_received(self) -> bool:
        """See asyncio.Protocol; False closes the transport."""
        return False

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received += len(data)
        if self._answered:
            if self._received > _MAX_IGNORED:
                self.abort()
            return
        # Fed at most up to the limit: a long body must not count as a long head.
        try:
            self._parser.feed_data(data[: MAX_HEADER_BYTES + 1])
        except httptools.HttpParserUpgrade:
            pass  # the request is complete; it is answered as if no upgrade had been asked for
        except httptools.HttpParserError:
            self._refuse(self._failure or problem(400, "The request is not valid HTTP/1.1."))
            return
        if self._complete:
            self._dispatch()
        elif self._received > MAX_HEADER_BYTES:
            self._refuse(problem(431, f"The request's head is over {MAX_HEADER_BYTES} bytes."))

    def on_url(self, url: bytes) -> None:
        """See httptools; called again when the target arrives in pieces."""
        if self._complete:
            return  # a pipelined request is never answered
        self._url += url
        if len(self._url) > MAX_TARGET_BYTES:
            self._fail(problem(414, f"The request's target is over {MAX_TARGET_BYTES} bytes."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        if self._complete:
            return
        key = name.decode("latin-1").lower()
        if key in self._headers and key in _SINGLE:
            self._fail(problem(400, f"The header {key} is given twice."))
        self._headers[key] = value.decode("latin-1")
        if len(self._headers) > MAX_HEADERS:
            self._fail(problem(431, f"The request has over {MAX_HEADERS} headers."))

    def on_headers_complete(self) -> None:
        """See httptools; the answer does not wait for a body, which no route of ours takes."""
        if self._complete:
            return
        version = self._parser.get_http_version()
        if version not in {"1.0", "1.1"}:
            self._fail(problem(505, "Only HTTP/1.1 is spoken here."))
        if version == "1.1" and "host" not in self._headers:
            self._fail(problem(400, "The header host is missing."))
        self._complete = True

    def respond(self, response: Response, *, head_only: bool = False) -> None:
        """Write the answer and close, leaving the client a moment to read it."""
        self._answered = True
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(response.encode(head_only=head_only))
        # Half-closed: closing with unread input would reset the connection before the answer is read.
        self.transport.write_eof()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def overdue(self) -> None:
        """The time for a request, or for reading its answer, is up."""
        if self._answered or self._received == 0:
            self.abort()
        else:
            self._refuse(problem(408, "The request did not arrive in time."))
            self.abort_later()

    def abort_later(self) -> None:
        """Close after a moment in which the answer can be read."""
        asyncio.get_running_loop().call_later(1.0, self.abort)

    def release(self) -> asyncio.Transport | None:
        """Give the transport to another protocol."""
        transport, self.transport = self.transport, None
        self._parser = None
        self._site.closed(self)
        return transport

    def _dispatch(self) -> None:
        method = self._parser.get_method().decode("ascii")
        try:
            url = httptools.parse_url(self._url)
            path = unquote_to_bytes(url.path or b"/").decode()
            query = (url.query or b"").decode("ascii")
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self._refuse(problem(400, "The request's target is not a valid URL."))
            return
        self._answered = True
        self._site.request(Request(method, path, query, self._headers), self)

    def _fail(self, response: Response) -> None:
        self._failure = response
        raise _StopParsingError

    def _refuse(self, response: Response) -> None:
        self._site.refused(response)
        self.respond(response)


class _StopParsingError(Exception):
    """Leaves a parser callback; httptools turns it into HttpParserCallbackError."""
