"""Events as the outbox writes them, made fast, each holding the moment of its making."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

from shared.events import Event, EventType

# Stands once in every event and nowhere else, so that counting this byte in a stream counts events however the
# stream is cut into pieces.
MARK = b"~"
_DIGITS = 20
_ID, _USER, _SENT = "#id#", "#user#", "#sent#"


def _template() -> bytes:
    data = {
        "sequence": 7,
        "percent": 58,
        "step": "blocks",
        "done": 4,
        "total": 9,
        "message": "블록 4개를 썼습니다",
        "sent": _SENT,
    }
    event = Event(
        _ID, _USER, EventType.PROGRESS, "task-of-the-bench", datetime(2026, 11, 20, tzinfo=UTC), data
    )
    text = event.encode().decode().replace("%", "%%")
    text = text.replace(_ID, "00000000-0000-4000-8000-%012x").replace(_USER, "%b")
    return text.replace(_SENT, "~%020d").encode()


class Events:
    """Makes CloudEvents of type task.progress, about 400 bytes each, every one with an id of its own."""

    def __init__(self) -> None:
        self._template = _template()
        self._numbers = count(1)

    def bodies(self, users: Iterable[bytes]) -> list[bytes]:
        """An event for each of these users, made now."""
        # The order of the holes is that of the envelope: id, user, moment.
        template, numbers, now = self._template, self._numbers, time.monotonic_ns()
        return [template % (next(numbers), user, now) for user in users]


def sent_at(data: bytes) -> int | None:
    """The moment (monotonic, nanoseconds) in the first event of what was received; None when it is cut off."""
    start = data.find(MARK) + 1
    digits = data[start : start + _DIGITS]
    return int(digits) if start and len(digits) == _DIGITS and digits.isdigit() else None
