"""Relays as processes of their own, an issuer whose keys they fetch, and the real publisher's sender."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from httpx_sse import ServerSentEvent, aconnect_sse

from tests.contract.conftest import free_port
from tests.contract.eventhubs.stand_in import StandIn

ROOT = Path(__file__).parents[3]
AUDIENCE, ISSUER = "product-details", "https://issuer.test"
SECRET = "a-secret-of-at-least-thirty-two-characters"
_KEY = ec.generate_private_key(ec.SECP256R1())


class _Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_KEY.public_key()))
        body = json.dumps({"keys": [key | {"kid": "k1"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running_issuer() -> Iterator[str]:
    """The address of a key set."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/keys"
        finally:
            server.shutdown()
            thread.join()


def token(user_id: str, seconds: float = 600) -> str:
    """A bearer token for this user."""
    claims = {"sub": user_id, "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + seconds}
    return jwt.encode(claims, _KEY, algorithm="ES256", headers={"kid": "k1"})


class RelayProcess:
    """`python -m notifications.relay` against a broker."""

    def __init__(self, broker: StandIn, jwks_url: str, group: str = "relay-0", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "AUTH_JWKS_URL": jwks_url,
            "AUTH_ISSUER": ISSUER,
            "AUTH_AUDIENCE": AUDIENCE,
            "STREAM_TICKET_SECRET": SECRET,
            "EVENTHUB": broker.connection_string,
            "RELAY_HOST": "127.0.0.1",
            "RELAY_PORT": str(self.port),
            "RELAY_CONSUMER_GROUPS": group,
            "RELAY_GRACE_SECONDS": "2",
            **settings,
        }

    def start(self, *, ready: bool = True, under: Sequence[str] = ()) -> None:
        """Start it, `under` a command that runs it, and wait until it listens, or is ready."""
        self.process = subprocess.Popen(
            [*under, sys.executable, "-m", "notifications.relay"],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.wait("/readyz" if ready else "/healthz")

    def status(self, path: str) -> int:
        """The status a probe gets; 0 when nobody listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=2) as answer:  # noqa: S310  our own process
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait(self, path: str, status: int = 200, within: float = 20) -> None:
        """Wait until a probe answers so."""
        ends = time.monotonic() + within
        while self.status(path) != status:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < ends, f"{path} is not {status}"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Signal it and wait; exit status, stdout, stderr."""
        self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=15)
        return self.process.returncode, out, errors

    @asynccontextmanager
    async def events(
        self, user: str, last_id: str = "", **query: str
    ) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
        """A stream as httpx-sse reads it."""
        headers = {"Authorization": f"Bearer {token(user)}"} | ({"Last-Event-ID": last_id} if last_id else {})
        url = f"{self.url}/api/notifications/stream/{user}"
        async with (
            httpx.AsyncClient(timeout=40) as client,
            aconnect_sse(client, "GET", url, headers=headers, params=query) as source,
        ):
            source.response.raise_for_status()
            yield aiter(source.aiter_sse())


def body(user: str, number: int, task: str = "t1", **data: Any) -> bytes:
    """An event as the outbox hands it out."""
    import uuid
    from datetime import UTC, datetime

    from shared.events import Event, EventType

    made = Event(
        str(uuid.uuid4()), user, EventType.PROGRESS, task, datetime.now(UTC), {"sequence": number, **data}
    )
    return made.encode()
