"""Everything documents are embedded and found with, on empty tables."""

import psycopg2
import pytest

from shared.db.pool import Database
from shared.settings import DatabaseSettings
from tests.contract.documents.library import Library


@pytest.fixture
def library(postgres: DatabaseSettings, database: Database) -> Library:
    """A library without documents."""
    with psycopg2.connect(postgres.url.get_secret_value()) as connection, connection.cursor() as cursor:
        cursor.execute("truncate documents cascade")
    connection.close()
    return Library(database)
