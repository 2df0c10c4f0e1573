"""The function app's role in PostgreSQL is made once and by object id."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

from psycopg2.extensions import parse_dsn

from infra.database.app_role import ensure_role, in_database
from shared.settings import DatabaseSettings

OBJECT_ID = UUID("11111111-2222-3333-4444-555555555555")


class Server:
    """A PostgreSQL that knows two statements; stands for a connection and its cursor."""

    def __init__(self) -> None:
        self.roles: dict[str, str] = {}
        self._found: object = None

    def cursor(self) -> Self:
        return self

    def execute(self, statement: str, values: tuple[Any, ...]) -> None:
        if "pg_roles" in statement:
            self._found = (1,) if values[0] in self.roles else None
        else:
            assert "'service', false, false" in statement
            self.roles[values[0]] = values[1]

    def fetchone(self) -> object:
        return self._found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def test_the_role_is_made_once() -> None:
    """A second run finds it and changes nothing."""
    server = Server()
    made = [ensure_role(cast("Any", server), "id-functions-x", OBJECT_ID) for _ in range(2)]
    assert made == [True, False]
    assert server.roles == {"id-functions-x": str(OBJECT_ID)}


def test_another_database_keeps_server_and_user() -> None:
    """Also where the user is an e-mail address, given by keywords."""
    dsn = "host=db.example.com port=5432 dbname=product_details user='a@example.com' sslmode=require"
    settings = DatabaseSettings.model_validate({"DATABASE_URL": dsn, "DATABASE_AUTH": "entra"})
    moved = in_database(settings, "postgres")
    expected = parse_dsn(dsn) | {"dbname": "postgres"}
    assert parse_dsn(moved.url.get_secret_value()) == expected
    assert moved.auth == "entra"
