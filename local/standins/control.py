"""What tests and operators ask of the stand-ins: latencies and faults, checked when they are set."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

CHAT_ENDPOINTS = ("plan", "block", "vision", "translate", "chat")
ENDPOINTS = (*CHAT_ENDPOINTS, "images", "embeddings", "product")
MAX_LATENCY = 600.0
_RATE = re.compile(r"429(?:;retry-after=(\d{1,5}(?:\.\d{1,3})?))?")
_ANYWHERE = frozenset({"quota", "500", "503", "timeout", "drop", "html502", "bad_json", "schema_miss"})
_CHAT_ONLY = frozenset({"length", "refusal", "content_filter"})
_IMAGES_ONLY = frozenset({"image_403", "image_no_type", "bad_image"})


class ControlError(ValueError):
    """A control body that cannot be followed; `issues` names each problem by its place."""

    def __init__(self, issues: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{issue['loc']}: {issue['msg']}" for issue in issues))
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: on which calls of an endpoint what goes wrong.

    Attributes:
        endpoint: one of `ENDPOINTS`.
        kind: `429` or any other fault's name.
        nth: the calls it strikes, counted from 1 since the last PUT; None strikes every call.
        retry_after: seconds, of a 429.
    """

    endpoint: str
    kind: str
    nth: tuple[int, ...] | None = None
    retry_after: str | None = None

    def strikes(self, endpoint: str, count: int) -> bool:
        """Whether the endpoint's call number `count` suffers this fault."""
        return endpoint == self.endpoint and (self.nth is None or count in self.nth)


@dataclass(slots=True)
class Control:
    """The current latencies and faults, and how often each endpoint was called since they were set."""

    latency: dict[str, float] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)

    def replace(self, body: Any) -> None:
        """Take over a PUT body whole and count anew.

        Raises:
            ControlError: the body is wrong; nothing was changed.
        """
        latency, faults = parse_control(body)
        self.latency, self.faults, self.counts = latency, faults, Counter()

    def reset(self) -> None:
        """No latency, no faults, counts at zero."""
        self.replace({})

    def next_fault(self, endpoint: str) -> Fault | None:
        """Count one call of the endpoint; the first fault that strikes it, or None."""
        self.counts[endpoint] += 1
        count = self.counts[endpoint]
        return next((fault for fault in self.faults if fault.strikes(endpoint, count)), None)


def parse_control(body: Any) -> tuple[dict[str, float], tuple[Fault, ...]]:
    """Check a control body: `{"latency"?: {endpoint: seconds}, "faults"?: [{endpoint, fault, nth?}]}`.

    Raises:
        ControlError: with every problem found.
    """
    if not isinstance(body, dict):
        raise ControlError([_issue("body", "must be a JSON object")])
    issues = [_issue(key, "is not known") for key in body if key not in {"latency", "faults"}]
    latency = _parse_latency(body.get("latency", {}), issues)
    faults = _parse_faults(body.get("faults", []), issues)
    if issues:
        raise ControlError(issues)
    return latency, faults


def _issue(loc: str, msg: str) -> dict[str, str]:
    return {"loc": loc, "msg": msg}


def _parse_latency(value: Any, issues: list[dict[str, str]]) -> dict[str, float]:
    if not isinstance(value, dict):
        issues.append(_issue("latency", "must be an object of endpoint: seconds"))
        return {}
    for endpoint, seconds in value.items():
        loc = f"latency.{endpoint}"
        if endpoint not in ENDPOINTS:
            issues.append(_issue(loc, f"unknown endpoint; one of {', '.join(ENDPOINTS)}"))
        elif not _is_seconds(seconds):
            issues.append(_issue(loc, f"must be a number of seconds from 0 to {MAX_LATENCY:.0f}"))
    return {endpoint: float(seconds) for endpoint, seconds in value.items() if _is_seconds(seconds)}


def _is_seconds(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= MAX_LATENCY


def _parse_faults(value: Any, issues: list[dict[str, str]]) -> tuple[Fault, ...]:
    if not isinstance(value, list):
        issues.append(_issue("faults", "must be a list"))
        return ()
    found = (_parse_fault(item, f"faults.{index}", issues) for index, item in enumerate(value))
    return tuple(fault for fault in found if fault is not None)


def _parse_fault(item: Any, loc: str, issues: list[dict[str, str]]) -> Fault | None:
    if not isinstance(item, dict):
        issues.append(_issue(loc, "must be an object with endpoint and fault"))
        return None
    before = len(issues)
    issues += [
        _issue(f"{loc}.{key}", "is not known") for key in item if key not in {"endpoint", "fault", "nth"}
    ]
    endpoint, fault, nth = item.get("endpoint"), item.get("fault"), item.get("nth")
    if endpoint not in ENDPOINTS:
        issues.append(_issue(f"{loc}.endpoint", f"must be one of {', '.join(ENDPOINTS)}"))
    if nth is not None and not _is_calls(nth):
        issues.append(_issue(f"{loc}.nth", "must be a list of call numbers from 1, or absent for every call"))
    problem = _fault_problem(fault, endpoint)
    if problem:
        issues.append(_issue(f"{loc}.fault", problem))
    if len(issues) > before:
        return None
    kind, _, _ = str(fault).partition(";")
    rate = _RATE.fullmatch(str(fault))
    calls = None if nth is None else tuple(nth)
    return Fault(str(endpoint), kind, calls, rate.group(1) if rate else None)


def _is_calls(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(call, int) and not isinstance(call, bool) and call >= 1 for call in value)
    )


def _fault_problem(fault: Any, endpoint: Any) -> str | None:
    if not isinstance(fault, str):
        return "must be a string"
    if _RATE.fullmatch(fault) or fault in _ANYWHERE:
        return None
    if fault in _CHAT_ONLY:
        return None if endpoint in CHAT_ENDPOINTS else "strikes chat calls only"
    if fault in _IMAGES_ONLY:
        return None if endpoint == "images" else "strikes images only"
    known = ["429[;retry-after=S]", *sorted(_ANYWHERE | _CHAT_ONLY | _IMAGES_ONLY)]
    return f"is not known; one of {', '.join(known)}"
