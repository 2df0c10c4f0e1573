"""The stand-ins as one ASGI application."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path_

from local.standins import exchange, tokens
from local.standins.calllog import CallLog
from local.standins.chat import answer_chat
from local.standins.chat_request import endpoint_of
from local.standins.connections import Connections
from local.standins.control import Control, ControlError
from local.standins.embeddings import MODELS, answer_embeddings
from local.standins.images import ImageService
from local.standins.pictures.compose import draw
from local.standins.products import ProductService
from local.standins.wire import Answer, RefusedError, openai_error, product_error, together_error

_SHOWN_MODELS = (
    "gpt-6-luna",
    "gpt-4o-mini",
    *MODELS,
    "black-forest-labs/FLUX.1-kontext-pro",
    "black-forest-labs/FLUX.2-pro",
)
_DRAWING_THREADS = 2
_CREATED = 1_767_225_600

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Service:
    """What the application works with; a test may look inside."""

    control: Control
    log: CallLog
    connections: Connections
    products: ProductService
    data_dir: Path
    hold_seconds: float = exchange.HOLD_SECONDS


def create_app(service: Service) -> Starlette:
    """The application; drawing threads start with the first picture."""
    images = ImageService(draw, ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="draw"))
    server = exchange.Exchange(service.control, service.log, service.connections, service.hold_seconds)
    routes = [
        _served(
            "/v1/chat/completions",
            server,
            exchange.Route(endpoint_of, answer_chat, openai_error, spoils=True),
        ),
        _served(
            "/v1/embeddings", server, exchange.Route(lambda _: "embeddings", answer_embeddings, openai_error)
        ),
        _served(
            "/v1/images/generations",
            server,
            exchange.Route(lambda _: "images", images.answer, together_error),
        ),
        _served(
            "/products/{product_id}",
            server,
            exchange.Route(lambda _: "product", service.products.answer, product_error, needs_key=False),
            "GET",
        ),
        Path_("/v1/models", _models, methods=["GET"]),
        Path_("/generated/{name}", _file(images.generated), methods=["GET"]),
        Path_("/photos/{name}", _file(service.products.photo), methods=["GET"]),
        Path_("/.well-known/jwks.json", _jwks(service.data_dir), methods=["GET"]),
        Path_("/_control", _control(service.control), methods=["PUT", "DELETE"]),
        Path_("/_log", _log(service.log), methods=["GET", "DELETE"]),
    ]
    return Starlette(routes=routes)


def _served(path: str, server: exchange.Exchange, route: exchange.Route, method: str = "POST") -> Path_:
    async def endpoint(request: Request) -> Response:
        try:
            return await server.serve(request, route)
        except ClientDisconnect:  # it hung up while sending its request: nobody to answer, nothing to log
            return Response(status_code=400)

    return Path_(path, endpoint, methods=[method])


async def _models(request: Request) -> Response:
    try:
        exchange.check_key(request.headers.get("authorization", ""))
    except RefusedError as error:
        return _response(openai_error(error))
    data = [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "local"} for name in _SHOWN_MODELS
    ]
    return JSONResponse({"object": "list", "data": data})


def _file(find: Callable[[str], Answer | None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        answer = find(request.path_params["name"])
        return _response(answer) if answer else Response("not found", 404, media_type="text/plain")

    return endpoint


def _jwks(data_dir: Path) -> Endpoint:
    keys = tokens.jwks(data_dir)

    async def endpoint(_request: Request) -> Response:
        return JSONResponse(keys)

    return endpoint


def _control(control: Control) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if request.method == "DELETE":
            control.reset()
            return Response(status_code=204)
        try:
            body: Any = json.loads(await request.body())
            control.replace(body)
        except ControlError as error:
            return JSONResponse({"detail": str(error), "errors": error.issues}, 422)
        except ValueError:
            return JSONResponse(
                {"detail": "body: is not JSON", "errors": [{"loc": "body", "msg": "is not JSON"}]}, 422
            )
        return JSONResponse(body)

    return endpoint


def _log(log: CallLog) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if request.method == "DELETE":
            log.clear()
            return Response(status_code=204)
        return JSONResponse(log.shown())

    return endpoint


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), answer.media_type)
