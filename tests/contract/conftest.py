"""A real PostgreSQL for the contract tests, started once; every test finds its tables empty."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg2
import pytest

from local.postgres import PostgresServer, database_url
from shared.db.connect import connector
from shared.db.migrate import upgrade
from shared.db.pool import Database
from shared.settings import DatabaseSettings


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseSettings]:
    """A migrated database."""
    data: Path = tmp_path_factory.mktemp("postgres")
    port = free_port()
    with PostgresServer(data / "cluster", port):
        settings = DatabaseSettings.model_validate({"DATABASE_URL": database_url(port)})
        upgrade(settings)
        yield settings


@pytest.fixture
async def database(postgres: DatabaseSettings) -> AsyncIterator[Database]:
    """The application's pool on empty tables."""
    with psycopg2.connect(postgres.url.get_secret_value()) as connection, connection.cursor() as cursor:
        cursor.execute("truncate tasks, outbox, images, poison_messages, pages, daily_usage cascade")
    connection.close()
    pool = Database(connector(postgres), size=4)
    yield pool
    await pool.close()
