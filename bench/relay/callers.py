"""Who opens streams: users with tokens of an issuer whose keys are served from this process."""

from __future__ import annotations

import http.server
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

from local.standins.tokens import AUDIENCE, ISSUER, jwks, public_jwk, signing_key
from shared.auth import issue_ticket

_SECRET = "a-ticket-secret-for-the-bench-only-000000"  # noqa: S105  signs nothing but the bench's tickets
_VALID_SECONDS = 4 * 3600


@dataclass(frozen=True, slots=True)
class Callers:
    """Users and what lets them in.

    Attributes:
        users: their ids.
        tokens: one of each, RS256.
        settings: what makes a relay accept them.
    """

    users: Sequence[str]
    tokens: Sequence[str]
    settings: dict[str, str]

    def tickets(self, count: int) -> list[str]:
        """New tickets of the first `count` users."""
        expires = time.time() + _VALID_SECONDS
        return [issue_ticket(user, _SECRET, expires_at=expires) for user in self.users[:count]]


@contextmanager
def callers(count: int) -> Iterator[Callers]:
    """Make users and serve the keys their tokens are signed with."""
    with tempfile.TemporaryDirectory(prefix="bench-relay-keys-") as place:
        folder = Path(place)
        users = [f"bench-user-{number:05d}" for number in range(count)]
        tokens = _tokens(folder, users)
        with _issuer(json.dumps(jwks(folder)).encode()) as url:
            settings = {
                "AUTH_JWKS_URL": url,
                "AUTH_ISSUER": ISSUER,
                "AUTH_AUDIENCE": AUDIENCE,
                "STREAM_TICKET_SECRET": _SECRET,
            }
            yield Callers(users, tokens, settings)


def _tokens(folder: Path, users: Sequence[str]) -> list[str]:
    """As local.standins.tokens makes them, the key read once."""
    key, now = signing_key(folder), int(time.time())
    headers = {"kid": public_jwk(key)["kid"]}
    common = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + _VALID_SECONDS}
    return [jwt.encode({"sub": user, **common}, key, algorithm="RS256", headers=headers) for user in users]


@contextmanager
def _issuer(keys: bytes) -> Iterator[str]:
    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/keys"
        finally:
            server.shutdown()
            thread.join()
