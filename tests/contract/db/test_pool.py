"""The pool on a real PostgreSQL that freezes, dies and comes back; and the schema the migrations give."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from infra.delivery.migrations import breaking_statements, plain_indexes
from local.postgres import PostgresServer
from shared.db.connect import connector
from shared.db.migrate import upgrade
from shared.db.pool import Database, as_json
from shared.errors import UnavailableError
from shared.settings import DatabaseSettings
from tests.contract.conftest import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server of this module's own, to be ill-treated."""
    with PostgresServer(tmp_path_factory.mktemp("ill") / "cluster", free_port()) as running:
        yield running


@pytest.fixture
async def pool(server: PostgresServer) -> AsyncIterator[Database]:
    settings = DatabaseSettings.model_validate({"DATABASE_URL": server.url})
    database = Database(connector(settings), size=2, time_limit=1.5)
    yield database
    await database.close()


def one(cursor: Any) -> int:
    cursor.execute("select 1 as one")
    return int(cursor.fetchone()["one"])


async def test_patient_work_keeps_half_of_the_connections_free(pool: Database) -> None:
    """What is not patient runs while patient work waits, for its turn too, within the time limit."""
    slow = [asyncio.create_task(pool.run(sleep, patient=True)) for _ in range(3)]
    assert await pool.run(one) == 1
    assert not any(task.done() for task in slow)
    results = await asyncio.gather(*slow, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), UnavailableError, UnavailableError]
    assert await pool.run(one, patient=True) == 1


def sleep(cursor: Any) -> None:
    """Two thirds of the time limit."""
    cursor.execute("select pg_sleep(1)")


async def test_what_raises_is_rolled_back(pool: Database) -> None:
    """Nothing of a transaction that raised is there afterwards, and the connection is usable."""

    def work(cursor: Any) -> None:
        cursor.execute("create table left_behind (x int)")
        raise KeyError("x")

    with pytest.raises(KeyError):
        await pool.run(work)

    def look(cursor: Any) -> object:
        cursor.execute("select to_regclass('left_behind') as found")
        return cursor.fetchone()["found"]

    assert await pool.run(look) is None


async def test_a_lost_connection_is_replaced(pool: Database) -> None:
    """A server that cut our idle connection costs no error: nothing had been committed."""
    pids = set()

    def pid(cursor: Any) -> int:
        cursor.execute("select pg_backend_pid() as pid")
        return int(cursor.fetchone()["pid"])

    pids.add(await pool.run(pid))
    for backend in pids:
        os.kill(backend, signal.SIGTERM)
    assert await pool.run(one) == 1


async def test_a_frozen_server_is_unavailable_in_time(server: PostgresServer, pool: Database) -> None:
    """SIGSTOP: the call ends within the limit, and works again when the server goes on."""
    backends = set(await asyncio.gather(_busy(pool), _busy(pool)))
    for backend in backends:
        os.kill(backend, signal.SIGSTOP)
    started = time.monotonic()
    try:
        with pytest.raises(UnavailableError):
            await pool.run(one)
        assert time.monotonic() - started < 6
    finally:
        for backend in backends:
            os.kill(backend, signal.SIGCONT)
    assert await pool.run(one) == 1


async def test_many_transactions_share_few_connections(pool: Database) -> None:
    """Fifty at once, two connections."""
    pids = await asyncio.gather(*(pool.run(_pid) for _ in range(50)))
    assert len(set(pids)) <= 2


async def test_no_server_is_unavailable() -> None:
    """Nobody listens: a typed error with Retry-After."""
    settings = DatabaseSettings.model_validate({"DATABASE_URL": f"postgresql://x@127.0.0.1:{free_port()}/x"})
    pool = Database(connector(settings), size=1)
    with pytest.raises(UnavailableError) as caught:
        await pool.run(one)
    assert caught.value.retry_after
    await pool.close()


async def test_json_goes_there_and_back(pool: Database) -> None:
    """Jsonb takes and gives Python values, Korean included."""
    value = {"이름": "컵", "n": [1, 2.5, None, True]}

    def work(cursor: Any) -> Any:
        cursor.execute("select %s::jsonb as value", (as_json(value),))
        return cursor.fetchone()["value"]

    assert await pool.run(work) == value


def test_migrations_are_additive_and_repeatable(server: PostgresServer) -> None:
    """Running them again changes nothing; no script drops or rewrites what an older worker still uses."""
    settings = DatabaseSettings.model_validate({"DATABASE_URL": server.url})
    upgrade(settings)
    upgrade(settings)
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from information_schema.tables where table_name = 'tasks'")
        assert cursor.fetchone() == (1,)
    connection.close()
    folder = Path(__file__).parents[3] / "shared/db/migrations/versions"
    scripts = {path.name: path.read_text("utf-8") for path in folder.glob("*.sql")}
    for name, script in scripts.items():
        assert breaking_statements(script, plain_indexes(scripts.values())) == [], name


async def _busy(pool: Database) -> int:
    """A transaction long enough that another at the same time needs another connection; its backend."""

    def work(cursor: Any) -> int:
        cursor.execute("select pg_backend_pid() as pid, pg_sleep(0.2)")
        return int(cursor.fetchone()["pid"])

    return await pool.run(work)


def _pid(cursor: Any) -> int:
    cursor.execute("select pg_backend_pid() as pid")
    return int(cursor.fetchone()["pid"])


async def test_rows_are_dicts_however_they_are_fetched(pool: Database) -> None:
    """One by one, in groups, all at once, by iteration: dicts by column name, and None or nothing at the end."""
    two = [{"n": 1, "name": "가"}, {"n": 2, "name": "나"}]

    def fetched(cursor: Any) -> list[Any]:
        query = "select * from (values (1, '가'), (2, '나')) as t (n, name) order by n"
        cursor.execute(query)
        single = [cursor.fetchone(), cursor.fetchone(), cursor.fetchone()]
        cursor.execute(query)
        groups = [cursor.fetchmany(), cursor.fetchmany(5), cursor.fetchmany()]
        cursor.execute(query)
        everything = cursor.fetchall()
        cursor.execute(query)
        return [single, groups, everything, list(cursor)]

    assert await pool.run(fetched) == [[*two, None], [two[:1], two[1:], []], two, two]


async def test_statements_of_their_own_are_kept_whatever_follows(pool: Database) -> None:
    """With autocommit what ran before an error stays, and the next transaction is rolled back as ever."""
    await pool.run(lambda cursor: cursor.execute("create table if not exists kept (n integer)"))

    def fails(cursor: Any, number: int) -> None:
        cursor.execute("insert into kept values (%s)", (number,))
        raise UnavailableError("afterwards")

    with pytest.raises(UnavailableError):
        await pool.run(lambda cursor: fails(cursor, 1), autocommit=True)
    with pytest.raises(UnavailableError):
        await pool.run(lambda cursor: fails(cursor, 2))

    def numbers(cursor: Any) -> list[int]:
        cursor.execute("select n from kept")
        return [row["n"] for row in cursor.fetchall()]

    assert await pool.run(numbers, autocommit=True) == [1]
