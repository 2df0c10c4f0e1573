"""The HTTP trigger as an ASGI application.

Every auth level is answered without a function key: those keys live in Azure's storage, and the local host has none.
CORS is the platform's on Azure (siteConfig.cors), so OPTIONS reaches only functions that list it.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from local.functions_host.admin import PATH as ADMIN_PATH
from local.functions_host.admin import ManualRuns
from local.functions_host.index import IndexedFunction
from local.functions_host.request import http_datum, joined_headers
from local.functions_host.response import Response, empty, to_response
from local.functions_host.routes import RouteTable
from local.functions_host.worker import Invocation, Outcome

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type Invoke = Callable[[IndexedFunction, Invocation], Awaitable[Outcome]]

# ScriptConstants.DefaultMaxRequestBodySize of azure-functions-host; FUNCTIONS_REQUEST_BODY_SIZE_LIMIT changes it.
DEFAULT_MAX_BODY = 104_857_600
log = logging.getLogger("local.functions_host.http")
_ENCODED_SLASH = re.compile("(%2f)", re.IGNORECASE)


class _BodyTooLargeError(Exception):
    """The request's body exceeds the limit."""


class HttpApp:
    """Answers requests by invoking functions."""

    def __init__(
        self,
        functions: Mapping[str, IndexedFunction],
        routes: RouteTable,
        invoke: Invoke,
        manual: ManualRuns,
        max_body: int = DEFAULT_MAX_BODY,
    ) -> None:
        self._functions = functions
        self._routes = routes
        self._invoke = invoke
        self._manual = manual
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: 404 where no route fits, 413 above the limit, 500 where the function fails."""
        try:
            response = await self._answer(scope, receive)
        except _BodyTooLargeError:
            response = empty(413)
        except ConnectionResetError:
            return
        except Exception:
            # Whatever a function returned that cannot be sent: the client gets Azure's bare 500.
            log.exception("%s %s cannot be answered", scope["method"], scope["path"])
            response = empty(500)
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["path"].startswith(ADMIN_PATH):
            body = await self._read_body(joined_headers(scope["headers"]), receive)
            return self._manual.start(scope["method"], scope["path"], body)
        found = self._routes.match(scope["method"], _decoded_path(scope))
        if found is None:
            return empty(404)
        name, params = found
        headers = joined_headers(scope["headers"])
        body = await self._read_body(headers, receive)
        function = self._functions[name]
        invocation = Invocation(
            inputs=[(function.trigger.name, http_datum(scope, headers, params, body))],
            trace_parent=headers.get("traceparent", ""),
            trace_state=headers.get("tracestate", ""),
        )
        outcome = await self._invoke(function, invocation)
        return to_response(_http_output(function, outcome)) if outcome.ok else empty(500)

    async def _read_body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        if int(headers.get("content-length", "0")) > self._max_body:
            raise _BodyTooLargeError
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                raise ConnectionResetError
            chunk = event.get("body", b"")
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_body:
                raise _BodyTooLargeError
            more = event.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _http_output(function: IndexedFunction, outcome: Outcome) -> Any:
    names = (binding.name for binding in function.bindings if binding.type == "http")
    return next((outcome.outputs[name] for name in names if name in outcome.outputs), None)


def _decoded_path(scope: Scope) -> str:
    """Return the path as ASP.NET Core sees it: decoded, but an encoded slash stays encoded."""
    raw = scope["raw_path"]
    if b"%2" not in raw:
        return str(scope["path"])
    return "".join(
        part if _ENCODED_SLASH.fullmatch(part) else unquote(part)
        for part in _ENCODED_SLASH.split(raw.decode("latin-1"))
    )
