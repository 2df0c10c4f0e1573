"""The OpenAPI 3.1 document, put together from the blueprints' routes and what operations.py says of each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any, Protocol

from generation.openapi.answers import Problem
from generation.openapi.components import reference, schemas
from generation.openapi.operation import Answer, Operation, Operations
from generation.openapi.operations import TAGS
from generation.openapi.overview import HEADERS, INFO, SECURITY
from generation.openapi.parameters import PARAMETERS
from generation.openapi.problems import problem_components, problem_responses
from shared.blueprint import Route
from shared.http import JSON

_PATH_PARAMETER = re.compile(r"\{(\w+)\}")


class Root(Protocol):
    """A blueprint's endpoints, as far as the document needs them."""

    @property
    def routes(self) -> Sequence[Route]:
        """Every HTTP route of it."""


def document(routes: Sequence[Route], operations: Operations) -> dict[str, Any]:
    """The document.

    Args:
        routes: every route there is, but catch-alls.
        operations: what is known of each; a route without, or the other way round, is an error of ours.

    Raises:
        KeyError: a method of a route has no operation.
    """
    used = {(route.name, method) for route in routes for method in route.handlers}
    bodies = [model for key in used if (model := operations[key].body)]
    answers = [answer.model for key in used for answer in operations[key].answers if answer.model]
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/api", "description": "The server this document came from."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{"bearer": []}],
        "paths": {path_of(route): _path_item(route, operations) for route in _ordered(routes, operations)},
        "components": {
            "schemas": schemas(bodies, [*answers, Problem]),
            "responses": problem_components(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": SECURITY,
        },
    }


def path_of(route: Route) -> str:
    """The path below `/api`; the service's own ends in a slash, as it always did (the host takes both)."""
    return "/generation/" if route.route == "generation" else f"/{route.route}"


def _ordered(routes: Sequence[Route], operations: Operations) -> list[Route]:
    order = list(operations)
    return sorted(routes, key=lambda route: order.index((route.name, next(iter(route.handlers)))))


def _path_item(route: Route, operations: Operations) -> dict[str, Any]:
    item: dict[str, Any] = {
        method.lower(): _operation(route, method, operations[route.name, method]) for method in route.handlers
    }
    names = _PATH_PARAMETER.findall(route.route)
    return ({"parameters": [_parameter(name) for name in names]} if names else {}) | item


def _operation(route: Route, method: str, operation: Operation) -> dict[str, Any]:
    name = route.name if len(route.handlers) == 1 else f"{route.name}_{method.lower()}"
    role = f"Needs the role `{operation.role}`." if operation.role else ""
    described = " ".join(part for part in (operation.text, role) if part)
    return {
        "operationId": name,
        "tags": [operation.tag],
        "summary": inspect.getdoc(route.handlers[method]) or "",
        **({"description": described} if described else {}),
        **({"security": []} if route.public else {}),
        **({"x-required-role": operation.role} if operation.role else {}),
        **({"parameters": [_parameter(key) for key in operation.parameters]} if operation.parameters else {}),
        **({"requestBody": _body(operation)} if operation.body else {}),
        "responses": {
            **problem_responses(operation.statuses(public=route.public)),
            **{str(answer.status): _answer(answer) for answer in operation.answers},
        },
    }


def _parameter(key: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{key}"}


def _body(operation: Operation) -> dict[str, Any]:
    if operation.body is None:
        raise TypeError("an operation without a body has no request body")
    media: dict[str, Any] = {"schema": reference(operation.body)}
    if operation.examples:
        media["examples"] = {
            re.sub(r"\W+", "_", name).lower(): {"summary": name, "value": value}
            for name, value in operation.examples.items()
        }
    form = {"multipart/form-data": operation.form} if operation.form else {}
    return {"required": not operation.optional, "content": {**form, JSON: media}}


def _answer(answer: Answer) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": answer.text,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *answer.headers)
        },
    }
    if answer.model is not None:
        example = {} if answer.example is None else {"example": answer.example}
        made["content"] = {JSON: {"schema": reference(answer.model), **example}}
    elif answer.media_type is not None:
        kind = "object" if answer.media_type == JSON else "string"
        made["content"] = {answer.media_type: {"schema": {"type": kind}}}
    if answer.links:
        made["links"] = dict(answer.links)
    return made
