"""S3Assets on boto3 against a moto server."""

import asyncio
import subprocess
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from generation.providers.s3_assets import S3Assets
from shared.errors import PermanentError, UnavailableError
from shared.settings import AssetSettings

type Server = tuple[AssetSettings, subprocess.Popen[bytes]]


@pytest.fixture
async def assets(s3: Server) -> AsyncIterator[S3Assets]:
    """The adapter at the moto server."""
    adapter = S3Assets(s3[0])
    yield adapter
    await adapter.close()


async def test_what_was_put_is_read_back(assets: S3Assets) -> None:
    """By us and, at its URL, by a browser, with type and for ever."""
    key = "images/a b/귤.jpg"
    assert not await assets.readable(key)
    await assets.put(key, b"picture", "image/jpeg")
    await assets.put(key, b"picture", "image/jpeg")
    assert await assets.readable(key)
    assert await assets.read(key) == b"picture"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(assets.url(key), timeout=5) as response:
        assert response.read() == b"picture"
        assert response.headers["Content-Type"] == "image/jpeg"
        assert "immutable" in response.headers["Cache-Control"]


async def test_missing_object_is_unreadable(assets: S3Assets) -> None:
    """Nothing there: not readable, and reading says so."""
    assert not await assets.readable("images/none.jpg")
    with pytest.raises(PermanentError) as caught:
        await assets.read("images/none.jpg")
    assert caught.value.code == "asset_unreadable"


async def test_many_first_calls_share_one_client(assets: S3Assets) -> None:
    """Fifty calls at once on a fresh adapter."""
    await asyncio.gather(*(assets.put(f"n/{n}", b"x", "image/png") for n in range(50)))
    assert all(await asyncio.gather(*(assets.readable(f"n/{n}") for n in range(50))))


async def test_ping_times_the_bucket(assets: S3Assets) -> None:
    """A fraction of a second."""
    assert 0 < await assets.ping() < 5


async def test_bucket_that_is_not_there(s3: Server) -> None:
    """Putting is refused for good; the ping says unavailable."""
    assets = S3Assets(s3[0].model_copy(update={"bucket": "nobodys-bucket"}))
    with pytest.raises(PermanentError) as caught:
        await assets.put("k", b"x", "image/png")
    assert caught.value.code == "asset_rejected"
    with pytest.raises(UnavailableError):
        await assets.ping()
    await assets.close()


async def test_impossible_key_is_rejected(assets: S3Assets) -> None:
    """What boto3 refuses before sending is permanent too."""
    with pytest.raises(PermanentError) as caught:
        await assets.put("", b"x", "image/png")
    assert caught.value.code == "asset_rejected"


async def test_nobody_listening_is_unavailable(unused_tcp_port: int, s3: Server) -> None:
    """A refused connection: 503 with a wish to wait."""
    endpoint = f"http://127.0.0.1:{unused_tcp_port}"
    assets = S3Assets(s3[0].model_copy(update={"endpoint_url": endpoint}))
    for call in (assets.put("k", b"x", "image/png"), assets.readable("k"), assets.read("k"), assets.ping()):
        with pytest.raises(UnavailableError) as caught:
            await call
        assert caught.value.retry_after
    await assets.close()


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", b"what?\r\n\r\n"]
)
async def test_broken_server_is_unavailable(s3: Server, answer: bytes) -> None:
    """Dropped connections and a gateway's pages are worth another try."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        assets = S3Assets(s3[0].model_copy(update={"endpoint_url": f"http://127.0.0.1:{port}"}))
        with pytest.raises(UnavailableError):
            await assets.put("k", b"x", "image/png")
        with pytest.raises(UnavailableError):
            await assets.readable("k")
        await assets.close()


async def test_environment_does_not_redirect(assets: S3Assets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor another endpoint of the environment takes part."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert await assets.ping() > 0


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, "https://shop.s3.ap-northeast-2.amazonaws.com/images/a%20b.jpg"),
        ({"region": "us-east-1"}, "https://shop.s3.us-east-1.amazonaws.com/images/a%20b.jpg"),
        ({"endpoint_url": "http://127.0.0.1:9000/"}, "http://127.0.0.1:9000/shop/images/a%20b.jpg"),
        (
            {"public_url": "https://cdn.shop/x/", "endpoint_url": "http://s3"},
            "https://cdn.shop/x/images/a%20b.jpg",
        ),
    ],
)
async def test_address_of_an_object(changes: dict[str, Any], url: str) -> None:
    """Public URL, else endpoint, else Amazon's."""
    assets = S3Assets(AssetSettings(bucket="shop", access_key_id="k", secret_access_key="s", **changes))
    assert assets.url("images/a b.jpg") == url
    await assets.close()
