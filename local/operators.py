"""`python -m local ops ...`: the operators' routes of a running stack, as a table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from local.launch import read_stack
from local.standins.tokens import make_token

_FIGURES = ("name", "length", "oldest_age_seconds", "poison_count", "in_flight", "rate_per_minute")
_RECORDS = ("poison_id", "created_at", "redriven_at", "attempts", "code", "reason")
_WIDEST = 60
_LONGEST_SECONDS = 230.0  # as Azure waits for an answer; ten thousand records take a minute


class OpsError(Exception):
    """The API refused, or is not there; the message says why."""


def queues(options: argparse.Namespace) -> int:
    """Show every queue's figures, or one queue's records."""
    path = f"/{_named(options)}?limit=100" if options.name else ""
    answer = _call(options, "GET", path)
    for line in table(answer["items"], _RECORDS if options.name else _FIGURES):
        print(line)
    return 0


def redrive(options: argparse.Namespace) -> int:
    """Send again what a queue's workers gave up; says how many."""
    body = {"limit": options.limit, "ids": options.ids}
    given = {name: value for name, value in body.items() if value is not None}
    answer = _call(options, "POST", f"/{_named(options)}/redrive", given)
    print(f"moved {answer['moved']}, skipped {answer['skipped']}")
    return 0


def discard(options: argparse.Namespace) -> int:
    """Settle what is not worth sending again; says how many."""
    answer = _call(options, "POST", f"/{_named(options)}/discard", {"ids": options.ids})
    print(f"discarded {answer['discarded']}")
    return 0


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """Lines of columns under their names; nothing is shown as `-`, long text cut."""
    lines = [
        list(columns),
        *([_cell(row[column]) for column in columns] for row in rows),
    ]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _cell(value: object) -> str:
    text = "-" if value is None else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _named(options: argparse.Namespace) -> str:
    return quote(options.name, safe="")


def _call(options: argparse.Namespace, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    import httpx

    try:
        url = f"{read_stack(options.data)['functions_url']}/api/ops/queues{path}"
    except FileNotFoundError as error:
        raise OpsError(f"no stack is running in {options.data}") from error
    token = make_token(options.data, "operator", roles=["admin"], expires=60)
    try:
        answer = httpx.request(
            method,
            url,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_LONGEST_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise OpsError(
            f"{url}: {error}; see what runs: python -m local status --data {options.data}"
        ) from error
    if answer.is_error:
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        issues = "; ".join(f"{issue['loc']}: {issue['msg']}" for issue in told.get("errors", []))
        raise OpsError(f"{answer.status_code}: {issues or told.get('detail') or answer.reason_phrase}")
    return answer.json()
