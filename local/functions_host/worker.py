"""Running an indexed function through Microsoft's runtime library."""

import asyncio
import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.functions_host.index import RUNTIME_LOGGER, IndexedFunction

log = logging.getLogger("local.functions_host.worker")
_RUNTIME_FAILURE = "Native invocation failed"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a trigger hands to its function: inputs and trigger metadata as the runtime's Datum objects."""

    inputs: Sequence[tuple[str, Any]]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    trace_parent: str = ""
    trace_state: str = ""
    retry_count: int = 0
    max_retry_count: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation; `outputs` holds Datum objects by binding name, the return value as `$return`."""

    ok: bool
    outputs: Mapping[str, Any] = field(default_factory=dict)


_FAILED = Outcome(ok=False)


class Worker:
    """Invokes functions: async ones on the running loop, the others in the runtime's thread pool.

    The pool has PYTHON_THREADPOOL_THREAD_COUNT threads, min(32, processors + 4) by default, as on Azure.
    """

    def __init__(self, function_timeout: float | None) -> None:
        from azure_functions_runtime import start_threadpool_executor
        from azure_functions_runtime.native_invocation import invocation_request_native

        start_threadpool_executor()
        logging.getLogger(RUNTIME_LOGGER).addFilter(_is_not_runtime_failure)
        self._native = invocation_request_native
        self._timeout = function_timeout
        self.running: dict[str, str] = {}  # invocation id -> function name
        self.overran = False  # a function exceeded its time: its thread may still be running

    async def invoke(self, function: IndexedFunction, invocation: Invocation) -> Outcome:
        """Run the function once. It never raises for what the function does: that is a failed outcome, logged.

        A function that exceeds the app's functionTimeout fails; a coroutine is cancelled, a thread can only be left
        behind (Azure restarts the worker process then).
        """
        invocation_id = str(uuid.uuid4())
        self.running[invocation_id] = function.name
        try:
            async with asyncio.timeout(self._timeout):
                return await self._run(function, invocation, invocation_id)
        except TimeoutError:
            self.overran = True
            log.critical(
                "%s exceeded functionTimeout of %s s",
                function.name,
                self._timeout,
                extra={"id": invocation_id},
            )
            return _FAILED
        except asyncio.CancelledError:
            # Raised by the function itself, e.g. from a task it cancelled: a failure, not an order to this task.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            log.exception("%s let a CancelledError out (invocation %s)", function.name, invocation_id)
            return _FAILED
        finally:
            del self.running[invocation_id]

    async def _run(self, function: IndexedFunction, invocation: Invocation, invocation_id: str) -> Outcome:
        ok, returned, outputs, _, traceback = await self._native(
            invocation_id,
            function.function_id,
            invocation.inputs,
            invocation.metadata,
            invocation.trace_parent or _new_trace_parent(),
            invocation.trace_state,
            invocation.retry_count,
            invocation.max_retry_count,
        )
        if not ok:
            log.error("%s failed (invocation %s)\n%s", function.name, invocation_id, traceback)
            return _FAILED
        values = dict(outputs)
        if returned is not None:
            values["$return"] = returned
        return Outcome(ok=True, outputs=values)


def _new_trace_parent() -> str:
    """Start a W3C trace context, as Azure's host does where none comes in; the sampled flag is off."""
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-00"


def _is_not_runtime_failure(record: logging.LogRecord) -> bool:
    """Drop the runtime's own log of a failure: the worker logs it with the function's name."""
    return record.msg != _RUNTIME_FAILURE
