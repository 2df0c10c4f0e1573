"""`python -m notifications.relay`: one replica until SIGTERM or SIGINT; logs on stderr."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import uvloop
from pydantic import ValidationError

from notifications.relay.app import configure_logging, raise_descriptor_limit, serve
from notifications.relay.log import EventHubLog
from shared.settings import AuthSettings, EventHubSettings, RelaySettings, TelemetrySettings
from shared.telemetry.start import start

logger = logging.getLogger(__name__)


async def _run(auth: AuthSettings, hub: EventHubSettings, settings: RelaySettings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(auth, EventHubLog(hub, settings.consumer_groups), settings, stopping)


def main() -> int:
    """Run a replica; the exit status: 0, 1 when it failed, 2 when it is not configured."""
    configure_logging()
    raise_descriptor_limit()
    try:
        auth, hub, settings = AuthSettings(), EventHubSettings(), RelaySettings()
        telemetry = start(TelemetrySettings(), "relay")
    except ValidationError as error:
        names = ", ".join(str(issue["loc"][0]) for issue in error.errors(include_input=False))
        logger.critical("settings are missing or wrong: %s", names)
        return 2
    telemetry.wait()
    try:
        uvloop.run(_run(auth, hub, settings))
    except OSError as error:
        logger.critical("the relay cannot run: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
