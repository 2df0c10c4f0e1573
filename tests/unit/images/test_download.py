import asyncio
import gzip
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from generation.images.download import SafeDownloader, _session, resolve
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import DownloadSettings


class Names:
    """A resolver that holds names; each look-up takes the next answer, the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        """The addresses of `host`."""
        self.asked.append(host)
        found = self.answers.get(host)
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return found.pop(0) if len(found) > 1 else found[0]


def downloader(host: Any, names: Names | None = None, **changes: Any) -> SafeDownloader:
    """Allowed to reach the test host by its address and as shop.test."""
    settings = DownloadSettings(
        allowed_hosts=(host.address, f"shop.test:{host.port}"), **{"timeout": 5.0, **changes}
    )
    return SafeDownloader(settings, names or Names(shop_test=[["127.0.0.1"]]))


async def failing(loader: SafeDownloader, url: str) -> AppError:
    """The error a fetch ends with."""
    with pytest.raises(AppError) as caught:
        await loader.fetch(url)
    return caught.value


async def test_body_comes_back(host: Any, jpeg: bytes) -> None:
    """The bytes as sent, asked for without compression, cookies or credentials."""
    host.answers("/a.jpg", jpeg)
    assert await downloader(host).fetch(f"http://shop.test:{host.port}/a.jpg#top") == jpeg
    sent = host.requests[0].headers
    assert sent["Accept-Encoding"] == "identity"
    assert sent["User-Agent"]
    assert sent["Host"] == f"shop.test:{host.port}"
    assert not {"Authorization", "Cookie", "Referer", "Proxy-Authorization"} & set(sent)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["168.63.129.16"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00:ec2::254"],
        ["64:ff9b::7f00:1"],
        ["0.0.0.0"],  # noqa: S104  an address to refuse
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1111", "fe80::1"],
        [],
        ["not an address"],
    ],
)
async def test_names_that_lead_inside_are_forbidden(host: Any, addresses: list[str]) -> None:
    """One private address among those of a name is enough."""
    error = await failing(downloader(host, Names(evil_test=[addresses])), "http://evil.test/a.jpg")
    assert (type(error), error.code) == (PermanentError, "photo_url_forbidden")


@pytest.mark.parametrize(
    "literal",
    [
        "127.0.0.1",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104  an address to refuse
        "[64:ff9b::a00:1]",
    ],
)
async def test_private_literals_are_forbidden_without_a_look_up(host: Any, literal: str) -> None:
    """An address in the URL is judged like a resolved one."""
    names = Names()
    assert (await failing(downloader(host, names), f"http://{literal}/")).code == "photo_url_forbidden"
    assert names.asked == []


async def test_a_name_is_asked_once_and_its_answer_is_where_we_connect(host: Any, jpeg: bytes) -> None:
    """Rebinding between check and connect changes nothing: there is no second look-up."""
    host.answers("/a.jpg", jpeg)
    names = Names(shop_test=[["127.0.0.1"], ["127.0.0.9"]])
    assert await downloader(host, names).fetch(f"http://shop.test:{host.port}/a.jpg") == jpeg
    assert names.asked == ["shop.test"]


async def test_sockets_open_to_checked_addresses_only(host: Any) -> None:
    """Whatever else would connect elsewhere (here: a literal, which needs no resolver) is stopped at the socket."""
    host.answers("/a.jpg", b"x")
    async with _session(["127.0.0.2"]) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"http://{host.address}/a.jpg")
    assert host.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.test/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://user:pw@shop.test/",
        "http://127.0.0.1:22/",
        "file:///etc/passwd",
        "gopher://evil.test/",
        "//evil.test/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_redirects_are_checked_like_the_first_url(host: Any, location: str) -> None:
    """A public page cannot send us inside."""
    host.answers("/a.jpg", status=302, headers={"Location": location})
    names = Names(shop_test=[["127.0.0.1"]], evil_test=[["10.0.0.1"]])
    error = await failing(downloader(host, names), f"http://shop.test:{host.port}/a.jpg")
    assert error.code == "photo_url_forbidden"
    assert len(host.requests) == 1


async def test_name_that_changes_after_a_redirect_is_forbidden(host: Any) -> None:
    """Each hop is resolved and checked anew."""
    host.answers("/a.jpg", status=302, headers={"Location": "http://flip.test/b.jpg"})
    names = Names(shop_test=[["127.0.0.1"]], flip_test=[["127.0.0.1"], ["8.8.8.8"]])
    error = await failing(downloader(host, names), f"http://shop.test:{host.port}/a.jpg")
    assert error.code == "photo_url_forbidden"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_four_redirects_are_followed_without_cookies(host: Any, jpeg: bytes, status: int) -> None:
    """Relative locations work; a cookie set on the way is not sent back."""
    for step in range(4):
        host.answers(
            f"/{step}", status=status, headers={"Location": f"{step + 1}", "Set-Cookie": "a=b; Path=/"}
        )
    host.answers("/4", jpeg)
    assert await downloader(host).fetch(f"http://shop.test:{host.port}/0") == jpeg
    assert not any("Cookie" in request.headers for request in host.requests)


async def test_five_redirects_are_too_many(host: Any) -> None:
    """A loop ends."""
    host.answers("/a", status=302, headers={"Location": "/a"})
    assert (await failing(downloader(host), f"http://{host.address}/a")).code == "photo_url_rejected"
    assert len(host.requests) == 5


@pytest.mark.parametrize(
    ("status", "headers", "kind", "code"),
    [
        (404, {}, PermanentError, "photo_not_found"),
        (410, {}, PermanentError, "photo_not_found"),
        (401, {}, PermanentError, "photo_url_rejected"),
        (403, {}, PermanentError, "photo_url_rejected"),
        (204, {}, PermanentError, "photo_url_rejected"),
        (302, {}, PermanentError, "photo_url_rejected"),
        (429, {}, TransientError, "photo_unreachable"),
        (500, {}, TransientError, "photo_unreachable"),
        (503, {}, TransientError, "photo_unreachable"),
        (302, {"Location": "http://[bad"}, PermanentError, "photo_url_forbidden"),
    ],
)
async def test_other_answers_get_their_error(
    host: Any, status: int, headers: dict[str, str], kind: type[AppError], code: str
) -> None:
    """Gone, refused, away: each with its code."""
    host.answers("/a.jpg", status=status, headers=headers)
    error = await failing(downloader(host), f"http://{host.address}/a.jpg")
    assert (type(error), error.code) == (kind, code)


async def test_declared_size_over_the_limit_is_not_read(host: Any) -> None:
    """Content-Length alone ends it."""
    host.answers("/a.jpg", b"x" * 2000)
    error = await failing(downloader(host, max_bytes=1999), f"http://{host.address}/a.jpg")
    assert error.code == "photo_too_large"


async def test_exactly_the_limit_is_taken(host: Any) -> None:
    """The limit itself is fine."""
    host.answers("/a.jpg", b"x" * 2000)
    assert len(await downloader(host, max_bytes=2000).fetch(f"http://{host.address}/a.jpg")) == 2000


async def test_endless_body_is_cut_at_the_limit(host: Any) -> None:
    """A body without declared end is counted while it comes."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    host.pages["/a.jpg"] = endless
    error = await failing(downloader(host, max_bytes=1_000_000), f"http://{host.address}/a.jpg")
    assert error.code == "photo_too_large"


