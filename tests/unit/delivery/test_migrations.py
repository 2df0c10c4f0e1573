"""What a migration may do, and that what has run stays as it is."""

import subprocess
from pathlib import Path

import pytest

from infra.delivery.commands import DeliveryError, run
from infra.delivery.migrations import FOLDER, breaking_statements, check, plain_indexes
from tests.unit.infra.bicep import ROOT

ADDITIVE = [
    "create table a (b int not null, c text default 'drop table x; -- no')",
    "create unique index a_b on a (b) where c is not null",
    "create or replace function f() returns void language sql as $$ delete from a; drop table a $$",
    "alter table a add column b text",
    "alter table a add column b int not null default 0, add c numeric(12, 6)",
    "alter table a add column b text[] generated always as (f(c)) stored not null",
    "alter table a add constraint a_b check (b > 0) not valid",
    "alter table a alter column b set storage main",
    "insert into a (b) values (1)",
    "update a set b = 1 where b is null",
    "-- drop table a\ncreate extension if not exists vector /* drop */",
]
BREAKING = [
    "drop table a",
    "alter table a drop column b",
    "alter table a rename to c",
    "alter table a rename column b to c",
    "alter table a add column b int not null",
    "alter table a add column b int, drop column c",
    "alter table a alter column b type bigint",
    "alter table a alter column b set not null",
    "alter table a add constraint a_b check (b > 0)",
    "alter table a add unique (b)",
    "delete from a",
    "update a set b = 1",
    "truncate a",
    "drop index a_b",
    "do $$ begin drop table a; end $$",
    "revoke select on a from b",
]


@pytest.mark.parametrize("statement", ADDITIVE)
def test_what_adds_is_taken(statement: str) -> None:
    """New tables, columns with a value of their own, indexes, rows."""
    assert breaking_statements(statement + ";") == []


@pytest.mark.parametrize("statement", BREAKING)
def test_what_takes_away_is_found(statement: str) -> None:
    """Whatever the code of before may still need, among other statements."""
    assert len(breaking_statements(f"create table z (y int);\n{statement};")) == 1


def test_an_index_that_is_no_rule_may_go() -> None:
    """One that a script made and that is not unique; not one among others, not with what depends on it."""
    made = [
        "create index a_b on a (b);",
        "create index concurrently if not exists a_c on a using hnsw (c) where d;",
        "create unique index a_e on a (e); -- create index a_g on a (g);",
        "create index a_f on a (f); create unique index a_f on a (f);",
        "insert into b values ('create index a_h on a (h)');",
    ]
    droppable = plain_indexes(made)
    assert droppable == {"a_b", "a_c"}
    for statement in ("drop index a_b", "drop index concurrently if exists a_c"):
        assert breaking_statements(statement + ";", droppable) == []
    for statement in ("drop index a_e", "drop index a_f", "drop index a_b, a_e", "drop index a_b cascade"):
        assert breaking_statements(statement + ";", droppable) == [statement]


def test_the_projects_migrations_only_add() -> None:
    """Every script of the checkout."""
    check(run, ROOT, "")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one migration, as it was deployed."""
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "0001_a.sql").write_text("create table a (b int);", "utf-8")
    name = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (["init", "-q"], ["add", "."], [*name, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, timeout=20)
    return tmp_path


def test_a_script_that_has_run_stays_as_it_is(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one is fine; one that was changed or removed is named."""
    monkeypatch.chdir(repository)
    folder = repository / FOLDER
    (folder / "0002_b.sql").write_text("create table b (c int);", "utf-8")
    check(run, repository, "HEAD")
    (folder / "0001_a.sql").write_text("create table a (b bigint);", "utf-8")
    with pytest.raises(DeliveryError, match=r"0001_a\.sql: it has run already and was changed"):
        check(run, repository, "HEAD")
    (folder / "0001_a.sql").unlink()
    with pytest.raises(DeliveryError, match=r"0001_a\.sql: it has run already and is missing"):
        check(run, repository, "HEAD")
