import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from generation.providers.product_service import ProductService
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ProductServiceSettings


@pytest.fixture
async def products(product_settings: ProductServiceSettings) -> AsyncIterator[ProductService]:
    """The adapter at the scripted server."""
    adapter = ProductService(product_settings)
    yield adapter
    await adapter.close()


async def failing(products: ProductService, product_id: str = "1") -> AppError:
    """The error a call ends with."""
    with pytest.raises(AppError) as caught:
        await products.product(product_id)
    return caught.value


async def test_record_comes_back(products: ProductService, server: Any) -> None:
    """The JSON object, unchecked."""
    server.answers({"name": "귤"})
    assert await products.product("p-1") == {"name": "귤"}
    assert server.paths == ["/shop/products/p-1"]


@pytest.mark.parametrize(
    ("product_id", "path"),
    [
        ("a/../../admin", "/shop/products/a%2F..%2F..%2Fadmin"),
        ("귤", "/shop/products/%EA%B7%A4"),
        ("a?b#c", "/shop/products/a%3Fb%23c"),
        ("%2e%2e", "/shop/products/%252e%252e"),
        ("a b: c\t", "/shop/products/a%20b%3A%20c%09"),
    ],
)
async def test_id_stays_one_path_segment(
    products: ProductService, server: Any, product_id: str, path: str
) -> None:
    """An id cannot reach another path of the service."""
    server.answers({})
    await products.product(product_id)
    assert server.paths == [path]


@pytest.mark.parametrize("product_id", ["", ".", "..", "x" * 201])
async def test_impossible_ids_are_not_asked_for(
    products: ProductService, server: Any, product_id: str
) -> None:
    """No request is made for what cannot be an id."""
    assert (await failing(products, product_id)).code == "product_not_found"
    assert server.paths == []


@pytest.mark.parametrize(
    ("answer", "status", "kind", "code"),
    [
        ({}, 404, PermanentError, "product_not_found"),
        ({}, 410, PermanentError, "product_not_found"),
        ({}, 401, PermanentError, "product_service_rejected"),
        ({}, 302, PermanentError, "product_service_rejected"),
        ({}, 204, PermanentError, "product_service_rejected"),
        ({}, 429, TransientError, "product_service_unavailable"),
        ({}, 500, TransientError, "product_service_unavailable"),
        ("<html>", 502, TransientError, "product_service_unavailable"),
        ("<html>", 200, PermanentError, "product_service_nonsense"),
        ([1], 200, PermanentError, "product_service_nonsense"),
        ({"a": "x" * 1_100_000}, 200, PermanentError, "product_service_nonsense"),
    ],
)
async def test_bad_answer_gets_its_error(
    products: ProductService, server: Any, answer: Any, status: int, kind: type[AppError], code: str
) -> None:
    """Not found, refused, nonsense, away: each with its code."""
    server.answers(answer, status=status, headers={"Retry-After": "2", "Location": "/shop/products/2"})
    error = await failing(products)
    assert (type(error), error.code) == (kind, code)
    assert len(server.paths) == 1


async def test_wish_to_wait_is_passed_on(products: ProductService, server: Any) -> None:
    """Retry-After of a 503 is on the error."""
    server.answers({}, status=503, headers={"Retry-After": "2"})
    error = await failing(products)
    assert isinstance(error, TransientError)
    assert error.retry_after == 2.0


async def test_gzip_bomb_is_not_unpacked(products: ProductService, server: Any) -> None:
    """Compressed answers were not asked for and are not read."""
    import gzip

    async def bomb(request: web.Request) -> web.StreamResponse:
        body = gzip.compress(b'{"a": "' + b"x" * 50_000_000 + b'"}')
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    server.behaviour = bomb
    assert (await failing(products)).code == "product_service_nonsense"


async def test_dropped_connection_is_unavailable(products: ProductService, server: Any) -> None:
    """A cut connection is worth another try."""
    server.drops()
    assert (await failing(products)).code == "product_service_unavailable"


async def test_silence_ends_at_the_time_out(product_settings: ProductServiceSettings, server: Any) -> None:
    """A service that never answers costs the time-out, no more."""
    released = asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.Response()

    server.behaviour = wait
    products = ProductService(product_settings.model_copy(update={"timeout": 0.2}))
    assert (await failing(products)).code == "product_service_unavailable"
    released.set()
    await products.close()


async def test_without_a_url_every_id_is_refused() -> None:
    """Requests by id need a product service."""
    products = ProductService(ProductServiceSettings(url=None))
    assert (await failing(products)).code == "product_service_rejected"
    await products.close()
