"""`python -m shared.db.migrate`: bring the database of DATABASE_URL to the newest schema.

Alembic lives in requirements-dev.txt: the function app itself never migrates, so that two instances starting
at once cannot race. An advisory lock makes two operators (or two pipelines) take turns.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shared.db.connect import connector
from shared.settings import DatabaseSettings

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_404_001  # any constant of our own


def upgrade(settings: DatabaseSettings, revision: str = "head") -> None:
    """Run every migration up to `revision`, one transaction each.

    Raises:
        psycopg2.OperationalError: the server cannot be reached.
        sqlalchemy.exc.OperationalError: a table was not free within 8 s; nothing of that migration was done,
            but for those that run statement by statement (`run_statements`), which are run again.
    """
    from alembic import command
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine("postgresql+psycopg2://", creator=connector(settings), poolclass=NullPool)
    with engine.connect() as connection:
        # Building an index or rewriting a table takes as long as it takes. Waiting for a table's lock does not: every
        # request that needs the table queues up behind the one who waits.
        connection.execute(text("set statement_timeout = 0"))
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("set lock_timeout = '8s'"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


if __name__ == "__main__":
    upgrade(DatabaseSettings(), *sys.argv[1:2])
