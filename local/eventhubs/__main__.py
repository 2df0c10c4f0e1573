"""`python -m local.eventhubs --port P --data DIR`: the stand-in in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from local.eventhubs.server import EventHubsServer
from shared.errors import AppError

_MAX_PORT: Final = 65535


def _hub(text: str) -> tuple[str, int]:
    name, _, partitions = text.rpartition(":")
    if not name or not partitions.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:PARTITIONS")
    return name, int(partitions)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _groups(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exits with 2 and a message if it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.eventhubs", description="An Event Hubs stand-in.")
    parser.add_argument("--port", type=_port, required=True, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the logs")
    parser.add_argument(
        "--hub", type=_hub, action="append", metavar="NAME:PARTITIONS", help="default: notifications:4"
    )
    parser.add_argument("--consumer-groups", type=_groups, default=(), metavar="A,B", help="beside $Default")
    parsed = parser.parse_args(arguments)
    parsed.hub = parsed.hub or [("notifications", 4)]
    return parsed


async def run(server: EventHubsServer) -> None:
    """Serve until SIGTERM or SIGINT; prints `ready` once it listens."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        print("ready", flush=True)
        await stopped.wait()


def main(arguments: Sequence[str]) -> int:
    """Run the stand-in; gives the exit status."""
    parsed = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    server = EventHubsServer(
        parsed.data, hubs=dict(parsed.hub), port=parsed.port, consumer_groups=parsed.consumer_groups
    )
    try:
        asyncio.run(run(server))
    except (AppError, OSError) as exc:
        print(f"eventhubs: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
