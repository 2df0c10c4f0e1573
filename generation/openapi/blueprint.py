"""GET openapi.json and GET docs: the API described for machines and for people."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import generation.documents.blueprint
import generation.images.blueprint
import generation.operations.blueprint
import generation.pages.blueprint
import generation.tasks.blueprint
import generation.templates.blueprint
import notifications.blueprint
from bootstrap import App, app
from shared.blueprint import Endpoints, Route
from shared.http import Call, Reply, reply

endpoints = Endpoints(app)

_CACHE = {"Cache-Control": "public, max-age=300"}


def routes() -> list[Route]:
    """Every route of the API, but the one that answers to paths that do not exist."""
    described = (
        generation.pages.blueprint,
        generation.tasks.blueprint,
        generation.images.blueprint,
        generation.documents.blueprint,
        generation.templates.blueprint,
        generation.operations.blueprint,
        notifications.blueprint,
    )
    found = [route for module in described for route in module.endpoints.routes]
    return [route for route in [*found, *endpoints.routes] if "{*" not in route.route]


@cache
def specification() -> dict[str, Any]:
    """The OpenAPI document; made when first asked for."""
    from generation.openapi.document import document
    from generation.openapi.operations import OPERATIONS

    message = replace(OPERATIONS["message", "POST"], body=notifications.blueprint.Message)
    return document(routes(), {**OPERATIONS, ("message", "POST"): message})


@cache
def _specification_reply() -> Reply:
    return reply(specification(), headers={**_CACHE, "Access-Control-Allow-Origin": "*"})


@cache
def _page_reply() -> Reply:
    from generation.openapi.page import page

    html, policy = page(specification())
    return Reply(
        200, html.encode(), "text/html; charset=utf-8", {**_CACHE, "Content-Security-Policy": policy}
    )


async def openapi(_root: App, _call: Call) -> Reply:
    """This API as an OpenAPI 3.1 document."""
    return _specification_reply()


async def docs(_root: App, _call: Call) -> Reply:
    """This API as a page for people, made from the OpenAPI document."""
    return _page_reply()


endpoints.route("openapi", "openapi.json", public=True, get=openapi)
endpoints.route("docs", "docs", public=True, get=docs)
