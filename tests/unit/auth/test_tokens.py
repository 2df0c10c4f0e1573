from __future__ import annotations

import asyncio
import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import ValidationError

from shared.auth import TokenVerifier, issue_ticket, verify_ticket
from shared.errors import UnauthenticatedError, UnavailableError
from shared.jwks import fetch_keys
from shared.settings import AuthSettings

ISSUER = "https://issuer.test"
AUDIENCE = "product-details"
SECRET = "a-secret-of-at-least-thirty-two-characters"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
SETTINGS = AuthSettings(
    jwks_url="http://127.0.0.1:9/keys", issuer=ISSUER, audience=AUDIENCE, ticket_secret=SECRET
)


def rsa_entry(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def ec_entry(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    return {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())), "kid": kid}


class Issuer:
    """Publishes keys, counts how often it is asked, and can be away."""

    def __init__(self) -> None:
        self.keys: list[Any] = [rsa_entry(RSA, "r1"), ec_entry(EC, "e1")]
        self.asked = 0
        self.away = False

    async def fetch(self, _url: str) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise UnavailableError("away")
        return json.dumps({"keys": self.keys}).encode()


class Clock:
    """A clock the test moves; starts at the real time, as PyJWT is not asked about time."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    return TokenVerifier(SETTINGS, fetch=issuer.fetch, clock=clock)


def claims(**changes: Any) -> dict[str, Any]:
    full = {
        "sub": "seller-1",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": time.time() + 600,
        "roles": ["admin", 7],
    }
    return {key: value for key, value in (full | changes).items() if value is not None}


def signed(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "r1", **changes: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def handmade(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA, "RS256", "r1"), (EC, "ES256", "e1")])
async def test_valid_token_names_the_user(
    verifier: TokenVerifier, key: Any, algorithm: str, kid: str
) -> None:
    """RS256 and ES256 tokens give the subject, the text roles, and the expiry."""
    expires = time.time() + 100
    identity = await verifier.verify(signed(key, algorithm, kid, exp=expires))
    assert (identity.user_id, identity.roles) == ("seller-1", frozenset({"admin"}))
    assert identity.expires_at == pytest.approx(expires, abs=1)


PUBLIC_PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def hmac_with_public_key() -> str:
    """The classic algorithm confusion: HS256 keyed with the published key's text."""
    import hashlib
    import hmac

    head = handmade({"alg": "HS256", "kid": "r1", "typ": "JWT"}, claims()).rsplit(".", 1)[0]
    signature = hmac.new(PUBLIC_PEM, head.encode(), hashlib.sha256).digest()
    return head + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


REFUSED = {
    "alg none": handmade({"alg": "none", "kid": "r1"}, claims()),
    "alg None in capitals": handmade({"alg": "NONE", "kid": "r1"}, claims()),
    "HS256 keyed with the public key": hmac_with_public_key(),
    "RS512": signed(algorithm="RS512"),
    "RS256 header on an EC key": signed(kid="e1"),
    "ES256 header on an RSA key": signed(EC, "ES256", "r1"),
    "other audience": signed(aud="somebody-else"),
    "other issuer": signed(iss="https://evil.test"),
    "no audience": signed(aud=None),
    "no issuer": signed(iss=None),
    "expired": signed(exp=time.time() - 1),
    "no expiry": signed(exp=None),
    "expiry as text": handmade({"alg": "RS256", "kid": "r1"}, claims(exp="soon"), b"x" * 256),
    "expiry beyond any float": signed(exp=10**400),
    "not before beyond any float": signed(nbf=10**400),
    "no subject": signed(sub=None),
    "empty subject": signed(sub=""),
    "subject with a line break": signed(sub="a\nb"),
    "subject too long": signed(sub="x" * 300),
    "not yet valid": signed(nbf=time.time() + 60),
    "issued in the future": signed(iat=time.time() + 60),
    "no kid": signed(kid=None),
    "unknown kid": signed(kid="nobody"),
    "another's signature": signed(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "broken signature": signed()[:-8] + "AAAAAAAA",
    "no signature": signed().rsplit(".", 1)[0] + ".",
    "two parts": "a.b",
    "not base64": "ä.ö.ü",
    "lone surrogate": "\ud800.a.b",
    "empty": "",
    "huge": "a" * 100_000,
    "header is a list": handmade([], claims(), b"x"),  # type: ignore[arg-type]  # on purpose
    "deep header": base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.AA",
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED.keys())
async def test_refused_without_echo(verifier: TokenVerifier, token: str) -> None:
    """Everything else is refused, and the message never repeats the token."""
    with pytest.raises(UnauthenticatedError) as raised:
        await verifier.verify(token)
    assert len(token) < 10 or token not in raised.value.message
    assert raised.value.__cause__ is None or token not in raised.value.message


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of the key made to be refused
async def test_symmetric_and_small_keys_are_not_used(issuer: Issuer, verifier: TokenVerifier) -> None:
    """A key set may hold keys of other kinds; none of them verifies a token."""
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is the point
    octets = {"kty": "oct", "kid": "o1", "k": base64.urlsafe_b64encode(b"k" * 32).decode()}
    issuer.keys += [octets, rsa_entry(small, "s1"), {**rsa_entry(RSA, "enc"), "use": "enc"}, "nonsense", {}]
    for token in (signed("k" * 32, "HS256", "o1"), signed(small, kid="s1"), signed(kid="enc")):
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token)
    assert await verifier.verify(signed())


