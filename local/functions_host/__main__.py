"""The command: `python -m local.functions_host --app DIR --port P` runs an app, `--index` only prints its index."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local.functions_host.config import HostConfig, read_config
from local.functions_host.errors import HostError
from local.functions_host.index import IndexedFunction, describe, index_app
from local.functions_host.lease import AZURE_LEASE_SECONDS


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, metavar="DIR", help="the function app's folder")
    parser.add_argument("--index", action="store_true", help="print the index as JSON and exit")
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--drain", type=float, default=25.0, metavar="S", help="seconds to finish what runs (25)"
    )
    parser.add_argument(
        "--no-timers", action="store_true", help="leave the timers to another host of the same app"
    )
    parser.add_argument(
        "--queue-lease",
        type=float,
        default=AZURE_LEASE_SECONDS,
        metavar="S",
        help="seconds a received message is hidden (Azure: 600); shorten it only to test what follows a crash",
    )
    return parser.parse_args(arguments)


async def _run(
    options: argparse.Namespace,
    functions: list[IndexedFunction],
    config: HostConfig,
    environ: Mapping[str, str],
) -> None:
    from local.functions_host.host import FunctionsHost
    from local.functions_host.server import serve
    from local.functions_host.storage import open_session

    async with open_session() as session:
        host = FunctionsHost(
            functions, config, environ, session, timers=not options.no_timers, lease=options.queue_lease
        )
        await serve(host, options.host, options.port, options.drain)


def _serve(options: argparse.Namespace) -> None:
    config = read_config(options.app, os.environ)
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)
    functions = index_app(options.app)
    os.chdir(options.app)  # as on Azure
    asyncio.run(_run(options, functions, config, os.environ))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0, or 1 with the reason on stderr."""
    options = _parse(arguments)
    options.app = options.app.resolve()
    try:
        if options.index:
            print(json.dumps(describe(index_app(options.app)), indent=2))
        else:
            _serve(options)
    except (HostError, OSError) as exc:
        print(f"functions host: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
