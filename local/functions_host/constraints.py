"""ASP.NET Core's inline route constraints: `int`, `guid`, `range(1,5)`, `regex(...)` and the rest.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from local.functions_host.errors import ConfigError

type Constraint = Callable[[str], bool]

_GUID_DASHED = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_GUID = re.compile(rf"[0-9a-f]{{32}}|{_GUID_DASHED}|\{{{_GUID_DASHED}\}}|\({_GUID_DASHED}\)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?(?: ?[ap]m)?", re.IGNORECASE)
_CALL = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
_INT_BITS = {"int": 31, "long": 63}


def _is_integer(bits: int, text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None and -(2**bits) <= int(text) < 2**bits


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return _DATE.fullmatch(text) is not None
    return True


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def _contains(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


def _has_length(low: int, high: int | None, text: str) -> bool:
    return low <= len(text) and (high is None or len(text) <= high)


def _within(low: int | None, high: int | None, text: str) -> bool:
    if not _is_integer(63, text):
        return False
    return (low is None or low <= int(text)) and (high is None or int(text) <= high)


_SIMPLE: dict[str, Constraint] = {
    **{name: partial(_is_integer, bits) for name, bits in _INT_BITS.items()},
    **{name: partial(_fits, _NUMBER) for name in ("decimal", "double", "float")},
    "bool": lambda text: text.strip().lower() in ("true", "false"),
    "datetime": _is_datetime,
    "guid": partial(_fits, _GUID),
    "alpha": partial(_fits, re.compile("[a-z]*", re.IGNORECASE | re.ASCII)),
    "required": bool,
}


def constraint(text: str, function: str) -> Constraint:
    """Return the check for one constraint as written in a template.

    Raises:
        ConfigError: there is no such constraint, or its arguments are wrong.
    """
    found = _CALL.fullmatch(text)
    name, arguments = found.groups() if found else (text, None)
    try:
        made = _SIMPLE[name] if arguments is None and name in _SIMPLE else _with_arguments(name, arguments)
    except (ValueError, TypeError, re.error) as exc:
        raise ConfigError(f"function {function}: constraint {text!r}: {exc}") from exc
    return made


def _with_arguments(name: str, arguments: str | None) -> Constraint:
    if arguments is None:
        raise ValueError("there is no such constraint")
    if name == "regex":
        pattern = arguments.replace("{{", "{").replace("}}", "}").replace("[[", "[").replace("]]", "]")
        return partial(_contains, re.compile(pattern, re.IGNORECASE))
    numbers = [int(part) for part in arguments.split(",")]
    makers: dict[str, Callable[..., Constraint]] = {
        "minlength": lambda low: partial(_has_length, low, None),
        "maxlength": lambda high: partial(_has_length, 0, high),
        "length": lambda low, high=None: partial(_has_length, low, low if high is None else high),
        "min": lambda low: partial(_within, low, None),
        "max": lambda high: partial(_within, None, high),
        "range": lambda low, high: partial(_within, low, high),
    }
    if name not in makers:
        raise ValueError("there is no such constraint")
    return makers[name](*numbers)
