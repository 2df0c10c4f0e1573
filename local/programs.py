"""What a stack consists of: each program's command, what it waits for, and how one sees that it works."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local import environment, postgres
from local.addresses import HOST, Addresses
from local.readiness import Ready, http, line, tcp
from local.traces.command import FOLDER as TRACES

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the stack.

    Attributes:
        name: as in `logs NAME` and `restart NAME`.
        command: program and arguments.
        environment: all of it.
        ready: the check that it works; None for a job, which is done when it ends with 0.
        after: names of what must be ready before it starts.
        stop_signal: what makes it end in good order.
        stop_timeout: seconds it gets for that before SIGKILL.
        port: what it listens on, for people.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    ready: Ready | None = None
    after: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0
    port: int | None = None

    @property
    def is_job(self) -> bool:
        """Whether it runs once and ends, like a migration."""
        return self.ready is None


def stack_programs(
    addresses: Addresses, data: Path, settings: Mapping[str, str], base: Mapping[str, str]
) -> list[Program]:
    """Every program of a stack, in an order in which they could start one by one.

    Args:
        addresses: where they listen.
        data: the folder that holds what they keep.
        settings: the application's settings.
        base: the environment that every program gets.
    """
    application = {**base, **settings}
    return [
        *_stores(addresses, data, base),
        *_standins(addresses, data, base),
        *_collector(addresses, data, base),
        *_jobs(application),
        *_functions(addresses, application),
        *_relays(addresses, application),
    ]


def _stores(addresses: Addresses, data: Path, base: Mapping[str, str]) -> list[Program]:
    ports = addresses.ports
    log = data / "logs" / "postgres.log"
    return [
        Program("initdb", _python("local.postgres", data=data / "postgres"), base),
        Program(
            "postgres",
            tuple(postgres.serve_command(data / "postgres", ports["postgres"])),
            base,
            line(log, postgres.READY_LINE),
            ("initdb",),
            stop_signal=postgres.STOP_SIGNAL,
            port=ports["postgres"],
        ),
        Program(
            "azurite",
            (*_AZURITE, "--queueHost", HOST, "--queuePort", str(ports["azurite"])),
            base,
            tcp(HOST, ports["azurite"]),
            port=ports["azurite"],
        ),
        Program(
            "s3",
            _python("local.object_store", port=ports["s3"], data=data / "s3", bucket=environment.BUCKET),
            base,
            tcp(HOST, ports["s3"]),
            port=ports["s3"],
        ),
    ]


# Persisting to disk would be lazy (a kill loses the latest messages) and slow; what was stored in Postgres and not
# in a queue is sent again by the sweeper. The SDK speaks a newer API version than Azurite knows.
_AZURITE = (
    str(ROOT / "local" / "node_modules" / ".bin" / "azurite-queue"),
    "--silent",
    "--disableTelemetry",
    "--skipApiVersionCheck",
    "--inMemoryPersistence",
)


def _standins(addresses: Addresses, data: Path, base: Mapping[str, str]) -> list[Program]:
    ports = addresses.ports
    groups = ",".join(f"relay-{i}" for i in range(addresses.relays))
    hub = f"{environment.HUB}:{environment.PARTITIONS}"
    return [
        Program(
            "eventhubs",
            _python(
                "local.eventhubs",
                port=ports["eventhubs"],
                data=data / "eventhubs",
                hub=hub,
                consumer_groups=groups,
            ),
            base,
            tcp(HOST, ports["eventhubs"]),
            port=ports["eventhubs"],
        ),
        Program(
            "standins",
            _python("local.standins", port=ports["standins"], data=data),
            base,
            http(f"{addresses.url('standins')}/.well-known/jwks.json"),
            port=ports["standins"],
        ),
    ]


def _collector_of(addresses: Addresses) -> tuple[str, ...]:
    """Whoever sends traces starts after the collector, and stops before it."""
    return ("traces",) if addresses.traces else ()


def _collector(addresses: Addresses, data: Path, base: Mapping[str, str]) -> list[Program]:
    if not addresses.traces:
        return []
    port = addresses.ports["traces"]
    command = _python("local.traces", port=port, data=data / TRACES)
    return [Program("traces", command, base, tcp(HOST, port), port=port)]


def _jobs(application: Mapping[str, str]) -> list[Program]:
    return [
        Program("migrate", _python("local.database"), application, after=("postgres",)),
        Program("seed", _python("generation.templates.seed"), application, after=("migrate",)),
        Program("queues", _python("local.queues"), application, after=("azurite",)),
    ]


def _functions(addresses: Addresses, application: Mapping[str, str]) -> list[Program]:
    after = ("migrate", "seed", "queues", "s3", "eventhubs", "standins", *_collector_of(addresses))
    return [
        Program(
            name,
            _python("local.functions_host", app=ROOT, port=addresses.ports[name], drain=10),
            application,
            http(f"{addresses.url(name)}/api/generation/actuator/health"),
            after,
            stop_timeout=15.0,
            port=addresses.ports[name],
        )
        for name in (f"functions-{i}" for i in range(addresses.workers))
    ]


def _relays(addresses: Addresses, application: Mapping[str, str]) -> list[Program]:
    return [
        Program(
            name,
            _python("notifications.relay"),
            {**application, "RELAY_PORT": str(addresses.ports[name]), "RELAY_CONSUMER_GROUPS": name},
            http(f"{addresses.url(name)}/readyz"),
            ("eventhubs", "standins", *_collector_of(addresses)),
            port=addresses.ports[name],
        )
        for name in (f"relay-{i}" for i in range(addresses.relays))
    ]


def _python(module: str, **options: object) -> tuple[str, ...]:
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return (sys.executable, "-m", module, *flags)
