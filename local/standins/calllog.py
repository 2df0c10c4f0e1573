"""The calls received, in order, as GET /_log shows them."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from time import monotonic
from typing import Any

from local.standins.wire import encode

CAPACITY = 10_000
CLIENT_GONE = 499  # nginx's number for a client that hung up before the answer
CONNECTION_CUT = 0  # we cut the connection: there is no status
_BASE64 = re.compile(r"(data:[\w/+.;=-]*;base64,)?([A-Za-z0-9+/_-]{400,}={0,2})")


@dataclass(slots=True)
class Entry:
    """One call. `status` is None while it is in flight; `duration` is in seconds; the request is kept compressed."""

    seq: int
    endpoint: str
    method: str
    path: str
    packed: bytes
    at: str
    started: float
    status: int | None = None
    duration: float | None = None

    def finish(self, status: int) -> None:
        """Note the answer's status and how long it took."""
        self.status = status
        self.duration = round(monotonic() - self.started, 4)

    def shown(self) -> dict[str, Any]:
        """The entry as JSON."""
        request = json.loads(zlib.decompress(self.packed))
        shown = {name: getattr(self, name) for name in ("seq", "endpoint", "method", "path")}
        return shown | {"request": request, "status": self.status, "at": self.at, "duration": self.duration}


@dataclass(slots=True)
class CallLog:
    """The last 10,000 calls."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=CAPACITY))
    numbers: count[int] = field(default_factory=lambda: count(1))

    def start(self, endpoint: str, method: str, path: str, request: Any) -> Entry:
        """Note a call that has arrived; finish it when its answer is known."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        packed = zlib.compress(encode(abbreviate(request)), 1)
        entry = Entry(next(self.numbers), endpoint, method, path, packed, at, monotonic())
        self.entries.append(entry)
        return entry

    def shown(self) -> list[dict[str, Any]]:
        """All entries as JSON, oldest first."""
        return [entry.shown() for entry in self.entries]

    def clear(self) -> None:
        """Forget every call; numbering goes on."""
        self.entries.clear()


def abbreviate(value: Any) -> Any:
    """The same JSON with each base64 run of 400 characters or more as its digest and length."""
    if isinstance(value, dict):
        return {key: abbreviate(item) for key, item in value.items()}
    if isinstance(value, list):
        return [abbreviate(item) for item in value]
    return _abbreviate_text(value) if isinstance(value, str) else value


def _abbreviate_text(text: str) -> str:
    found = _BASE64.fullmatch(text)
    if not found:
        return text
    run = found.group(2)
    digest = hashlib.sha256(run.encode()).hexdigest()[:16]
    return f"{found.group(1) or ''}<sha256:{digest} {len(run)} characters>"
