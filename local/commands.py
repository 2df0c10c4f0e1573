"""The small commands: up, down, status, logs, restart, token. Each takes the parsed options, answers an exit code."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any

from local.addresses import Addresses
from local.control import ask
from local.launch import launch, read_stack, tell
from local.log_view import LogFile, follow, last_lines
from local.plan import plan_stack
from local.stack import Stack
from local.stopping import stop_stack


class Refusal(Exception):  # noqa: N818  not an error of ours: the user asked for what cannot be
    """A command cannot do what was asked; the message says why."""


def up(options: argparse.Namespace) -> int:
    """Start a stack: in this process until it is stopped, or with --detach in one that stays."""
    addresses = Addresses(options.port_base, options.workers, options.relays, options.traces)
    if options.detach:
        print(_overview(launch(options.data, addresses, stay=True), options.data))
        return 0
    try:
        return _supervise(options.data, addresses, options.report_fd)
    except Exception as exc:
        if options.report_fd is not None:
            tell(options.report_fd, str(exc))
        raise


def _supervise(data: Path, addresses: Addresses, report_fd: int | None) -> int:
    plan = plan_stack(data, addresses, os.environ)

    def announce() -> None:
        print(f"{_overview(read_stack(plan.data), data)}\nCtrl-C stops everything.", flush=True)
        if report_fd is not None:
            tell(report_fd)

    async def run() -> int:
        return await Stack(plan, say=lambda line: print(line, flush=True)).run(announce)

    return asyncio.run(run())


def down(options: argparse.Namespace) -> int:
    """Stop the stack of this folder, and whatever a killed supervisor left behind."""
    stopped = stop_stack(options.data)
    print(f"stopped the stack in {options.data}" if stopped else f"no stack is running in {options.data}")
    return 0


def status(options: argparse.Namespace) -> int:
    """Show every process; 0 only when the stack is up and nothing of it is dead."""
    answer = ask(options.data, {"command": "status"}, timeout=10)
    rows = [("NAME", "STATE", "PID", "PORT", ""), *(_row(process) for process in answer["processes"])]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print(
            "  ".join(
                [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]
            ).rstrip()
        )
    return 0 if answer["ready"] and all(p["state"] in {"ready", "done"} for p in answer["processes"]) else 1


def _row(process: dict[str, Any]) -> tuple[str, str, str, str, str]:
    note = process["exit"] or "" if process["state"] in {"dead", "stopped"} else ""
    pid = str(process["pid"] or "") if process["state"] in {"ready", "starting"} else ""
    return process["name"], process["state"], pid, str(process["port"] or ""), note


def logs(options: argparse.Namespace) -> int:
    """Show the last lines of one process's log or of all, and with --follow what comes after."""
    files = [LogFile(path) for path in sorted((options.data / "logs").glob("*.log"))]
    if not files:
        raise Refusal(f"there are no logs in {options.data / 'logs'}; name the folder of a stack with --data")
    if options.name:
        chosen = [file for file in files if file.name == options.name]
        if not chosen:
            known = ", ".join(file.name for file in files)
            raise Refusal(f"there is no log {options.name!r} in {options.data / 'logs'}; there are: {known}")
        files = chosen
    for text in last_lines(files, options.lines):
        print(text)
    if options.follow:
        for text in follow(files):
            print(text, flush=True)
    return 0


def restart(options: argparse.Namespace) -> int:
    """Start one process of a running stack again."""
    answer = ask(options.data, {"command": "restart", "name": options.name})
    if error := answer.get("error"):
        raise Refusal(error)
    print(f"{options.name} is ready (process {answer['pid']})")
    return 0


def token(options: argparse.Namespace) -> int:
    """Print a token for the user, signed by this folder's stand-ins."""
    from local.standins.tokens import make_token
    from shared.auth import MAX_USER_ID, is_user_id

    if not is_user_id(options.user):
        raise Refusal(f"a user id has 1 to {MAX_USER_ID} printable characters: the stack takes no others")
    if not options.data.is_dir():
        raise Refusal(f"there is no folder {options.data}; name the folder of a stack with --data")
    print(make_token(options.data, options.user, roles=options.role, expires=options.expires))
    return 0


def _overview(stack: dict[str, Any], data: Path) -> str:
    suffix = "" if data == Path(".local") else f" --data {data}"
    rows = [
        ("API", f"{stack['functions_url']}/api"),
        ("API docs", f"{stack['functions_url']}/api/docs"),
        *(("events", f"{url}/api/notifications/stream/USER") for url in stack["relay_urls"]),
        ("database", stack["database_url"]),
        ("S3", f"{stack['s3_endpoint']}/{stack['s3_bucket']}"),
        ("stand-ins", stack["ai_url"]),
    ]
    shown = "\n".join(f"  {name:<10}{url}" for name, url in rows)
    return f"ready\n{shown}\nA token: python -m local token USER{suffix}"
