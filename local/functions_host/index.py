"""Indexing a function app's folder through Microsoft's runtime library, as Azure does when an instance starts."""

import contextlib
import json
import logging
import os
import sys
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from local.functions_host import protos
from local.functions_host.errors import AppIndexError

RUNTIME_LOGGER = "azure.functions"
_CHAINED = "\nDuring handling of the above exception, another exception occurred:\n"
_HTTP_STREAMING = "HttpUri"

_indexed_apps: dict[
    Path, list["IndexedFunction"]
] = {}  # one at most: FunctionApp.get_functions works only once


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding as its decorator declares it; `settings` holds what is special to its type (queueName, route ...)."""

    name: str
    type: str
    direction: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A `retry` decorator's policy; delays in seconds. Azure honours it for timers, not for queues or HTTP."""

    max_retry_count: int
    exponential: bool
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class IndexedFunction:
    """A function of the app, with its bindings in the order of its decorators, innermost last."""

    name: str
    function_id: str
    bindings: tuple[Binding, ...]
    retry: RetryPolicy | None = None

    @property
    def trigger(self) -> Binding:
        """The binding that starts the function."""
        return next(binding for binding in self.bindings if binding.type.lower().endswith("trigger"))

    @property
    def route(self) -> str | None:
        """The route of an HTTP function, without the prefix of host.json."""
        return (self.trigger.settings.get("route") or self.name) if self._is_http else None

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of an HTTP function in upper case; none means all of them."""
        return tuple(method.upper() for method in self.trigger.settings.get("methods") or ())

    @property
    def auth_level(self) -> str | None:
        """`anonymous`, `function` or `admin` for an HTTP function (accepted without a key by the local host)."""
        return str(self.trigger.settings.get("authLevel", "FUNCTION")).lower() if self._is_http else None

    @property
    def _is_http(self) -> bool:
        return self.trigger.type == "httpTrigger"


def index_app(folder: str | Path) -> list[IndexedFunction]:
    """Import the app in `folder` and return its functions, sorted by name as Azure sorts them.

    Can be called in-process, e.g. by the app's own tests. It puts the folder first on sys.path and imports
    `function_app.py` from it; the working directory is the app's while it is imported, the caller's again afterwards.
    Microsoft's registry is global, so a process can index only one app; asking again returns the same index. Settings
    that the app reads while it is imported have to be in the environment. An app object can be indexed once: do not
    call its `get_functions()` as well.

    Raises:
        AppIndexError: there is no app, it cannot be imported, a function is declared wrongly, or it has no functions;
            the message holds the traceback.
    """
    app = Path(folder).resolve()
    script = app / os.environ.get(
        "PYTHON_SCRIPT_FILE_NAME", "function_app.py"
    )  # the runtime's own name for it
    if not script.is_file():
        raise AppIndexError(f"{script} does not exist: the folder holds no function app")
    _refuse_second_app(script)
    if script not in _indexed_apps:
        if sys.path[:1] != [str(app)]:
            sys.path.insert(0, str(app))
        with contextlib.chdir(app), _runtime_silenced():
            functions = [_indexed(metadata) for metadata in _load(app)]
        if not functions:
            raise AppIndexError(f"{script} declares no functions")
        _indexed_apps[script] = sorted(functions, key=lambda function: function.name.upper())
    return list(_indexed_apps[script])


def describe(functions: list[IndexedFunction]) -> list[dict[str, Any]]:
    """Return the index as plain data: name, trigger, and for HTTP functions route, methods and auth level."""
    return [
        {
            "name": function.name,
            "trigger": function.trigger.type,
            "route": function.route,
            "methods": list(function.methods),
            "auth_level": function.auth_level,
            "bindings": [
                {"name": b.name, "type": b.type, "direction": b.direction, **b.settings}
                for b in function.bindings
            ],
        }
        for function in functions
    ]


def _load(app: Path) -> list[Any]:
    from azure_functions_runtime import functions_metadata_request, worker_init_request

    init = SimpleNamespace(capabilities={}, function_app_directory=str(app))
    request = SimpleNamespace(
        request=SimpleNamespace(worker_init_request=init), properties={"host": "127.0.0.1", "protos": protos}
    )
    answer = _finished(worker_init_request(request))
    if answer.result.status == protos.StatusResult.Failure:
        raise AppIndexError(f"the app in {app} cannot be indexed\n{_own_traceback(answer.result.exception)}")
    if _HTTP_STREAMING in answer.capabilities:
        raise AppIndexError(
            "the app uses HTTP streams (azurefunctions.extensions.http), which this host does not speak"
        )
    return _finished(functions_metadata_request(None)).function_metadata_results or []


def _own_traceback(cause: Any) -> str:
    """Return the traceback without the runtime's second raise, which only adds the whole sys.path to the message."""
    first, _, last = str(cause.stack_trace).rpartition(_CHAINED)
    return (first if first and "extend_exception_message" in last else cause.stack_trace) or cause.message


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that never waits, so that index_app works with a running loop and without."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise AppIndexError("the runtime library waits while it indexes: this host was written for version 1.3.0")


def _refuse_second_app(script: Path) -> None:
    loaded = getattr(sys.modules.get(script.stem), "__file__", None)
    if loaded is not None and Path(loaded).resolve() != script:
        raise AppIndexError(
            f"this process has already imported {loaded}: index {script} in a process of its own"
        )


@contextlib.contextmanager
def _runtime_silenced() -> Iterator[None]:
    """Keep the runtime from logging what index_app returns or raises."""
    logger = logging.getLogger(RUNTIME_LOGGER)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _indexed(metadata: Any) -> IndexedFunction:
    bindings = tuple(_binding(json.loads(text)) for text in metadata.raw_bindings)
    return IndexedFunction(metadata.name, metadata.function_id, bindings, _retry(metadata.retry_options))


def _binding(raw: dict[str, Any]) -> Binding:
    common = ("name", "type", "direction")
    settings = {key: value for key, value in raw.items() if key not in common}
    return Binding(raw["name"], raw["type"], raw["direction"].lower(), settings)


def _retry(options: Any) -> RetryPolicy | None:
    if options is None:
        return None
    if (fixed := getattr(options, "delay_interval", None)) is not None:
        return RetryPolicy(options.max_retry_count, False, fixed.total_seconds(), fixed.total_seconds())
    low: timedelta = options.minimum_interval
    high: timedelta = options.maximum_interval
    return RetryPolicy(options.max_retry_count, True, low.total_seconds(), high.total_seconds())
