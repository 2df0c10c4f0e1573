from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local.standins.tokens import AUDIENCE, ISSUER, make_token
from tests.contract.standins.conftest import ROOT, Standins, running

KEY = {"authorization": "Bearer local"}
CHAT = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "안녕하세요"}]}


def _until(holds: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_products_name_photos_that_load(standins: Standins) -> None:
    """A relative photo comes as an address of this process; no key is needed."""
    product = httpx.get(f"{standins.url}/products/S-2001").json()
    assert product["name"].startswith("온결")
    photo = httpx.get(product["photo"])
    assert photo.headers["content-type"] == "image/jpeg"
    missing = httpx.get(f"{standins.url}/products/none")
    assert (missing.status_code, missing.json()["code"]) == (404, "product_not_found")
    assert [entry["endpoint"] for entry in standins.log()] == ["product", "product"]


@pytest.mark.parametrize(
    ("fault", "status"), [("429;retry-after=3", 429), ("500", 500), ("html502", 502), ("bad_json", 200)]
)
def test_the_product_service_fails_on_request(standins: Standins, fault: str, status: int) -> None:
    """In its own words."""
    standins.fault("product", fault)
    reply = httpx.get(f"{standins.url}/products/S-2001")
    assert reply.status_code == status
    if fault == "bad_json":
        with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
            reply.json()


@pytest.mark.parametrize(
    "name", ["..%2fproducts.jsonl", "%2e%2e%2f%2e%2e%2fjwt-key.pem", "jwt-key.pem", "none.jpg", ".hidden.jpg"]
)
def test_photos_stay_in_their_folder(standins: Standins, name: str) -> None:
    """Nothing else is served."""
    assert httpx.get(f"{standins.url}/photos/{name}").status_code == 404


def test_other_products_bring_their_own_photos(tmp_path: Path) -> None:
    """`--products` reads another file; photos lie beside it."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"png")
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps({"product_id": "X", "name": "것", "photo": "photos/a.png"}), encoding="utf-8")
    with running(tmp_path / "data", "--products", str(file)) as standins:
        photo = httpx.get(f"{standins.url}/products/X").json()["photo"]
        assert httpx.get(photo).content == b"png"


def test_latency_is_kept_and_other_calls_go_on(standins: Standins) -> None:
    """Twenty plans of 0.4 s at once take little more than 0.4 s."""
    standins.control(latency={"chat": 0.4})
    times = asyncio.run(_many(standins, 20))
    assert min(times) >= 0.4
    assert max(times) < 1.5


async def _many(standins: Standins, count: int) -> list[float]:
    async with httpx.AsyncClient(timeout=10) as client:

        async def one(number: int) -> float:
            started = time.monotonic()
            reply = await client.post(
                f"{standins.url}/v1/chat/completions", headers=KEY, json=CHAT | {"seed": number}
            )
            assert reply.status_code == 200
            return time.monotonic() - started

        return list(await asyncio.gather(*map(one, range(count))))


def test_drawing_does_not_hold_up_others(standins: Standins) -> None:
    """While large pictures are drawn, a chat call is answered at once."""
    body = {"model": "m", "prompt": "p", "width": 1024, "height": 1024, "n": 4}
    image = threading.Thread(
        target=httpx.post,
        args=(f"{standins.url}/v1/images/generations",),
        kwargs={"headers": KEY, "json": body, "timeout": 30},
    )
    image.start()
    _until(lambda: any(entry["endpoint"] == "images" for entry in standins.log()))
    started = time.monotonic()
    httpx.post(f"{standins.url}/v1/chat/completions", headers=KEY, json=CHAT).raise_for_status()
    assert time.monotonic() - started < 0.5
    image.join()


def test_the_log_shows_calls_in_flight_and_clients_that_left(standins: Standins) -> None:
    """Status null at first; 499 once the client has hung up; 0 for a connection we cut."""
    standins.control(latency={"chat": 30})
    left = threading.Thread(target=_give_up, args=(standins, 1.0))
    left.start()
    _until(lambda: len(standins.log()) == 1)
    assert standins.log()[0]["status"] is None
    left.join()
    _until(lambda: standins.log()[0]["status"] == 499)
    standins.fault("chat", "drop")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{standins.url}/v1/chat/completions", headers=KEY, json=CHAT)
    _until(lambda: standins.log()[1]["status"] == 0)
    entry = standins.log()[1]
    assert entry["path"] == "/v1/chat/completions"
    assert entry["request"] == CHAT
    assert entry["at"].endswith("Z")
    assert entry["duration"] >= 0


def _give_up(standins: Standins, seconds: float) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{standins.url}/v1/chat/completions", headers=KEY, json=CHAT, timeout=seconds)


def test_bad_control_bodies_are_named(standins: Standins) -> None:
    """422 with a place for each problem; not JSON likewise."""
    reply = httpx.put(f"{standins.url}/_control", json={"latency": {"plam": 1}})
    assert (reply.status_code, reply.json()["errors"][0]["loc"]) == (422, "latency.plam")
    assert httpx.put(f"{standins.url}/_control", content=b"{").status_code == 422


@pytest.mark.parametrize("path", ["chat/completions", "embeddings", "images/generations"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"model": 1}', b"[" * 9000]
)
def test_hostile_bodies_get_400(standins: Standins, path: str, content: bytes) -> None:
    """Never a 500."""
    assert httpx.post(f"{standins.url}/v1/{path}", headers=KEY, content=content).status_code == 400


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic abc", "Bearer invalid"])
def test_a_key_is_needed(standins: Standins, authorization: str) -> None:
    """401 in OpenAI's words, and logged."""
    headers = {"authorization": authorization} if authorization else {}
    reply = httpx.post(f"{standins.url}/v1/chat/completions", headers=headers, json=CHAT)
    assert (reply.status_code, reply.json()["error"]["type"]) == (401, "invalid_request_error")
    assert standins.log()[0]["status"] == 401


def test_tokens_made_elsewhere_verify(standins: Standins) -> None:
    """The command line's tokens against the served key set."""
    token = make_token(standins.data_dir, "kim", roles=["admin"])
    key = jwt.PyJWKClient(f"{standins.url}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)
    assert claims["sub"] == "kim"


def test_sigterm_ends_it_soon_and_cleanly(tmp_path: Path) -> None:
    """Within seconds and with exit code 0, though a call is held."""
    with running(tmp_path) as standins:
        standins.fault("chat", "timeout")
        held = threading.Thread(target=_cut_off, args=(standins,))
        held.start()
        _until(lambda: len(standins.log()) == 1)
        started = time.monotonic()
        standins.process.terminate()
        assert standins.process.wait(10) == 0
        assert time.monotonic() - started < 4
        held.join()


def _cut_off(standins: Standins) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{standins.url}/v1/chat/completions", headers=KEY, json=CHAT, timeout=20)


def test_a_missing_products_file_is_said(tmp_path: Path) -> None:
    """Exit code 2 and the reason, not a stack trace."""
    import subprocess
    import sys

    command = [
        sys.executable,
        "-m",
        "local.standins",
        "--port",
        "1",
        "--data",
        str(tmp_path),
        "--products",
        "/none",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "/none" in done.stderr
    assert "Traceback" not in done.stderr
