"""Follows a user's stream and prints its events: a complete client in Python, standing alone.

    pip install httpx httpx-sse
    STREAM_TOKEN=... python stream.py https://relay.example.com/api/notifications/stream/seller-1

It resumes where it was cut, drops what it has seen, and says when events may be missing.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from httpx_sse import SSEError, connect_sse

_LONGEST_WAIT = 30.0
_SILENT = 45.0  # three heartbeats
_FINAL = frozenset({400, 401, 403, 404, 405})


class StreamRefusedError(Exception):
    """The stream will not be granted, however often it is asked for."""


def follow(url: str, token: Callable[[], str], *, last_event_id: str = "") -> Iterator[dict[str, Any]]:
    """Every event of the stream once, as a CloudEvent, for ever; `reset` events included.

    Args:
        url: the user's stream.
        token: gives a valid bearer token; asked before each connection.
        last_event_id: where to resume, if anywhere.

    Raises:
        StreamRefusedError: the token or the address is wrong.
    """
    seen: dict[str, None] = {}
    newest: dict[str, int] = {}
    failures = 0
    with httpx.Client(timeout=httpx.Timeout(10.0, read=_SILENT)) as client:
        while True:
            headers = {"Authorization": f"Bearer {token()}"}
            if last_event_id:
                headers["Last-Event-ID"] = last_event_id
            try:
                with connect_sse(client, "GET", url, headers=headers) as source:
                    if source.response.status_code in _FINAL:
                        raise StreamRefusedError(f"the stream answered {source.response.status_code}")
                    source.response.raise_for_status()
                    failures = 0
                    for message in source.iter_sse():
                        last_event_id = message.id
                        event = json.loads(message.data)
                        if _is_new(event, seen, newest):
                            yield event
            except (httpx.HTTPError, SSEError):
                failures += 1
            time.sleep(_wait(failures))


def _is_new(event: dict[str, Any], seen: dict[str, None], newest: dict[str, int]) -> bool:
    if event["id"] in seen:
        return False
    seen[event["id"]] = None
    if len(seen) > 2_000:  # noqa: PLR2004  far more than a connection's queue or a replay holds
        del seen[next(iter(seen))]
    task, sequence = event.get("subject"), event["data"].get("sequence")
    if task is None or sequence is None:
        return True
    if sequence <= newest.get(task, -1):
        return False
    newest[task] = sequence
    return True


def _wait(failures: int) -> float:
    longest = min(_LONGEST_WAIT, 0.5 * 2.0 ** min(failures, 20))  # a night of failures would overflow a float
    return random.uniform(longest / 2, longest)  # noqa: S311  spreads reconnects


def main(arguments: list[str]) -> None:
    """Print the stream named on the command line."""
    if len(arguments) != 1 or not os.environ.get("STREAM_TOKEN"):
        sys.exit("usage: STREAM_TOKEN=... python stream.py URL-OF-THE-STREAM")
    try:
        for event in follow(arguments[0], lambda: os.environ["STREAM_TOKEN"]):
            if event["type"] == "reset":
                print("events may be missing: read the tasks again", file=sys.stderr)  # noqa: T201  a command-line tool
            else:
                print(json.dumps(event, ensure_ascii=False), flush=True)  # noqa: T201
    except (StreamRefusedError, httpx.InvalidURL) as error:
        sys.exit(f"stream.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
