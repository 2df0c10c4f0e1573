from __future__ import annotations

import asyncio
import json

import pytest

from notifications.relay import site
from tests.unit.notifications.relay_support import running_relay, token, until

ORIGIN = "https://app.example.com"
STREAM = "/api/notifications/stream/u"


async def test_probes_and_metrics() -> None:
    """Liveness, readiness with its details, and Prometheus text."""
    async with running_relay() as relay:
        health = await relay.request("/healthz")
        assert (health.status, json.loads(await health.body())) == (200, {"status": "UP"})
        ready = await relay.request("/readyz")
        assert (ready.status, json.loads(await ready.body())["event_hubs"]) == (200, "reachable")
        metrics = await relay.request("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert b"relay_streams_open 0" in await metrics.body()


@pytest.mark.parametrize(
    "target", ["/", "/api", "/healthz/", "/api/notifications/streams/u", "/..%2fhealthz", "*"]
)
async def test_other_paths_are_not_found(target: str) -> None:
    """What is not there is a 404 problem."""
    async with running_relay() as relay:
        client = await relay.request(target)
        assert client.status in {400, 404}
        assert client.headers["content-type"] == "application/problem+json"
        assert json.loads(await client.body())["code"] in {"malformed", "not_found"}


@pytest.mark.parametrize("target", ["/healthz", "/readyz", "/metrics", STREAM])
async def test_head_answers_without_a_body(target: str) -> None:
    """HEAD has GET's status and headers, and ends."""
    async with running_relay() as relay:
        client = await relay.request(target, method="HEAD", Authorization=f"Bearer {token('u')}")
        assert client.status == 200
        assert await client.body() == b""


async def test_head_promises_no_length_for_a_stream() -> None:
    """RFC 9110 section 8.6: in an answer to HEAD a Content-Length is GET's or is not there; a stream has none."""
    async with running_relay() as relay:
        stream = await relay.request(STREAM, method="HEAD", Authorization=f"Bearer {token('u')}")
        assert "content-length" not in stream.headers
        probe = await relay.request("/healthz", method="HEAD")
        assert probe.headers["content-length"] == str(len(b'{"status":"UP"}'))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("target", ["/healthz", STREAM])
async def test_other_methods_are_not_allowed(method: str, target: str) -> None:
    """405 with Allow, whoever asks."""
    async with running_relay() as relay:
        client = await relay.request(target, method=method)
        assert (client.status, client.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert json.loads(await client.body())["code"] == "method_not_allowed"


async def test_body_of_a_refused_request_is_not_read() -> None:
    """A long body is answered at once, and the answer arrives although the body was not read."""
    async with running_relay() as relay:
        client = await relay.request(STREAM, method="POST", Content_Length="100000")
        client.writer.write(b"x" * 100_000)
        assert client.status == 405
        assert json.loads(await client.body())["status"] == 405


async def test_configured_origin_may_read() -> None:
    """Preflight and answer name the origin and what may be sent, errors too."""
    async with running_relay(cors_origins=f"{ORIGIN},https://other.example.com") as relay:
        preflight = await relay.request(
            STREAM,
            method="OPTIONS",
            Origin=ORIGIN,
            Access_Control_Request_Method="GET",
            Access_Control_Request_Headers="authorization,last-event-id",
        )
        assert preflight.status == 204
        assert "content-length" not in preflight.headers
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert "authorization" in allowed
        assert "last-event-id" in allowed
        stream = await relay.stream("u", Origin=ORIGIN)
        assert (stream.status, stream.headers["access-control-allow-origin"]) == (200, ORIGIN)
        refused = await relay.request(STREAM, Origin=ORIGIN)
        assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, ORIGIN)
        assert refused.headers["vary"] == "Origin"


async def test_other_origins_may_not_read() -> None:
    """No header for them, and no yes to their preflight."""
    async with running_relay(cors_origins=ORIGIN) as relay:
        for origin in ("https://evil.example.com", "null", ORIGIN + ".evil.com"):
            preflight = await relay.request(STREAM, method="OPTIONS", Origin=origin)
            assert preflight.status == 403
            assert json.loads(await preflight.body())["code"] == "forbidden"
            assert "access-control-allow-origin" not in preflight.headers
            stream = await relay.stream("u", Origin=origin)
            assert "access-control-allow-origin" not in stream.headers


async def test_any_origin_when_configured_so() -> None:
    """`*` lets every origin read; there are no cookies to steal."""
    async with running_relay(cors_origins="*") as relay:
        stream = await relay.stream("u", Origin="https://any.example.com")
        assert stream.headers["access-control-allow-origin"] == "*"


VALID = f"GET {STREAM} HTTP/1.1\r\nHost: x\r\n"
NONSENSE = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "http2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": f"GET {STREAM} HTTP/1.1\r\n\r\n".encode(),
    "two hosts": f"{VALID}Host: y\r\n\r\n".encode(),
    "two tokens": f"{VALID}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n".encode(),
    "two ids": f"{VALID}Last-Event-ID: 0-1\r\nLast-Event-ID: 0-2\r\n\r\n".encode(),
    "length and chunked": f"{VALID}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
    "two lengths": f"{VALID}Content-Length: 5\r\nContent-Length: 6\r\n\r\n".encode(),
    "negative length": f"{VALID}Content-Length: -1\r\n\r\n".encode(),
    "unknown encoding first": f"{VALID}Transfer-Encoding: chunked, identity\r\n\r\n".encode(),
    "blank in name": f"{VALID}Bad Name: x\r\n\r\n".encode(),
    "blank before colon": f"{VALID}Authorization : x\r\n\r\n".encode(),
    "folded header": f"{VALID}A: b\r\n c\r\n\r\n".encode(),
    "nul in value": f"{VALID}A: b\0c\r\n\r\n".encode(),
    "bare line feeds": f"GET {STREAM} HTTP/1.1\nHost: x\n\n".encode(),
    "bare cr": f"GET {STREAM} HTTP/1.1\rHost: x\r\r".encode(),
    "no version": f"GET {STREAM}\r\n\r\n".encode(),
    "version 9": f"GET {STREAM} HTTP/9.9\r\nHost: x\r\n\r\n".encode(),
    "bad percent utf-8": f"GET {STREAM}%ff HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "raw bytes in target": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad query": f"GET {STREAM}?a=%ff HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "many fields": f"GET {STREAM}?{'a=1&' * 30} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "long target": f"GET /{'a' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "long header": f"{VALID}A: {'b' * 20_000}\r\n\r\n".encode(),
    "many headers": (VALID + "".join(f"A{n}: b\r\n" for n in range(100)) + "\r\n").encode(),
    "connect": b"CONNECT relay:443 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("raw", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_is_refused_and_closed(raw: bytes) -> None:
    """Ambiguous, broken or oversized requests get one 4xx or 505 answer and the end of the connection."""
    async with running_relay() as relay:
        client = await relay.send(raw)
        await client.head()
        assert 400 <= client.status < 500 or client.status == 505
        assert client.status not in {401, 403} or b"CONNECT" in raw
        assert client.headers["connection"] == "close"
        told = json.loads(await client.body())
        assert told["status"] == client.status
        assert told["code"]


async def test_requests_behind_a_request_are_not_answered() -> None:
    """One request a connection: nothing smuggled behind it is ever looked at."""
    async with running_relay() as relay:
        client = await relay.send(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        await client.head()
        assert await client.body() == b'{"status":"UP"}'


async def test_request_in_single_bytes() -> None:
    """However a request is cut up, it is one request."""
    async with running_relay() as relay:
        client = await relay.send(b"")
        for byte in f"GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\nX-Header: {'v' * 50}\r\n\r\n".encode():
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await client.head()
        assert client.status == 200


@pytest.mark.parametrize(
    "extra", ["Connection: Upgrade\r\nUpgrade: websocket\r\n", "Expect: 100-continue\r\n"]
)
async def test_offers_are_ignored(extra: str) -> None:
    """An upgrade or an expectation changes nothing."""
    async with running_relay() as relay:
        client = await relay.send(f"GET /healthz HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode())
        await client.head()
        assert client.status == 200


async def test_http_1_0_and_absolute_form() -> None:
    """Old clients and proxies' way of writing a target are understood."""
    async with running_relay() as relay:
        for line in ("GET /healthz HTTP/1.0\r\n", "GET http://relay/healthz HTTP/1.1\r\nHost: relay\r\n"):
            client = await relay.send(f"{line}\r\n".encode())
            await client.head()
            assert client.status == 200


async def test_slow_requests_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a head gets 408, silence is closed, and many such connections keep no one from being served."""
    monkeypatch.setattr(site, "REQUEST_SECONDS", 0.5)
    async with running_relay() as relay:
        slow = await relay.send(b"GET /healthz HTTP/1.1\r\nHost:")
        silent = [await relay.send(b"") for _ in range(300)]
        assert (await relay.request("/healthz")).status == 200
        await slow.head()
        assert slow.status == 408
        for client in silent:
            assert await client.body() == b""


async def test_answered_client_that_stays_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection does not stay open because its client does not close it."""
    monkeypatch.setattr(site, "REQUEST_SECONDS", 0.5)
    async with running_relay() as relay:
        client = await relay.request("/healthz")
        await client.body()
        await until(lambda: not relay.relay._site._requests, within=3)
