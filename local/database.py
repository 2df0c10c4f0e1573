"""`python -m local.database`: the stack's database exists and has the newest schema."""

from __future__ import annotations

from urllib.parse import urlsplit

from local.postgres import DATABASE, create_database, database_url
from shared.db.migrate import upgrade
from shared.settings import DatabaseSettings


def prepare(settings: DatabaseSettings) -> None:
    """Create the database when it is the embedded server's own, then migrate it whoever's it is."""
    url = settings.url.get_secret_value()
    port = urlsplit(url).port or 0
    if url == database_url(port):
        create_database(port, DATABASE)
    upgrade(settings)


if __name__ == "__main__":
    prepare(DatabaseSettings())
