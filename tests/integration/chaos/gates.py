"""Database triggers that stop a worker just before it commits a step, and tell when it has committed one."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from tests.chaos import Chaos
from tests.stack import wait_for

_LOCK = 4711  # first half of the advisory locks' keys; the second is the gate
_SCHEMA = """
create schema if not exists chaos;
create table if not exists chaos.gates (gate int primary key, tag text, step text);
create or replace function chaos.gate() returns trigger language plpgsql as $$
declare
    key text := case tg_table_name when 'pages' then 'page' when 'tasks' then 'claim'
                else to_jsonb(new)->>'step_key' end;
    found int;
begin
    select gate into found from chaos.gates g, tasks t
        where t.task_id = new.task_id and key like g.step and t.request::text like '%' || g.tag || '%';
    if found is not null then perform pg_advisory_xact_lock_shared(4711, found); end if;
    perform pg_notify('chaos', new.task_id || ' ' || key);
    return null;
end $$;
create or replace trigger chaos_step after insert on task_steps for each row execute function chaos.gate();
create or replace trigger chaos_page after insert on pages for each row execute function chaos.gate();
create or replace trigger chaos_claim after update of attempt on tasks for each row execute function chaos.gate();
"""


class Gates:
    """Holds and announces commits: of steps by key, of the `page`, of the `claim`; keys may be LIKE patterns."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        chaos.sql(_SCHEMA)
        self._numbers = 0

    @contextmanager
    def closed(self, tag: str, step: str) -> Iterator[None]:
        """Keep the step of the task whose request holds the tag from being committed in the block."""
        connection = psycopg2.connect(self._chaos.facts["database_url"])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                self._numbers += 1
                cursor.execute("select pg_advisory_lock(%s, %s)", (_LOCK, self._numbers))
                cursor.execute("insert into chaos.gates values (%s, %s, %s)", (self._numbers, tag, step))
            yield
        finally:
            self._chaos.sql("delete from chaos.gates")
            connection.close()

    def wait_until_held(self, count: int) -> None:
        """Return when so many transactions wait at a gate."""
        query = """select count(distinct objid) from pg_locks
                   where locktype = 'advisory' and classid = %s and not granted"""
        wait_for(lambda: self._chaos.sql(query, (_LOCK,)) == [(count,)], 90)

    @contextmanager
    def commits(self) -> Iterator[Commits]:
        """Listen for commits for the length of the block."""
        connection = psycopg2.connect(self._chaos.facts["database_url"])
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("listen chaos")
            yield Commits(connection)
        finally:
            connection.close()


class Commits:
    """What was committed since one began to listen."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def wait_for(self, task_id: str, step: str, seconds: float = 30.0) -> None:
        """Return within a millisecond or so of the step's commit; `step` is the beginning of its key."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self._connection.poll()
            while self._connection.notifies:
                payload = self._connection.notifies.pop(0).payload
                if payload.startswith(f"{task_id} {step}"):
                    return
            select.select([self._connection], [], [], 0.5)
        raise AssertionError(f"{step} was not committed within {seconds} s")
