"""Pictures to work on, a web host on 127.0.0.1, and fakes that hold state."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from PIL import Image


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """`image` as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A photo-like JPEG of 400 x 300: left half red, right half blue."""
    image = Image.new("RGB", (400, 300), (200, 30, 30))
    image.paste((30, 30, 200), (200, 0, 400, 300))
    return encoded(image, "JPEG", quality=95)


class Host:
    """A web host: paths and what they do; remembers the requests."""

    def __init__(self) -> None:
        self.port = 0
        self.pages: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.requests: list[web.BaseRequest] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Remember, then do what the path says."""
        self.requests.append(request)
        page = self.pages.get(request.path)
        return await page(request) if page else web.Response(status=404)

    def answers(
        self, path: str, body: bytes = b"", status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """A fixed answer under `path`."""

        async def page(request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, headers=headers)

        self.pages[path] = page

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """A web host on a free port, listening on 127.0.0.1 and 127.0.0.2."""
    served = Host()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", served.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.port = runner.addresses[0][1]
    yield served
    await runner.cleanup()
