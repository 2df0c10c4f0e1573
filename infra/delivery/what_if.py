"""What a deployment would change, as people read it, and whether that is a drift.

Source of the answer's form: Microsoft Learn, "Deployments - What If At Subscription Scope" (REST). Values are not
repeated: a setting's may be a secret, and a comment on a pull request is read by everybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.delivery.commands import DeliveryError

EXPECTED = Path(__file__).with_name("expected_changes.json")

# A dependency that what-if could not follow (Unsupported) is told, but is no change.
_CHANGES = {"Create", "Delete", "Deploy", "Modify"}
_TYPE = re.compile(r"/providers/(.+)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Change:
    """One resource that would be another one after a deployment.

    Attributes:
        resource: `Microsoft.Web/sites/name/config/appsettings`.
        kind: Create, Delete, Deploy, Modify or Unsupported.
        paths: of the properties that would change, for Modify.
    """

    resource: str
    kind: str
    paths: tuple[str, ...] = ()


def changes(
    answers: Iterable[Mapping[str, Any]], expected: list[dict[str, str]] | None = None
) -> list[Change]:
    """The changes of az's answers, in order.

    Args:
        answers: of `az deployment sub|group what-if`.
        expected: what is always reported and is none: `[{type, path, reason}]`; None: expected_changes.json.

    Raises:
        DeliveryError: what-if itself failed.
    """
    expected = json.loads(EXPECTED.read_text("utf-8")) if expected is None else expected
    return sorted(change for answer in answers for change in _of(answer, expected))


def is_drift(found: Iterable[Change]) -> bool:
    """Whether one of them would really change something."""
    return any(change.kind in _CHANGES for change in found)


def report(title: str, found: list[Change]) -> str:
    """The changes in Markdown: a heading, a table or a sentence."""
    if not found:
        return f"### {title}\n\nNothing would change.\n"
    rows = [f"| {change.kind} | `{change.resource}` | {_paths(change.paths)} |" for change in found]
    return "\n".join([f"### {title}", "", "| what-if | resource | properties |", "|---|---|---|", *rows, ""])


def _of(answer: Mapping[str, Any], expected: list[dict[str, str]]) -> Iterator[Change]:
    if answer.get("status") != "Succeeded":
        raise DeliveryError(
            f"what-if ended as {answer.get('status')}: {(answer.get('error') or {}).get('message')}"
        )
    for entry in answer.get("changes") or answer.get("properties", {}).get("changes") or []:
        if entry["changeType"] not in {*_CHANGES, "Unsupported"}:
            continue
        resource = _name(entry["resourceId"])
        paths = tuple(sorted(set(_leaves(entry.get("delta") or [], ""))))
        kept = tuple(path for path in paths if not _is_expected(resource, path, expected))
        # A change that is no more than what was expected is none.
        if kept or not paths:
            yield Change(resource, entry["changeType"], kept)


def _leaves(delta: Iterable[Mapping[str, Any]], prefix: str) -> Iterator[str]:
    for part in delta:
        if part.get("propertyChangeType") == "NoEffect":
            continue
        path = f"{prefix}{part['path']}"
        if children := part.get("children"):
            yield from _leaves(children, f"{path}.")
        else:
            yield path


def _is_expected(resource: str, path: str, expected: list[dict[str, str]]) -> bool:
    return any(resource.startswith(f"{one['type']}/") and path.startswith(one["path"]) for one in expected)


def _name(resource_id: str) -> str:
    found = _TYPE.search(resource_id)
    return (
        found[1] if found else resource_id.rsplit("/", maxsplit=2)[-2] + "/" + resource_id.rsplit("/", 1)[-1]
    )


def _paths(paths: tuple[str, ...]) -> str:
    shown = [f"`{path}`" for path in paths[:10]]
    return ", ".join(shown) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")  # noqa: PLR2004  ten, as above
