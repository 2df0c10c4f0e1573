"""Which request gets which answer: probes, metrics, CORS, and who is granted a stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from notifications.relay.auth import StreamAuth, require_owner
from notifications.relay.cors import Cors
from notifications.relay.deadlines import Deadlines
from notifications.relay.http import Request, RequestProtocol
from notifications.relay.metrics import Metrics
from notifications.relay.responses import Response, head, problem, problem_of, text, unavailable
from notifications.relay.streams import Grant, OpenStreams
from shared.auth import Identity
from shared.errors import InvalidError, TransientError, UnauthenticatedError

STREAM_PREFIX = "/api/notifications/stream/"
REQUEST_SECONDS = 10.0

_METHODS = "GET, HEAD, OPTIONS"
_STREAM_HEAD = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would otherwise hold events back
    "Connection": "close",  # the body ends with the connection (RFC 9112 section 6.3)
}
# The first line of the body: some clients and proxies show nothing before the first byte of it.
_HELLO = b":\n"


@dataclass(frozen=True, slots=True)
class Probes:
    """What the probes report.

    Attributes:
        ready: whether new streams are taken.
        details: shown by /readyz.
        metrics_page: the text of /metrics.
    """

    ready: Callable[[], bool]
    details: Callable[[], dict[str, object]]
    metrics_page: Callable[[], bytes]


class RelaySite:
    """An http.Site.

    Args:
        auth: who may open which stream.
        cors: which origins may read.
        streams: the open ones.
        probes: the replica's state.
        metrics: what is counted.
        clock: the loop's, seconds.
    """

    def __init__(
        self,
        *,
        auth: StreamAuth,
        cors: Cors,
        streams: OpenStreams,
        probes: Probes,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._cors = cors
        self._streams = streams
        self._probes = probes
        self._metrics = metrics
        self._clock = clock
        self._waiting: Deadlines[RequestProtocol] = Deadlines(clock)
        self._requests: set[RequestProtocol] = set()
        self._verifying: set[asyncio.Task[None]] = set()

    def opened(self, connection: RequestProtocol) -> None:
        """See http.Site."""
        self._metrics.connections_opened += 1
        self._requests.add(connection)
        connection.deadline = self._waiting.add(self._clock() + REQUEST_SECONDS, connection)

    def closed(self, connection: RequestProtocol) -> None:
        """See http.Site."""
        self._requests.discard(connection)
        self._waiting.discard(connection.deadline, connection)

    def refused(self, response: Response) -> None:
        """See http.Site."""
        self._metrics.responses[response.status] += 1

    def tick(self) -> None:
        """Once every deadlines.TICK seconds: end what takes too long to ask."""
        for connection in self._waiting.due():
            connection.overdue()

    def abort_requests(self) -> None:
        """Close every connection that is not a stream."""
        for connection in list(self._requests):
            connection.abort()

    def request(self, request: Request, connection: RequestProtocol) -> None:
        """See http.Site."""
        if request.path.startswith(STREAM_PREFIX):
            self._stream(request, connection)
            return
        response = self._page(request)
        self._answer(request, connection, response)

    def _page(self, request: Request) -> Response:
        if request.path not in {"/healthz", "/readyz", "/metrics"}:
            return problem(404, "There is nothing at this path.")
        if request.method == "OPTIONS":
            return self._cors.preflight(request.headers.get("origin"), _METHODS)
        if request.method not in {"GET", "HEAD"}:
            return _not_allowed()
        if request.path == "/metrics":
            return text(200, self._probes.metrics_page(), "text/plain; version=0.0.4; charset=utf-8")
        if request.path == "/healthz":
            return text(200, b'{"status":"UP"}', "application/json")
        ready = self._probes.ready()
        body = {"status": "UP" if ready else "DOWN", **self._probes.details()}
        return text(200 if ready else 503, orjson.dumps(body), "application/json")

    def _stream(self, request: Request, connection: RequestProtocol) -> None:
        if request.method == "OPTIONS":
            preflight = self._cors.preflight(request.headers.get("origin"), _METHODS)
            self._answer(request, connection, preflight)
            return
        if request.method not in {"GET", "HEAD"}:
            self._answer(request, connection, _not_allowed())
            return
        try:
            query = _query(request.query)
            identity = self._auth.identify(request.headers.get("authorization"), query.get("ticket"))
        except InvalidError as error:
            self._answer(request, connection, problem_of(error))
            return
        if isinstance(identity, Identity):
            self._admit(request, connection, query, identity)
            return
        task = asyncio.ensure_future(self._admit_later(request, connection, query, identity))
        self._verifying.add(task)
        task.add_done_callback(self._verifying.discard)

    async def _admit_later(
        self,
        request: Request,
        connection: RequestProtocol,
        query: dict[str, str],
        identity: Awaitable[Identity],
    ) -> None:
        try:
            known = await identity
        except (InvalidError, TransientError) as error:
            self._answer(request, connection, problem_of(error))
            return
        self._admit(request, connection, query, known)

    def _admit(
        self, request: Request, connection: RequestProtocol, query: dict[str, str], identity: Identity
    ) -> None:
        user_id = request.path[len(STREAM_PREFIX) :]
        seconds = identity.expires_at - time.time()
        try:
            require_owner(identity, user_id)
            if seconds <= 0:
                raise UnauthenticatedError("The token has expired.")
            self._streams.check_cap(user_id)
        except InvalidError as error:
            self._answer(request, connection, problem_of(error))
            return
        if not self._probes.ready():
            self._answer(request, connection, unavailable("This replica is not ready yet."))
            return
        headers = _STREAM_HEAD | self._cors.headers(request.headers.get("origin"))
        if request.method == "HEAD":
            self._answer(request, connection, Response(200, b"", headers))
            return
        transport = connection.release()
        if transport is None or transport.is_closing():
            return
        self._metrics.responses[200] += 1
        last_id = request.headers.get("last-event-id") or query.get("last_event_id") or None
        grant = Grant(user_id, last_id, query.get("from") == "now", seconds)
        self._streams.open(transport, head(200, headers) + _HELLO, grant)

    def _answer(self, request: Request, connection: RequestProtocol, response: Response) -> None:
        self._metrics.responses[response.status] += 1
        full = response.with_headers(self._cors.headers(request.headers.get("origin")))
        connection.respond(full, head_only=request.method == "HEAD")


def _not_allowed() -> Response:
    return problem(405, "Only GET is answered here.", headers={"Allow": _METHODS})


def _query(raw: str) -> dict[str, str]:
    """The query's values; of one given twice the first."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise InvalidError("The query string cannot be read.") from error
    values: dict[str, str] = {}
    for key, value in pairs:
        values.setdefault(key, value)
    return values
