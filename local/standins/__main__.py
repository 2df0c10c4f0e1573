"""`python -m local.standins --port P --data DIR [--products FILE.jsonl]`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from local.samples.draw_photos import ensure_photos
from local.standins.app import Service, create_app
from local.standins.calllog import CallLog
from local.standins.connections import Connections, tracking_protocol
from local.standins.control import Control
from local.standins.products import SAMPLES, ProductService, load_products

HOST = "127.0.0.1"
_GRACE_SECONDS = 0.5  # for calls under way; those held by a fault or a latency are not waited for
_LAST_SECONDS = 5  # uvicorn cancels what still runs
_BACKLOG = 4096


class _Server(uvicorn.Server):
    """Says `ready` when it listens; a signal ends it within a second and with exit code 0.

    Args:
        config: uvicorn's.
        connections: cut when the grace is over, so that calls held by a fault end as if their client had gone.
    """

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours instead of uvicorn's, which would raise the signal again at the end and spoil the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit, self.should_exit = self.should_exit, True
        asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._connections.cut_all)

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # passed on unchanged
        """Listen, and say so on stdout: whoever started this process waits for the line."""
        await super().startup(sockets)  # type: ignore[arg-type]  # as above
        if self.started:
            print("ready", flush=True)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m local.standins", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder for the signing key and photos"
    )
    parser.add_argument("--products", type=Path, default=SAMPLES / "products.jsonl", metavar="FILE.jsonl")
    return parser.parse_args(arguments)


def build_service(data_dir: Path, products_file: Path) -> Service:
    """Load products, draw sample photos, and put the state together.

    Raises:
        ValueError: the products file is not as it should be.
        OSError: a file cannot be read or written.
    """
    drawn = data_dir / "photos"
    ensure_photos(drawn)
    folders = (products_file.resolve().parent / "photos", drawn)
    products = ProductService(load_products(products_file), folders)
    return Service(Control(), CallLog(), Connections(), products, data_dir)


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = parse_arguments()
    try:
        service = build_service(arguments.data, arguments.products)
    except (ValueError, OSError) as error:
        print(f"stand-ins: {error}", file=sys.stderr)
        return 2
    config = uvicorn.Config(
        create_app(service),
        host=HOST,
        port=arguments.port,
        http=tracking_protocol(service.connections),
        log_level="warning",
        access_log=False,
        backlog=_BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_LAST_SECONDS,
        lifespan="off",
    )
    asyncio.run(_Server(config, service.connections).serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
