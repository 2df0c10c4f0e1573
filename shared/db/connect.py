"""Opens PostgreSQL connections, by password locally and by Entra token in the cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.settings import DatabaseSettings

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name

# The scope Azure Database for PostgreSQL takes as a password (Microsoft Learn, "Use Microsoft Entra ID").
ENTRA_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"

# A dead server is noticed in seconds, not after the kernel's minutes.
_TIMEOUTS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=15000",
}


def connector(settings: DatabaseSettings) -> Callable[[], Connection]:
    """A function that opens one connection to the database the settings name."""
    password = _entra_password(settings) if settings.auth == "entra" else None

    def connect() -> Connection:
        import psycopg2

        options = {**_TIMEOUTS, "password": password()} if password else _TIMEOUTS
        opened: Connection = psycopg2.connect(settings.url.get_secret_value(), **options)
        return opened

    return connect


def _entra_password(settings: DatabaseSettings) -> Callable[[], str]:
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential(managed_identity_client_id=settings.client_id)
    return lambda: credential.get_token(ENTRA_SCOPE).token
