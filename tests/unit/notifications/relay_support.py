"""A relay in this process, fed by the test instead of Event Hubs, and a raw client for its streams."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.relay.app import Relay
from notifications.relay.hub import Hub
from notifications.relay.incoming import Received
from notifications.relay.metrics import Metrics
from shared.auth import TokenVerifier
from shared.events import Event, EventType
from shared.settings import AuthSettings, RelaySettings

ISSUER = "https://issuer.test"
AUDIENCE = "product-details"
SECRET = "a-secret-of-at-least-thirty-two-characters"
_KEY = ec.generate_private_key(ec.SECP256R1())


def auth_settings() -> AuthSettings:
    """Settings that accept `token`."""
    return AuthSettings(
        jwks_url="http://127.0.0.1:9/keys", issuer=ISSUER, audience=AUDIENCE, ticket_secret=SECRET
    )


async def published_keys(_url: str = "") -> bytes:
    """The issuer's key set."""
    key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_KEY.public_key()))
    return json.dumps({"keys": [key | {"kid": "k1", "alg": "ES256", "use": "sig"}]}).encode()


def token(user_id: str, seconds: float = 600) -> str:
    """A bearer token for this user."""
    claims = {"sub": user_id, "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + seconds}
    return jwt.encode(claims, _KEY, algorithm="ES256", headers={"kid": "k1"})


def event_body(user_id: str, number: int = 0, **data: Any) -> bytes:
    """A progress event as the publisher sends it."""
    return Event(
        str(uuid.uuid4()),
        user_id,
        EventType.PROGRESS,
        "task",
        datetime.now(UTC),
        {"sequence": number, **data},
    ).encode()


class FedSource:
    """A Source that tests feed by hand."""

    def __init__(self, hub: Hub, partitions: Sequence[str] = ("0", "1")) -> None:
        self.hub = hub
        self.filled = True
        self.reachable = True
        for partition in partitions:
            hub.window.open(partition)

    def ready(self) -> bool:
        """See Source."""
        return self.filled

    def lag(self) -> dict[str, int]:
        """See Source."""
        return {}

    async def run(self) -> None:
        """See Source."""
        await asyncio.Event().wait()

    def feed(self, partition: str, sequence: int, *bodies: bytes) -> None:
        """Deliver these bodies as one batch, numbered from `sequence`."""
        batch = [Received(sequence + index, time.time(), body) for index, body in enumerate(bodies)]
        self.hub.receive(partition, batch)


@dataclass
class ServerSentEvent:
    """One parsed event."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        """The data read as JSON."""
        return json.loads(self.data)


@dataclass
class StreamClient:
    """A client on a raw socket: the status line, headers, and events by the WHATWG rules."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    retry: int | None = None
    comments: int = 0
    last_id: str = ""

    async def head(self) -> None:
        """Read the answer's head."""
        raw = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)
        status, *lines = raw.decode("latin-1").split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
        }

    async def body(self) -> bytes:
        """Everything up to the end."""
        return await asyncio.wait_for(self.reader.read(), 5)

    async def event(self, within: float = 5) -> ServerSentEvent:
        """The next event; EOFError when the stream has ended."""
        async with asyncio.timeout(within):
            return await self._event()

    async def _event(self) -> ServerSentEvent:
        name, data = "", list[str]()
        while True:
            line = await self.reader.readline()
            if not line:
                raise EOFError
            text = line.decode().rstrip("\n")
            key, _, value = text.partition(":")
            value = value.removeprefix(" ")
            if not text:
                if data:
                    return ServerSentEvent(self.last_id, name or "message", "\n".join(data))
                name, data = "", []
            elif not key:
                self.comments += 1
            elif key == "id":
                self.last_id = value
            elif key == "event":
                name = value
            elif key == "data":
                data.append(value)
            elif key == "retry":
                self.retry = int(value)

    async def ended(self, within: float = 5) -> None:
        """Wait until the server has closed; what still comes is skipped."""
        try:
            while True:
                await self.event(within)
        except (EOFError, ConnectionError):
            return

    async def close(self) -> None:
        """Leave."""
        self.writer.close()


@dataclass(kw_only=True)
class Edge:
    """A relay's port, and the raw clients that were opened on it."""

    port: int
    clients: list[StreamClient] = field(default_factory=list)

    async def send(self, raw: bytes) -> StreamClient:
        """Open a connection and send these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        client = StreamClient(reader, writer)
        self.clients.append(client)
        writer.write(raw)
        return client

    async def request(self, target: str, *, method: str = "GET", **headers: str) -> StreamClient:
        """Send a request and read the answer's head."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: relay", *lines, "", ""])
        client = await self.send(head.encode())
        await client.head()
        return client


@dataclass(kw_only=True)
class RunningRelay(Edge):
    """A relay in this process and its source."""

    relay: Relay
    source: FedSource

    async def stream(self, user_id: str, *, query: str = "", **headers: str) -> StreamClient:
        """Open this user's stream with a valid token."""
        headers.setdefault("Authorization", f"Bearer {token(user_id)}")
        return await self.request(f"/api/notifications/stream/{user_id}{query}", **headers)


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], within: float = 12) -> None:
    """Wait for a condition, looking every few milliseconds."""
    async with asyncio.timeout(within):
        while True:
            met = condition()
            if met is True or (isinstance(met, Awaitable) and await met):
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_relay(**settings: Any) -> AsyncIterator[RunningRelay]:
    """A relay on a free port of this machine."""
    sources: list[FedSource] = []

    def source(hub: Hub, _metrics: Metrics) -> FedSource:
        sources.append(FedSource(hub))
        return sources[0]

    verifier = TokenVerifier(auth_settings(), fetch=published_keys)
    chosen = RelaySettings.model_validate({"host": "127.0.0.1", "port": 0} | settings)
    relay = Relay(auth_settings(), chosen, source, tokens=verifier)
    running = RunningRelay(relay=relay, source=sources[0], port=await relay.start())
    try:
        yield running
    finally:
        await relay.stop(0)
        for client in running.clients:
            await client.close()
