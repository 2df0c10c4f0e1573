"""azure.functions on one side, Call and Reply on the other: how every HTTP function of the app is made.

One function serves one route with every method there is, because the host itself answers 404 to a method that no
function takes, and the contract says 405. A trigger that lists no methods takes all of them, TRACE too, which the SDK
has no name for.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import azure.functions as func

from shared.auth import TokenVerifier
from shared.errors import AppError, InvalidError, MethodNotAllowedError, UnauthenticatedError
from shared.http import Call, Reply, internal_problem, problem
from shared.telemetry import start as telemetry
from shared.telemetry.requests import RequestSpan

log = logging.getLogger(__name__)


class App(Protocol):
    """What an endpoint needs of the composition root."""

    @property
    def verifier(self) -> TokenVerifier:
        """Checks bearer tokens."""


type Handler[A: App] = Callable[[A, Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One function's route, for the OpenAPI document: `handlers` by method in upper case, without HEAD and OPTIONS."""

    name: str
    route: str
    public: bool
    handlers: Mapping[str, Callable[..., Awaitable[Reply]]]


class Endpoints[A: App]:
    """A blueprint and its routes.

    Attributes:
        blueprint: what function_app.py registers.
        routes: every HTTP route of it.

    Args:
        app: gives the composition root; called per request, because importing must open nothing.
    """

    def __init__(self, app: Callable[[], A]) -> None:
        self.blueprint = func.Blueprint()  # type: ignore[no-untyped-call]  # the SDK leaves its constructor untyped
        self.routes: list[Route] = []
        self._app = app

    def route(self, name: str, route: str, *, public: bool = False, **handlers: Handler[A]) -> None:
        """Register function `name` for `route`; `handlers` by method: get=..., post=..."""
        by_method = {method.upper(): handler for method, handler in handlers.items()}
        self.routes.append(Route(name, route, public, dict(by_method)))
        by_method |= {"HEAD": by_method["GET"]} if "GET" in by_method else {}
        allow = ", ".join([*by_method, "OPTIONS"])
        app = self._app

        async def function(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            call = _call(req)
            if req.method == "OPTIONS":
                answer = Reply(204, headers={"Allow": allow})
            elif (handler := by_method.get(req.method)) is None:
                answer = _not_allowed(req.method, allow, call.request_id)
            else:
                app()
                await telemetry.ready()
                header, host = call.headers.get("traceparent"), context.trace_context.trace_parent
                with RequestSpan(req.method, route, header=header, host=host) as span:
                    answer = await _answer(app, call, handler, public=public)
                    span.answered(answer.status)
            return _response(answer, call)

        function.__name__ = function.__qualname__ = name
        self.blueprint.function_name(name)(
            self.blueprint.route(route=route, auth_level=func.AuthLevel.ANONYMOUS)(function)
        )


async def _answer[A: App](app: Callable[[], A], call: Call, handler: Handler[A], *, public: bool) -> Reply:
    try:
        root = app()
        if not public:
            call = replace(call, identity=await root.verifier.verify(_bearer(call)))
        return await handler(root, call)
    except AppError as error:
        level = logging.INFO if isinstance(error, InvalidError) else logging.WARNING
        log.log(level, "refused", extra={"code": error.code, "request_id": call.request_id})
        return problem(error, call.request_id)
    except Exception:
        # A bug of ours: the caller gets an id, the log gets the trace.
        log.exception("unexpected error", extra={"request_id": call.request_id})
        return internal_problem(call.request_id)


def _bearer(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("Send Authorization: Bearer with a token.")
    return token.strip()


def _call(req: func.HttpRequest) -> Call:
    headers = {name.lower(): value for name, value in req.headers.items()}
    params: dict[str, Any] = dict(req.route_params)
    return Call(req.method, headers, params, dict(req.params), req.get_body())


def _not_allowed(method: str, allow: str, request_id: str) -> Reply:
    answer = problem(MethodNotAllowedError(f"{method} is not allowed here."), request_id)
    return replace(answer, headers={**answer.headers, "Allow": allow})


def _response(answer: Reply, call: Call) -> func.HttpResponse:
    headers = {
        "Content-Type": answer.content_type,
        "X-Request-Id": call.request_id,
        "X-Content-Type-Options": "nosniff",
        **answer.headers,
    }
    # To HEAD too: the host sends the headers alone, with the length that GET would have (RFC 9110 section 8.6).
    return func.HttpResponse(answer.body, status_code=answer.status, headers=headers)
