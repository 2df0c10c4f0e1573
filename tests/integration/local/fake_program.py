"""A process for the supervisor's tests: listens on a port, and ends in the way the options ask for.

Each start and each good end leaves a line in the journal, so that tests see what happened in which order.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--port", type=int, help="listen here; without it nobody ever does")
    parser.add_argument("--fail", type=int, help="say `boom` and end with this code at once")
    parser.add_argument("--done", action="store_true", help="a job: end well at once")
    parser.add_argument("--stubborn", action="store_true", help="ignore SIGTERM")
    parser.add_argument("--grandchild", action="store_true", help="start a process that sleeps; log its id")
    return parser.parse_args()


def main() -> None:
    """Live as the options say."""
    options = _parse()

    def note(what: str) -> None:
        with options.journal.open("a") as journal:
            journal.write(f"{what} {options.name}\n")

    def end(*_signal: object) -> None:
        note("stop")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if options.stubborn else end)
    note("start")
    if options.grandchild:
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
        os.write(1, f"{sleeper.pid}\n".encode())
    if options.fail is not None:
        os.write(1, b"boom\n")
        sys.exit(options.fail)
    if options.done:
        sys.exit(0)
    with socket.socket() as listener:
        if options.port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", options.port))
            listener.listen()
        time.sleep(300)


if __name__ == "__main__":
    main()
