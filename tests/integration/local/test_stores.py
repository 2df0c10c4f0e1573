"""The stores of the stack, each for real: PostgreSQL with pgvector, S3 that survives, Azurite's queues."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from urllib.request import Request, urlopen

import psycopg2
import pytest

from local.addresses import Addresses, free_base, is_free
from local.environment import QUEUES, queue_connection_string
from local.postgres import PostgresError, PostgresServer
from local.programs import ROOT, stack_programs
from local.queues import create_queues
from tests.integration.local.conftest import wait_until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from psycopg2.extensions import cursor as Cursor  # noqa: N812  a class under a lower-case name

KEY = "사진/a b+%41.png"


@contextmanager
def cursor_of(server: PostgresServer) -> Iterator[Cursor]:
    """A cursor whose work is committed at the end."""
    with closing(psycopg2.connect(server.url)) as connection, connection, connection.cursor() as cursor:
        yield cursor


def test_postgres_keeps_its_data_and_has_pgvector(tmp_path: Path) -> None:
    """A server started again has what was stored, can use vectors, and speaks Korean."""
    port = free_base() + 32
    with PostgresServer(tmp_path / "a b" / "postgres", port) as server, cursor_of(server) as cursor:
        cursor.execute("create extension vector; create table t (v vector(2), s text)")
        cursor.execute("insert into t values ('[1,2]', '가나다')")
    assert is_free(port)
    with PostgresServer(tmp_path / "a b" / "postgres", port) as server, cursor_of(server) as cursor:
        cursor.execute("select v <-> '[1,0]', s from t")
        assert cursor.fetchone() == (2.0, "가나다")


def test_cluster_that_was_never_finished_is_made_anew(tmp_path: Path) -> None:
    """What a killed initdb left behind does not stand in the way."""
    (tmp_path / "postgres.partial").mkdir()
    (tmp_path / "postgres.partial" / "PG_VERSION").write_text("18\n")
    with PostgresServer(tmp_path / "postgres", free_base() + 32) as server, cursor_of(server) as cursor:
        cursor.execute("select 1")
    assert not (tmp_path / "postgres.partial").exists()


def test_postgres_stops_at_once_with_clients(tmp_path: Path) -> None:
    """An open connection does not hold the server up."""
    server = PostgresServer(tmp_path / "postgres", free_base() + 32)
    with server, closing(psycopg2.connect(server.url)):
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 5


def test_postgres_that_cannot_start_says_why(tmp_path: Path) -> None:
    """A taken port gives the server's own words."""
    port = free_base() + 32
    with PostgresServer(tmp_path / "one", port):
        other = PostgresServer(tmp_path / "two", port)
        # It never gets to serve, so the end of the process is what is noticed, not the other server's answers.
        with pytest.raises(PostgresError, match="could not create any TCP/IP sockets"), other:
            pass


@contextmanager
def object_store(data: Path, port: int) -> Iterator[S3Client]:
    """The S3 process, killed at the end as a crash would."""
    import boto3

    options = ("--port", str(port), "--data", str(data), "--bucket", "product-details")
    process = subprocess.Popen([sys.executable, "-m", "local.object_store", *options], cwd=ROOT)
    try:
        wait_until(lambda: not is_free(port), "the object store")
        yield boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="ap-northeast-2",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
    finally:
        process.kill()
        process.wait()


def test_objects_survive_a_kill(tmp_path: Path) -> None:
    """What was put can be read by anyone after a restart, with its type; what was deleted stays deleted."""
    port = free_base() + 20
    with object_store(tmp_path, port) as s3:
        s3.put_object(Bucket="product-details", Key=KEY, Body=b"a\n\x00b", ContentType="image/png")
        s3.put_object(Bucket="product-details", Key="gone", Body=b"x")
        s3.delete_object(Bucket="product-details", Key="gone")
    with object_store(tmp_path, port) as s3:
        url = f"http://127.0.0.1:{port}/product-details/{quote(KEY)}"
        with urlopen(Request(url, headers={"Origin": "http://studio"}), timeout=5) as answer:
            assert answer.read() == b"a\n\x00b"
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["access-control-allow-origin"]
        with pytest.raises(s3.exceptions.ClientError, match="Not Found"):
            s3.head_object(Bucket="product-details", Key="gone")


def test_queues_are_created_once(tmp_path: Path) -> None:
    """Every work queue and its poison queue exist; making them again changes nothing."""
    from azure.storage.queue import QueueServiceClient

    addresses = Addresses(free_base())
    azurite = next(p for p in stack_programs(addresses, tmp_path, {}, {}) if p.name == "azurite")
    with subprocess.Popen(azurite.command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: not is_free(addresses.ports["azurite"]), "Azurite")
            connection = queue_connection_string(addresses)
            create_queues(connection)
            create_queues(connection)
            with QueueServiceClient.from_connection_string(connection) as service:
                names = {queue.name for queue in service.list_queues()}
        finally:
            process.terminate()
    assert names == {name for queue in QUEUES for name in (queue, f"{queue}-poison")}
