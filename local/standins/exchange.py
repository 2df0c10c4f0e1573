"""One call from its arrival to its answer: key check, log, latency, faults, and a client that hangs up."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from local.standins.calllog import CLIENT_GONE, CONNECTION_CUT, CallLog, Entry
from local.standins.connections import Connections
from local.standins.control import Control, Fault
from local.standins.faults import ErrorShape, immediate_answer, spoil
from local.standins.wire import Answer, RefusedError

MAX_BODY = 48 * 1024 * 1024
HOLD_SECONDS = 120.0

Answerer = Callable[[Request, Any, str | None], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """How one path is answered.

    Attributes:
        name: the endpoint's name, told from the parsed body.
        answer: gives the answer to (request, body, content fault); may raise RefusedError.
        shape: the provider's way of wording an error.
        needs_key: whether a Bearer key is required.
        spoils: whether content faults are worked into `answer` itself instead of spoiling its result.
    """

    name: Callable[[Any], str]
    answer: Answerer
    shape: ErrorShape
    needs_key: bool = True
    spoils: bool = False


class _CutError(Exception):
    """The connection is to be cut without an answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Answers calls under the current control, noting each in the log."""

    control: Control
    log: CallLog
    connections: Connections
    hold_seconds: float = HOLD_SECONDS

    async def serve(self, request: Request, route: Route) -> Response:
        """Answer one call; a client that hangs up first is logged as 499, a cut connection as 0."""
        body, problem = await _read_body(request)
        endpoint = route.name(body)
        entry = self.log.start(endpoint, request.method, request.url.path, body)
        work = asyncio.ensure_future(self._answer(request, route, entry, body, problem))
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            return self._conclude(request, entry, work)
        finally:
            for task in (work, gone):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    def _conclude(self, request: Request, entry: Entry, work: asyncio.Future[Answer]) -> Response:
        if not work.done():
            entry.finish(CLIENT_GONE)
            return Response(status_code=CLIENT_GONE)
        if isinstance(work.exception(), _CutError):
            entry.finish(CONNECTION_CUT)
            self.connections.cut(request.scope.get("client"))
            return Response(status_code=CLIENT_GONE)
        if work.exception() is not None:
            entry.finish(500)
        answer = work.result()
        entry.finish(answer.status)
        return Response(answer.body, answer.status, dict(answer.headers), answer.media_type)

    async def _answer(
        self, request: Request, route: Route, entry: Entry, body: Any, problem: RefusedError | None
    ) -> Answer:
        try:
            if route.needs_key:
                check_key(request.headers.get("authorization", ""))
            fault = self.control.next_fault(entry.endpoint)
            early = await self._early(fault, route)
            if early is not None:
                return early
            if problem is not None:
                raise problem
            kind = fault.kind if fault else None
            answer = await route.answer(request, body, kind)
        except RefusedError as error:
            return route.shape(error, ())
        # Counted from the arrival: of many calls at once, none waits longer because others were worked on first.
        wait = self.control.latency.get(entry.endpoint, 0.0) - (monotonic() - entry.started)
        if wait > 0:
            await asyncio.sleep(wait)
        return answer if kind is None or route.spoils else spoil(answer, kind)

    async def _early(self, fault: Fault | None, route: Route) -> Answer | None:
        if fault is None:
            return None
        if fault.kind == "timeout":
            await asyncio.sleep(self.hold_seconds)
            raise _CutError
        if fault.kind == "drop":
            raise _CutError
        return immediate_answer(fault, route.shape)


def check_key(authorization: str) -> None:
    """Require `Bearer <key>`; any key but `invalid` will do.

    Raises:
        RefusedError: 401 in OpenAI's words.
    """
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise RefusedError(
            "You didn't provide an API key. You need to provide your API key in an Authorization header "
            "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
            status=401,
        )
    if key.strip() == "invalid":
        raise RefusedError("Incorrect API key provided: invalid.", status=401, code="invalid_api_key")


async def _read_body(request: Request) -> tuple[Any, RefusedError | None]:
    if request.method == "GET":
        return None, None
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size <= MAX_BODY:
            pieces.append(piece)
    if size > MAX_BODY:
        return None, RefusedError(f"The request body is larger than {MAX_BODY} bytes.", status=413)
    try:
        return json.loads(b"".join(pieces)), None
    except (ValueError, RecursionError):
        return None, RefusedError("We could not parse the JSON body of your request.")


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
