"""`python -m local COMMAND`: the whole system on one machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from local.addresses import DEFAULT_BASE, AddressError
from local.child import StartError
from local.commands import Refusal, down, logs, restart, status, token, up
from local.control import NotRunningError
from local.launch import LaunchError
from local.lock import AlreadyRunningError
from local.operators import OpsError, discard, queues, redrive
from local.postgres import PostgresError
from local.traces.command import TraceError, trace

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run one command; the process's exit code."""
    options = _parser().parse_args(arguments)
    if options.data.exists() and not options.data.is_dir():
        print(f"local: --data {options.data} is a file; name a folder", file=sys.stderr)
        return 1
    try:
        code: int = options.run(options)
    except (
        *(
            AddressError,
            AlreadyRunningError,
            LaunchError,
            NotRunningError,
            OpsError,
            PostgresError,
            Refusal,
            StartError,
            TraceError,
        ),
    ) as exc:
        print(f"local: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # `logs | head`
        sys.stderr.close()
        return 1
    except OSError as exc:
        # Of a folder or a file the user named: not ours, not a folder, a disk that is full. A trace would say no more.
        print(f"local: {exc.strerror or exc}: {exc.filename or options.data}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="The whole system on one machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(commands)
    _add_small(commands)
    _add_ops(commands)
    _add_demo(commands)
    return parser


type _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse names it nowhere else


def _add_up(commands: _Commands) -> None:
    parser = _command(commands, "up", "start everything; Ctrl-C stops it")
    parser.add_argument(
        "--detach", action="store_true", help="return when everything is ready, keep it running"
    )
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="function workers (default 1; 0 for `func start`)"
    )
    parser.add_argument("--relays", type=int, default=1, metavar="N", help="relay replicas (default 1)")
    parser.add_argument(
        *("--port-base",),
        type=int,
        default=DEFAULT_BASE,
        metavar="N",
        help=f"move every port: functions at N+71, relay at N+90, ... (default {DEFAULT_BASE})",
    )
    parser.add_argument("--traces", action="store_true", help="record traces and metrics, for `trace`")
    parser.add_argument("--report-fd", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run=up)


def _add_small(commands: _Commands) -> None:
    _command(commands, "down", "stop everything").set_defaults(run=down)
    _command(commands, "status", "show every process; exit code 1 if one is not well").set_defaults(
        run=status
    )

    parser = _command(commands, "logs", "show what the processes wrote")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of one process only")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as more is written")
    parser.add_argument(
        "-n", "--lines", type=int, default=20, metavar="N", help="last lines each (default 20)"
    )
    parser.set_defaults(run=logs)

    parser = _command(commands, "restart", "start one process again, with the same port and data")
    parser.add_argument("name", metavar="NAME", help="as `status` shows it, e.g. relay-0")
    parser.set_defaults(run=restart)

    parser = _command(commands, "trace", "draw what one task did as a tree with times (needs `up --traces`)")
    parser.add_argument("id", metavar="TASK_ID", help="a task's id, or a trace's")
    parser.set_defaults(run=trace)

    parser = _command(commands, "token", "print a token that the stack accepts")
    parser.add_argument("user", metavar="USER", help="the user id, the token's `sub`")
    parser.add_argument("--role", action="append", default=[], help="a role, e.g. admin; may be repeated")
    parser.add_argument("--expires", type=int, default=3600, metavar="S", help="seconds (default 3600)")
    parser.set_defaults(run=token)


def _add_ops(commands: _Commands) -> None:
    parser = commands.add_parser("ops", help="what operators do", description="What operators do.")
    inner = parser.add_subparsers(required=True, metavar="COMMAND")

    parser = _command(inner, "queues", "show every queue's figures, or what one's workers gave up and why")
    parser.add_argument("name", nargs="?", metavar="NAME", help="a queue, e.g. embedding-requests")
    parser.set_defaults(run=queues)

    parser = _command(inner, "redrive", "send again what a queue's workers gave up")
    parser.add_argument("name", metavar="NAME", help="a queue, e.g. embedding-requests")
    parser.add_argument("--limit", type=int, metavar="N", help="the oldest N only (default all)")
    parser.add_argument(
        "--id", action="append", dest="ids", metavar="ID", help="this one only; may be repeated"
    )
    parser.set_defaults(run=redrive)

    parser = _command(inner, "discard", "settle what a queue's workers gave up without sending it again")
    parser.add_argument("name", metavar="NAME", help="a queue, e.g. embedding-requests")
    parser.add_argument(
        "--id", action="append", dest="ids", metavar="ID", required=True, help="this one; may be repeated"
    )
    parser.set_defaults(run=discard)


def _add_demo(commands: _Commands) -> None:
    parser = _command(commands, "demo", "make one page from a product and a photo, and check it")
    parser.add_argument(
        "--product",
        type=Path,
        metavar="FILE",
        help=".json, or .jsonl (its first record); default: our own sample",
    )
    parser.add_argument("--out", type=Path, default=Path("demo-out"), metavar="DIR", help="default demo-out")
    parser.add_argument(
        "--port-base", type=int, metavar="N", help="for a stack of its own; default: free ports"
    )
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from local.demo import demo

    return demo(options.data, product=options.product, out=options.out, port_base=options.port_base)


def _command(commands: _Commands, name: str, purpose: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    parser.add_argument(
        "--data", type=Path, default=Path(".local"), metavar="DIR", help="the stack's folder (default .local)"
    )
    return parser
