"""The seed library on a real PostgreSQL, taken away again after each test."""

from collections.abc import AsyncIterator

import pytest

from generation.templates.seed import seed
from shared.db.pool import Database
from tests.contract.templates.shelves import LIBRARY, clear


@pytest.fixture
async def library(database: Database) -> AsyncIterator[Database]:
    """A database with the seed library, emptied of it afterwards."""
    await clear(database)
    await database.run(lambda cursor: seed(cursor, LIBRARY))
    yield database
    await clear(database)
