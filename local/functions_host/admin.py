"""`POST /admin/functions/<name>`: run a timer or queue function by hand, as Azure's host offers it.

https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http: the body is `{"input": "..."}`, the
answer 202 at once. Azure asks for the master key; the local host has none.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from local.functions_host.index import IndexedFunction
from local.functions_host.response import Response, empty
from local.functions_host.storage import Message
from local.functions_host.triggers import queue_invocation, timer_invocation
from local.functions_host.worker import Invocation, Outcome

PATH = "/admin/functions/"
_TIME_TO_LIVE = timedelta(days=7)


class ManualRuns:
    """Starts functions by name, and knows which of them still run."""

    def __init__(
        self,
        functions: Mapping[str, IndexedFunction],
        invoke: Callable[[IndexedFunction, Invocation], Awaitable[Outcome]],
    ) -> None:
        self._functions = {name.lower(): function for name, function in functions.items()}
        self._invoke = invoke
        self._running: set[asyncio.Future[Outcome]] = set()

    def start(self, method: str, path: str, body: bytes) -> Response:
        """Start the function a request names: 202, 404 for none such, 400 for a body that is no `{"input": text}`."""
        function = self._functions.get(path.removeprefix(PATH).strip("/").lower())
        if method != "POST" or function is None:
            return empty(404)
        try:
            invocation = _invocation(function, body)
        except (ValueError, TypeError, KeyError):
            return empty(400)
        run = asyncio.ensure_future(self._invoke(function, invocation))
        self._running.add(run)
        run.add_done_callback(self._running.discard)
        return empty(202)

    async def drain(self) -> None:
        """Wait for what was started."""
        while self._running:
            await asyncio.wait(self._running)


def _invocation(function: IndexedFunction, body: bytes) -> Invocation:
    now = datetime.now(UTC)
    if function.trigger.type == "timerTrigger":
        return timer_invocation(function, last=None, due=now, monitored=False)
    text = json.loads(body)["input"]
    if not isinstance(text, str):
        raise TypeError("the input has to be a text")
    message = Message(str(uuid.uuid4()), text, "", 1, now, now + _TIME_TO_LIVE, now)
    return queue_invocation(function, message, text.encode())
