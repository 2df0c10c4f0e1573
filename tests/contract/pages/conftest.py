"""The seed library in the database, as the stack loads it."""

import pytest

from generation.templates.library_files import read_library
from generation.templates.seed import seed
from shared.db.connect import connector
from shared.db.pool import Database
from shared.settings import DatabaseSettings
from tests.contract.pages.kitchen import Kitchen


@pytest.fixture(scope="session")
def library(postgres: DatabaseSettings) -> None:
    """The seed library."""
    Database(connector(postgres), size=1).run_sync(lambda cursor: seed(cursor, read_library()))


@pytest.fixture
def kitchen(library: None, database: Database) -> Kitchen:
    """What pages are made with, on empty tables."""
    return Kitchen(database)
