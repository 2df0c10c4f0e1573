"""`python -m infra.database.app_role NAME OBJECT_ID`: let the function app's identity use the database.

Run as an Entra administrator of the server, with DATABASE_URL and DATABASE_AUTH=entra as for `shared.db.migrate`, by
the one who runs the migrations: what it grants of future tables holds for those that the caller makes. A second run
changes nothing.

The role may read and write rows. It owns nothing, makes no tables and no roles.
Source: Microsoft Learn, "Manage Microsoft Entra roles in Azure Database for PostgreSQL".
"""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import SecretStr

from shared.db.connect import connector
from shared.settings import DatabaseSettings

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name

# The functions that make Entra roles exist in this database alone.
_ENTRA_DATABASE = "postgres"

_GRANTS = (
    "grant usage on schema public to {role}",
    "grant select, insert, update, delete on all tables in schema public to {role}",
    "grant usage, select on all sequences in schema public to {role}",
    "alter default privileges in schema public grant select, insert, update, delete on tables to {role}",
    "alter default privileges in schema public grant usage, select on sequences to {role}",
)


def ensure_role(connection: Connection, name: str, object_id: UUID) -> bool:
    """Make the role of an Entra application or managed identity; False when it is there already.

    Args:
        connection: to the server's `postgres` database, as an Entra administrator.
        name: the identity's name, which its programs give as the user.
        object_id: of its service principal, by which its tokens are recognised.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", (name,))
        if cursor.fetchone():
            return False
        cursor.execute(
            "select pgaadauth_create_principal_with_oid(%s, %s, 'service', false, false)",
            (name, str(object_id)),
        )
        return True


def grant(connection: Connection, name: str) -> None:
    """Let the role read and write every table, those of later migrations included."""
    from psycopg2 import sql

    with connection, connection.cursor() as cursor:
        for statement in _GRANTS:
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(name)))


def in_database(settings: DatabaseSettings, database: str) -> DatabaseSettings:
    """The same server and user, another database."""
    from psycopg2.extensions import make_dsn

    dsn = make_dsn(settings.url.get_secret_value(), dbname=database)
    return settings.model_copy(update={"url": SecretStr(dsn)})


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m infra.database.app_role", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("object_id", type=UUID)
    arguments = parser.parse_args()
    settings = DatabaseSettings()
    with closing(connector(in_database(settings, _ENTRA_DATABASE))()) as connection:
        ensure_role(connection, arguments.name, arguments.object_id)
    with closing(connector(settings)()) as connection:
        grant(connection, arguments.name)


if __name__ == "__main__":
    main()