async def test_trickle_ends_at_the_total_time(host: Any) -> None:
    """Bytes that keep coming slowly do not keep us."""

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    host.pages["/a.jpg"] = trickle
    error = await failing(downloader(host, timeout=0.3), f"http://{host.address}/a.jpg")
    assert (type(error), error.code) == (TransientError, "photo_unreachable")


async def test_slow_resolver_ends_at_the_total_time(host: Any) -> None:
    """The look-up counts too."""

    async def never(name: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    loader = SafeDownloader(DownloadSettings(timeout=0.2), never)
    assert (await failing(loader, "http://slow.test/")).code == "photo_unreachable"


async def test_gzip_bomb_stays_packed(host: Any) -> None:
    """A compressed answer was not asked for and is refused unread."""
    packed = gzip.compress(b"\0" * 30_000_000)
    host.answers("/a.jpg", packed, headers={"Content-Encoding": "gzip"})
    assert (await failing(downloader(host), f"http://{host.address}/a.jpg")).code == "photo_url_rejected"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000,
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\n\r\n",
    ],
)
async def test_broken_http_is_an_error_of_ours(sent: bytes) -> None:
    """Whatever a host says, it ends as AppError."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        address = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        loader = SafeDownloader(DownloadSettings(allowed_hosts=(address,), timeout=5))
        assert (await failing(loader, f"http://{address}/")).code.startswith("photo_")


async def test_nobody_listening_is_unreachable(unused_tcp_port: int) -> None:
    """A refused connection is worth another try."""
    address = f"127.0.0.1:{unused_tcp_port}"
    loader = SafeDownloader(DownloadSettings(allowed_hosts=(address,), timeout=5))
    assert (await failing(loader, f"http://{address}/")).code == "photo_unreachable"


async def test_unknown_name_is_not_found(host: Any) -> None:
    """A name nobody has will not have an address in a minute."""
    assert (await failing(downloader(host), "http://nowhere.test/")).code == "photo_not_found"


async def test_resolver_away_is_unreachable(host: Any) -> None:
    """A resolver that fails for now is worth another try."""

    async def away(name: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    loader = SafeDownloader(DownloadSettings(timeout=5), away)
    assert (await failing(loader, "http://shop.test/")).code == "photo_unreachable"


async def test_environment_is_not_trusted(
    host: Any, jpeg: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a netrc of the environment takes part."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.test login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    host.answers("/a.jpg", jpeg)
    assert await downloader(host).fetch(f"http://shop.test:{host.port}/a.jpg") == jpeg
    assert "Authorization" not in host.requests[0].headers


async def test_system_resolver_reads_numbers_as_loopback() -> None:
    """Why numeric hosts are refused by name: the system would resolve them."""
    assert set(await resolve("localhost")) <= {"127.0.0.1", "::1"}
    loader = SafeDownloader(DownloadSettings(timeout=5))
    for name in ("localhost", "localhost.", "LOCALHOST"):
        assert (await failing(loader, f"http://{name}/")).code == "photo_url_forbidden"
