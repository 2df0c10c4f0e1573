"""A scripted HTTP server on 127.0.0.1 and the settings that lead to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from shared.settings import ModelSettings, ProductServiceSettings

type Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """Answers every request as `behaviour` says and remembers what was asked."""

    url: str = ""
    behaviour: Behaviour | None = None
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember, then behave."""
        self.paths.append(request.raw_path)
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.json() if request.can_read_body else None)
        assert self.behaviour is not None
        return await self.behaviour(request)

    def answers(self, data: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with JSON, or with text as it is."""

        async def behave(request: web.Request) -> web.StreamResponse:
            if isinstance(data, str):
                return web.Response(text=data, status=status, content_type="text/html", headers=headers)
            return web.json_response(data, status=status, headers=headers)

        self.behaviour = behave

    def drops(self) -> None:
        """Cut the connection without an answer."""

        async def behave(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        self.behaviour = behave


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A scripted server on a free port."""
    scripted = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    await runner.cleanup()


@pytest.fixture
def model_settings(server: Server) -> ModelSettings:
    """Both model services at the scripted server."""
    return ModelSettings(
        openai_api_key="sk-secret",
        openai_base_url=f"{server.url}/v1",
        together_api_key="tg-secret",
        together_base_url=server.url,
        text_timeout=5,
        image_timeout=5,
    )


@pytest.fixture
def product_settings(server: Server) -> ProductServiceSettings:
    """The product service at the scripted server, under a path of its own."""
    return ProductServiceSettings(url=f"{server.url}/shop/", timeout=5)
