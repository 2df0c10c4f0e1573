"""host.json with its `AzureFunctionsJobHost__a__b__c` overrides, and `%setting%` references.

Keys are compared without regard to case, as .NET's configuration does. Defaults and limits are those of the queue
extension (Azure/azure-webjobs-sdk, QueuesOptions) and of the host (ScriptJobHostOptionsSetup: 30 minutes).
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.functions_host.errors import ConfigError
from local.functions_host.polling import MINIMUM_SECONDS
from local.functions_host.timespan import parse_timespan

OVERRIDE_PREFIX = "AzureFunctionsJobHost__"
_MAX_BATCH = 32
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """`extensions.queues` of host.json; times in seconds."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: float = 0.0
    max_polling_interval: float = 60.0
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What host.json and its overrides say; `function_timeout` in seconds, None for unlimited."""

    route_prefix: str = "api"
    queues: QueueOptions = QueueOptions()
    function_timeout: float | None = 1800.0
    log_level: int = logging.INFO


def read_config(folder: Path, environ: Mapping[str, str]) -> HostConfig:
    """Read the app's host.json (a missing file means defaults) and lay the overrides over it.

    Raises:
        ConfigError: the file is no JSON object of version 2.0, or a value is out of its limits.
    """
    tree = _lowered(_read_json(folder / "host.json"))
    for name, value in environ.items():
        if name.lower().startswith(OVERRIDE_PREFIX.lower()):
            _put(tree, name[len(OVERRIDE_PREFIX) :].lower().split("__"), value)
    if tree.get("version", "2.0") != "2.0":
        raise ConfigError(f'host.json: version must be "2.0", not {tree["version"]!r}')
    return HostConfig(
        route_prefix=str(_get(tree, "extensions", "http", "routeprefix", default="api")),
        queues=_queue_options(_get(tree, "extensions", "queues", default={})),
        function_timeout=_function_timeout(tree.get("functiontimeout", "00:30:00")),
        log_level=_log_level(_get(tree, "logging", "loglevel", "default", default="Information")),
    )


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Replace each `%name%` by the setting of that name, as Azure does in queue names, schedules and routes.

    Raises:
        ConfigError: there is no such setting.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in environ:
            raise ConfigError(f"{text!r} refers to the setting {found[1]}, which does not exist")
        return environ[found[1]]

    return re.sub(r"%([^%]+)%", value, text)


def is_disabled(function: str, environ: Mapping[str, str]) -> bool:
    """Tell whether the setting `AzureWebJobs.<function>.Disabled` (or with `__` for the dots) switches it off."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs__{function}__Disabled")
    return any(environ.get(name, "").lower() in ("1", "true") for name in names)


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as exc:
        raise ConfigError(f"{path} is no JSON: {exc}") from exc
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold a JSON object")
    return content


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): _lowered(item) for key, item in value.items()}
    return value


def _put(tree: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        below = tree.get(key)
        tree[key] = tree = below if isinstance(below, dict) else {}
    tree[keys[-1]] = value


def _get(tree: Any, *keys: str, default: Any) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return default if tree is None else tree


def _queue_options(section: dict[str, Any]) -> QueueOptions:
    batch = _whole(section, "batchsize", 16, low=1, high=_MAX_BATCH)
    polling = _span(section, "maxpollinginterval", 60.0)
    if polling < MINIMUM_SECONDS:
        raise ConfigError("extensions.queues.maxPollingInterval must not be less than 00:00:00.1")
    encoding = str(section.get("messageencoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise ConfigError(f"extensions.queues.messageEncoding is base64 or none, not {encoding!r}")
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=_whole(section, "newbatchthreshold", batch // 2, low=0),
        max_dequeue_count=_whole(section, "maxdequeuecount", 5, low=1),
        visibility_timeout=_span(section, "visibilitytimeout", 0.0),
        max_polling_interval=polling,
        base64=encoding == "base64",
    )


def _whole(section: dict[str, Any], key: str, default: int, *, low: int, high: int | None = None) -> int:
    try:
        value = int(section.get(key, default))
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"extensions.queues.{key}: {section[key]!r} is no whole number") from exc
    if value < low or (high is not None and value > high):
        raise ConfigError(f"extensions.queues.{key}: {value} is outside {low}-{high or ''}")
    return value


def _span(section: dict[str, Any], key: str, default: float) -> float:
    return parse_timespan(str(section[key])) if key in section else default


def _function_timeout(value: Any) -> float | None:
    return None if str(value) in ("-1", "-00:00:00.0010000") else parse_timespan(str(value))


def _log_level(name: Any) -> int:
    if str(name).lower() not in _LEVELS:
        raise ConfigError(f"logging.logLevel.default: {name!r} is none of {', '.join(_LEVELS)}")
    return _LEVELS[str(name).lower()]
