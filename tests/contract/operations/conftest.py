"""Pages and documents together, on empty tables, and a purge that has not begun."""

from collections.abc import AsyncIterator

import psycopg2
import pytest

from generation.templates.library_files import read_library
from generation.templates.seed import seed
from shared.db.connect import connector
from shared.db.pool import Database
from shared.settings import DatabaseSettings
from tests.contract.documents.library import Library
from tests.contract.operations.attic import Attic
from tests.contract.pages.kitchen import Kitchen


@pytest.fixture(scope="session")
def templates(postgres: DatabaseSettings) -> None:
    """The seed library."""
    Database(connector(postgres), size=1).run_sync(lambda cursor: seed(cursor, read_library()))


@pytest.fixture
def attic(postgres: DatabaseSettings, database: Database) -> Attic:
    """What purges, on tables of which none was purged yet."""
    with psycopg2.connect(postgres.url.get_secret_value()) as connection, connection.cursor() as cursor:
        cursor.execute("truncate documents cascade")
        cursor.execute(
            "update purge_marks set finished_at = default, task_id = default, resumes_at = default"
        )
    connection.close()
    return Attic(database)


@pytest.fixture
async def kitchen(templates: None, attic: Attic) -> AsyncIterator[Kitchen]:
    """What pages are made with; its marks are written before the database is closed."""
    made = Kitchen(attic.database)
    yield made
    if (writing := made.submitter.marks._writing) is not None:
        await writing


@pytest.fixture
def library(attic: Attic) -> Library:
    """What documents are embedded with."""
    return Library(attic.database)
