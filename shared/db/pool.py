"""Transactions on PostgreSQL for async code, with psycopg2.

psycopg2 is synchronous, so a transaction is a plain function of a cursor and runs on one of the pool's
threads, each of which owns one connection. Two things follow by construction: a connection is never held
across an `await` (so never across a provider call), and the pool's size is the process's number of connections.
See docs/decisions/0001-psycopg2-with-async-functions.md.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from shared.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name
    from psycopg2.extras import RealDictCursor as Cursor

type Connect = Callable[[], Connection]

_RETRY_AFTER_SECONDS = 2.0


class Database:
    """A small pool of connections, one to a thread, opened when first used.

    Args:
        connect: opens a connection; called again after one was lost.
        size: threads, hence connections, of this process.
    """

    def __init__(self, connect: Connect, *, size: int) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix="postgres")
        self._local = threading.local()
        self._open: set[Connection] = set()

    async def run[T](self, work: Callable[[Cursor], T]) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises.

        Rows are dicts; jsonb comes back as Python values.

        Raises:
            UnavailableError: the server is away, or went away meanwhile (the transaction may be repeated).
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.run_sync, work)

    def run_sync[T](self, work: Callable[[Cursor], T]) -> T:
        """`run` for code that is on a thread of its own already."""
        import psycopg2
        from psycopg2.extras import RealDictCursor

        connection, fresh = self._connection()
        committing = False
        try:
            with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
                result = work(cursor)
                committing = True
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            # A connection that idled while the server restarted fails on its next statement. Before the
            # commit nothing has happened, so one try on a fresh connection is safe; after it nobody knows.
            lost = connection.closed != 0
            self._forget(connection)
            if lost and not fresh and not committing:
                return self.run_sync(work)
            raise UnavailableError(
                "PostgreSQL does not answer", code="database_unavailable", retry_after=_RETRY_AFTER_SECONDS
            ) from error
        return result

    async def ping(self) -> float:
        """Seconds a trivial query took.

        Raises:
            UnavailableError: as `run`.
        """
        started = time.perf_counter()
        await self.run(lambda cursor: cursor.execute("select 1"))
        return time.perf_counter() - started

    async def close(self) -> None:
        """Close every connection and end the threads."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._open:
            connection.close()
        self._open.clear()

    def _connection(self) -> tuple[Connection, bool]:
        import psycopg2

        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None and current.closed == 0:
            return current, False
        try:
            current = self._connect()
        except psycopg2.OperationalError as error:
            raise UnavailableError(
                "PostgreSQL cannot be reached", code="database_unavailable", retry_after=_RETRY_AFTER_SECONDS
            ) from error
        self._local.connection = current
        self._open.add(current)
        return current, True

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._local.connection = None
        connection.close()


def as_json(value: Any) -> Any:
    """A value for a jsonb column."""
    import orjson
    from psycopg2.extras import Json

    return Json(value, dumps=lambda data: orjson.dumps(data).decode())