async def test_keys_are_fetched_once(issuer: Issuer, verifier: TokenVerifier) -> None:
    """Many callers at once cost one look at the key set, and later ones none."""
    await asyncio.gather(*(verifier.verify(signed(sub=f"s{n}")) for n in range(20)))
    assert issuer.asked == 1
    assert verifier.verify_now(signed(sub="later")) is not None


async def test_verify_now_leaves_fetching_to_verify(verifier: TokenVerifier) -> None:
    """Without keys at hand the synchronous path says so instead of refusing."""
    assert verifier.verify_now(signed()) is None


async def test_unknown_kid_refetches_at_most_every_ten_seconds(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    """A rotated key is found by one more look; a flood of made-up kids costs no more than that."""
    await verifier.verify(signed())
    issuer.keys.append(rsa_entry(RSA, "r2"))
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(signed(kid="r2"))
    assert issuer.asked == 1
    clock.now += 11
    assert await verifier.verify(signed(kid="r2"))
    assert issuer.asked == 2


async def test_issuer_away_keeps_known_keys(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    """Cached keys outlive their ten minutes while the issuer does not answer."""
    await verifier.verify(signed())
    issuer.away = True
    clock.now += 3600
    assert await verifier.verify(signed(exp=clock.now + 60))
    await asyncio.sleep(0)
    assert issuer.asked == 2


async def test_withdrawn_key_ends_with_the_cache(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    """A token whose key was withdrawn is refused once the keys were read anew."""
    token = signed(exp=clock.now + 7200)
    await verifier.verify(token)
    issuer.keys = [ec_entry(EC, "e1")]
    clock.now += 601
    await verifier.verify(signed(EC, "ES256", "e1", exp=clock.now + 60))
    assert verifier._keys._running is not None
    await verifier._keys._running
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(token)


async def test_no_key_at_all_is_unavailable(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    """When no key could ever be read, that is our trouble, not the caller's."""
    issuer.away = True
    with pytest.raises(UnavailableError):
        await verifier.verify(signed())
    issuer.away = False
    clock.now += 2
    assert await verifier.verify(signed())


@pytest.mark.parametrize(
    ("published", "reason"),
    [
        (None, "Connection refused"),
        (b"<html>", "Expecting value"),
        (b"[" * 100_000, "recursion"),
        (b'{"keys": []}', "no key of a type we take"),
    ],
    ids=["away", "no json", "deep", "no keys"],
)
async def test_the_log_says_why_there_are_no_keys(
    published: bytes | None, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All requests are 503 then, and whoever is on duty must see what is wrong with the key set."""

    async def fetch(_url: str) -> bytes:
        if published is None:
            raise UnavailableError("away") from ConnectionRefusedError(111, "Connection refused")
        return published

    verifier = TokenVerifier(SETTINGS, fetch=fetch)
    with pytest.raises(UnavailableError):
        await verifier.verify(signed())
    (record,) = [record for record in caplog.records if record.name == "shared.jwks"]
    assert record.levelname == "WARNING"
    assert reason in record.__dict__["reason"]


@pytest.mark.parametrize("url", ["ftp://issuer.test/keys", "issuer.test/keys", "file:///etc/passwd", ""])
def test_key_sets_address_is_checked_at_the_start(url: str) -> None:
    """Only http(s) can ever be read: a process with anything else does not start, and names the setting."""
    with pytest.raises(ValidationError, match="AUTH_JWKS_URL"):
        AuthSettings.model_validate({**SETTINGS.model_dump(by_alias=True), "AUTH_JWKS_URL": url})


async def test_remembered_token_expires(verifier: TokenVerifier, clock: Clock) -> None:
    """A token verified before is refused from its expiry on, to the second."""
    token = signed(exp=int(clock.now) + 30)
    await verifier.verify(token)
    clock.now = int(clock.now) + 29.9
    assert await verifier.verify(token)
    clock.now += 0.2
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(token)


async def test_memory_of_tokens_is_bounded(verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old entries make room for new ones."""
    monkeypatch.setattr("shared.auth._REMEMBERED", 3)
    for number in range(6):
        await verifier.verify(signed(EC, "ES256", "e1", sub=f"s{number}"))
    assert len(verifier._known) == 3


def test_ticket_carries_the_tokens_expiry() -> None:
    """A ticket opens a stream that ends with the caller's token."""
    expires = time.time() + 500
    identity = verify_ticket(issue_ticket("seller-1", SECRET, expires_at=expires), SECRET)
    assert (identity.user_id, identity.expires_at, identity.roles) == ("seller-1", expires, frozenset())


def test_ticket_is_short_lived() -> None:
    """After its minute, or after the token's end, a ticket opens nothing."""
    clock = Clock()
    long = issue_ticket("s", SECRET, expires_at=clock.now + 500, clock=clock)
    short = issue_ticket("s", SECRET, expires_at=clock.now + 5, clock=clock)
    clock.now += 6
    assert verify_ticket(long, SECRET, clock=clock)
    with pytest.raises(UnauthenticatedError):
        verify_ticket(short, SECRET, clock=clock)
    clock.now += 60
    with pytest.raises(UnauthenticatedError):
        verify_ticket(long, SECRET, clock=clock)


@pytest.mark.parametrize(
    "ticket",
    [
        jwt.encode({"sub": "s", "aud": "stream-ticket", "exp": time.time() + 60}, SECRET, "HS256"),
        jwt.encode(
            {"sub": "s", "aud": "other", "exp": time.time() + 60, "token_expires_at": 9e9}, SECRET, "HS256"
        ),
        jwt.encode(
            {"sub": "s", "aud": "stream-ticket", "exp": time.time() + 60, "token_expires_at": 9e9},
            "z" * 32,
            "HS256",
        ),
        handmade({"alg": "none"}, {"sub": "s", "aud": "stream-ticket", "exp": 9e9, "token_expires_at": 9e9}),
        signed(),
        "nonsense",
        "x" * 20_000,
    ],
)
def test_other_tickets_are_refused(ticket: str) -> None:
    """Another secret, audience or algorithm, a missing expiry, or a bearer token: no ticket."""
    with pytest.raises(UnauthenticatedError):
        verify_ticket(ticket, SECRET)


async def test_ticket_is_no_token(verifier: TokenVerifier) -> None:
    """A ticket cannot be used where a bearer token is asked for."""
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(issue_ticket("s", SECRET, expires_at=time.time() + 60))


class _Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/keys")
            self.end_headers()
            return
        self.send_response(200 if self.path != "/gone" else 404)
        self.end_headers()
        self.wfile.write(b"x" * (300_000 if self.path == "/large" else 10))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Keys) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


async def test_key_set_is_read_over_http(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain answer is read, whatever proxy the environment names."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert await fetch_keys(f"{server}/keys") == b"x" * 10


@pytest.mark.parametrize("path", ["/large", "/moved", "/gone"])
async def test_other_answers_are_no_key_set(server: str, path: str) -> None:
    """Too much, a redirect or an error is the same as no answer."""
    with pytest.raises(UnavailableError):
        await fetch_keys(server + path)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:9/", "http://["]
)
async def test_other_addresses_are_unavailable(url: str) -> None:
    """Only http and https are followed; nobody there is unavailable."""
    with pytest.raises(UnavailableError):
        await fetch_keys(url)
