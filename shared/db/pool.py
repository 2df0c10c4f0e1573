"""Transactions on PostgreSQL for async code, with psycopg2.

psycopg2 is synchronous, so a transaction is a plain function of a cursor and runs on one of the pool's
threads, each of which owns one connection. Two things follow by construction: a connection is never held
across an `await` (so never across a provider call), and the pool's size is the process's number of connections.
See docs/decisions/0001-psycopg2-with-async-functions.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from shared.db.rows import dict_rows
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name
    from psycopg2.extras import RealDictCursor as Cursor

type Connect = Callable[[], Connection]

TRANSACTION_SECONDS = 12.0
_RETRY_AFTER_SECONDS = 2.0


class Database:
    """A small pool of connections, one to a thread, opened when first used.

    Args:
        connect: opens a connection; called again after one was lost.
        size: threads, hence connections, of this process.
        time_limit: seconds for one `run`, the wait for a thread included.
    """

    def __init__(self, connect: Connect, *, size: int, time_limit: float = TRANSACTION_SECONDS) -> None:
        self._connect = connect
        self._threads = ThreadPoolExecutor(max_workers=size, thread_name_prefix="postgres")
        self._for_patient = asyncio.Semaphore(max(1, size // 2))
        self._time_limit = time_limit
        self._local = threading.local()
        self._open: set[Connection] = set()

    async def run[T](
        self, work: Callable[[Cursor], T], *, autocommit: bool = False, patient: bool = False
    ) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises.

        Rows are dicts; jsonb comes back as Python values.

        Args:
            work: what to do.
            autocommit: each `execute` of `work` is a transaction of its own. Saves two of three round trips where
                there is only one; when the connection is lost `work` may run twice, so it must stand that.
            patient: it may wait for what is not: such work has at most half of the connections.

        Raises:
            UnavailableError: the server is away, or went away meanwhile (the transaction may be repeated).
        """
        running: set[Connection] = set()
        try:
            async with asyncio.timeout(self._time_limit):
                async with self._for_patient if patient else contextlib.nullcontext():
                    return await self._on_thread(work, running, autocommit=autocommit)
        except TimeoutError:
            # The server's own limits do not help when the server is frozen or the network swallows packets.
            for connection in tuple(running):
                _break(connection)
            raise _away("PostgreSQL does not answer in time") from None

    def _on_thread[T](
        self, work: Callable[[Cursor], T], running: set[Connection], *, autocommit: bool
    ) -> asyncio.Future[T]:
        # In the caller's context: an event that `work` writes belongs to its trace (shared/telemetry/context.py).
        return asyncio.wrap_future(
            self._threads.submit(copy_context().run, self.run_sync, work, running, autocommit=autocommit)
        )

    def run_sync[T](
        self,
        work: Callable[[Cursor], T],
        running: set[Connection] | None = None,
        *,
        autocommit: bool = False,
    ) -> T:
        """`run` for code that is on a thread of its own already; `running` holds the connection meanwhile."""
        import psycopg2

        connection, fresh = self._connection()
        committing = False
        running = set() if running is None else running
        running.add(connection)
        try:
            connection.autocommit = autocommit
            # `with connection` would begin a transaction even then.
            transaction = contextlib.nullcontext() if autocommit else connection
            with transaction, connection.cursor(cursor_factory=dict_rows()) as cursor:
                result = work(cursor)
                committing = True
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            # A connection that idled while the server restarted fails on its next statement. Before the
            # commit nothing has happened, so one try on a fresh connection is safe; after it nobody knows.
            lost = connection.closed != 0
            self._forget(connection)
            if lost and not fresh and not committing:
                return self.run_sync(work, running, autocommit=autocommit)
            raise _away("PostgreSQL does not answer") from error
        finally:
            running.discard(connection)
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
            raise _away("PostgreSQL cannot be reached") from error
        self._local.connection = current
        self._open.add(current)
        return current, True

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._local.connection = None
        connection.close()


def _away(message: str) -> UnavailableError:
    return UnavailableError(message, code="database_unavailable", retry_after=_RETRY_AFTER_SECONDS)


def _break(connection: Connection) -> None:
    """Cut a connection that another thread is waiting on: its call fails at once instead of never."""
    import psycopg2

    with contextlib.suppress(OSError, psycopg2.InterfaceError):  # it is closed already
        descriptor = os.dup(connection.fileno())
        with socket.socket(fileno=descriptor) as cut:
            cut.shutdown(socket.SHUT_RDWR)


def as_json(value: Any) -> Any:
    """A value for a jsonb column."""
    import orjson
    from psycopg2.extras import Json

    return Json(value, dumps=lambda data: orjson.dumps(data).decode())
