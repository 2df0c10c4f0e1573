"""The host: an indexed app, its HTTP server, queue listeners and timers, started and stopped together."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from local.functions_host.admin import ManualRuns
from local.functions_host.asgi import DEFAULT_MAX_BODY, HttpApp
from local.functions_host.config import HostConfig, is_disabled, resolve
from local.functions_host.connections import find_account
from local.functions_host.errors import ConfigError, StorageError
from local.functions_host.index import IndexedFunction
from local.functions_host.lease import AZURE_LEASE_SECONDS
from local.functions_host.outputs import QueueOutputs
from local.functions_host.queues import POISON_SUFFIX, QueueListener
from local.functions_host.routes import RouteTable, compile_route, describe
from local.functions_host.schedules import parse_schedule
from local.functions_host.storage import Message, QueueClient
from local.functions_host.timers import Timer
from local.functions_host.triggers import queue_invocation
from local.functions_host.worker import Invocation, Outcome, Worker

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger("local.functions_host")
_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
_TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")


class FunctionsHost:
    """Runs an app's functions. Build it inside the running loop; `http` is the ASGI application to serve.

    Args:
        functions: what `index_app` returned.
        config: what `read_config` returned.
        environ: the settings: connections, `%name%` references, disabled functions.
        session: for the calls to the queue service; the caller closes it after `drain`.
        timers: whether this host runs the timers.
        lease: seconds a received message is hidden; Azure's 600, shorter only to test what follows a crash.

    Raises:
        ConfigError: a route, queue name, schedule or connection of the app cannot be used.
    """

    def __init__(
        self,
        functions: Sequence[IndexedFunction],
        config: HostConfig,
        environ: Mapping[str, str],
        session: "aiohttp.ClientSession",
        *,
        timers: bool = True,
        lease: float = AZURE_LEASE_SECONDS,
    ) -> None:
        self._config = config
        self._environ = environ
        self._lease = lease
        self._session = session
        self._functions = [f for f in functions if not is_disabled(f.name, environ) and _is_known(f)]
        self.worker = Worker(config.function_timeout)
        self._outputs = QueueOutputs(self._output_clients(), base64=config.queues.base64, notify=self._notify)
        by_hand = {f.name: f for f in (*self._of("queueTrigger"), *self._of("timerTrigger"))}
        self._manual = ManualRuns(by_hand, self.invoke)
        self.http = self._http_app()
        self._listeners = [self._listener(f) for f in self._of("queueTrigger")]
        self._timers = [self._timer(f) for f in self._of("timerTrigger")] if timers else []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to poll and to tick."""
        loops = [listener.listen() for listener in self._listeners] + [timer.tick() for timer in self._timers]
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        for task in self._tasks:
            task.add_done_callback(_report)

    async def drain(self) -> None:
        """Stop polling and ticking, then wait for what is running."""
        for listener in self._listeners:
            listener.stop()
        for timer in self._timers:
            timer.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(self._manual.drain(), *(listener.drain() for listener in self._listeners))

    async def invoke(self, function: IndexedFunction, invocation: Invocation) -> Outcome:
        """Run a function and send its queue outputs; an output that cannot be sent makes the invocation fail."""
        outcome = await self.worker.invoke(function, invocation)
        if not outcome.ok or not outcome.outputs:
            return outcome
        try:
            await self._outputs.send(function, outcome)
        except (StorageError, ValueError):
            log.exception("%s: its queue output cannot be sent", function.name)
            return Outcome(ok=False)
        return outcome

    def _of(self, trigger: str) -> list[IndexedFunction]:
        return [function for function in self._functions if function.trigger.type == trigger]

    def _notify(self, queue: str) -> None:
        for listener in self._listeners:
            if listener.queue_name == queue:
                listener.notify()

    def _http_app(self) -> HttpApp:
        functions = {function.name: function for function in self._of("httpTrigger")}
        prefix = self._config.route_prefix
        table = RouteTable(
            compile_route(f.name, resolve(f.route or "", self._environ), f.methods, prefix)
            for f in functions.values()
        )
        for name, route in describe(table.routes).items():
            log.info("%s: %s", name, route)
        for hidden, by in table.shadowed():
            log.warning("function %s is never reached: %s answers its route, here as on Azure", hidden, by)
        limit = int(self._environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", DEFAULT_MAX_BODY))
        return HttpApp(functions, table, self.invoke, self._manual, limit)

    def _client(self, settings: Mapping[str, Any], suffix: str = "") -> QueueClient:
        name = resolve(settings["queueName"], self._environ).lower() + suffix
        if not _QUEUE_NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no queue name (3 to 63 of a-z, 0-9 and single dashes)")
        return QueueClient(find_account(settings.get("connection") or "", self._environ), name, self._session)

    def _output_clients(self) -> dict[tuple[str, str], QueueClient]:
        return {
            (function.name, binding.name): self._client(binding.settings)
            for function in self._functions
            for binding in function.bindings
            if binding.type == "queue"
        }

    def _listener(self, function: IndexedFunction) -> QueueListener:
        queue = self._client(function.trigger.settings)
        poison = (
            None
            if queue.name.endswith(POISON_SUFFIX)
            else self._client(function.trigger.settings, POISON_SUFFIX)
        )
        run = partial(self._run_message, function)
        return QueueListener(queue, poison, run, self._config.queues, lease=self._lease)

    async def _run_message(self, function: IndexedFunction, message: Message, content: bytes) -> bool:
        try:
            invocation = queue_invocation(function, message, content)
        except UnicodeDecodeError as exc:
            log.error("%s: message %s is no UTF-8: %s", function.name, message.id, exc)  # noqa: TRY400
            return False
        return (await self.invoke(function, invocation)).ok

    def _timer(self, function: IndexedFunction) -> Timer:
        async def run(invocation: Invocation) -> bool:
            return (await self.invoke(function, invocation)).ok

        return Timer(
            function, parse_schedule(resolve(function.trigger.settings["schedule"], self._environ)), run
        )


def _is_known(function: IndexedFunction) -> bool:
    known = function.trigger.type in _TRIGGERS
    if not known:
        log.warning("%s is not run: this host has no %s", function.name, function.trigger.type)
    others = {b.type for b in function.bindings if b is not function.trigger} - {"queue", "http"}
    if known and others:
        raise ConfigError(
            f"function {function.name}: this host has no bindings of type {', '.join(sorted(others))}"
        )
    return known


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a listener died", exc_info=error)
